/// How a session plans and runs a graph.
public struct SessionOptions: Hashable, Sendable {
  /// The number of threads, the caller's included.
  public var threads: Int
  /// Whether operators are merged into the convolutions and normalisations that they follow.
  public var fuses: Bool
  /// Whether every run measures its steps.
  public var profiles: Bool
  /// The most bytes a session may take.
  public var maximumBytes: Int
  /// Whether packed weights take no more memory than the model's, which is slower: Winograd's take four
  /// times as much.
  public var packsTightly: Bool
  /// The least work that is worth a task of its own, about as many numbers moved, or eight times as many
  /// multiply-accumulates: less takes less time than threads take to meet.
  public var taskWork: Int

  /// Creates options; by default all processors are used and operators are merged.
  public init(
    threads: Int = SessionOptions.processors, fuses: Bool = true, profiles: Bool = false,
    maximumBytes: Int = SessionOptions.physicalBytes, packsTightly: Bool = false,
    taskWork: Int = 2_500
  ) {
    self.threads = threads
    self.fuses = fuses
    self.profiles = profiles
    self.maximumBytes = maximumBytes
    self.packsTightly = packsTightly
    self.taskWork = max(taskWork, 1)
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

  /// The machine's memory in bytes.
  public static var physicalBytes: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && size > 0 ? pages * size : 1 << 34
  }
}
