/// How a session plans and runs a graph.
public struct SessionOptions: Hashable, Sendable {
  /// The number of threads, the caller's included.
  public var threads: Int
  /// Whether operators are merged into the convolutions and normalisations that they follow.
  public var fuses: Bool
  /// Whether every run measures its steps.
  public var profiles: Bool

  /// Creates options; by default all processors are used and operators are merged.
  public init(
    threads: Int = SessionOptions.processors, fuses: Bool = true, profiles: Bool = false
  ) {
    self.threads = threads
    self.fuses = fuses
    self.profiles = profiles
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension SessionOptions {
  /// The number of processors online.
  public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
