#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the process has taken of the machine's memory.
enum PeakMemory {
  /// The most memory the process has had, in megabytes.
  static var megabytes: Double {
    var usage = rusage()
    guard getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return .nan }
    return Double(usage.ru_maxrss) * 1024 / 1e6
  }
}
