import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Notes SIGINT and SIGTERM, so that a long run can end in order: finish its step, save and leave.
///
/// A second signal of the same kind ends the process at once.
public enum SignalWatch {
  /// The signal that came, or 0.
  private static let caught = Atomic<Int32>(0)

  /// Starts to note signals.
  public static func start() {
    // The handler may only touch what exists already, so the global is made here.
    caught.store(0, ordering: .relaxed)
    var watched = sigset_t()
    sigemptyset(&watched)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        SignalWatch.caught.store(number, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
      sigaddset(&watched, number)
    }
    // A parent may have blocked them.
    pthread_sigmask(SIG_UNBLOCK, &watched, nil)
  }

  /// Leaves signals to their usual effect again.
  public static func stop() {
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  }

  /// The signal that came since the watch started; nil if none did.
  public static var received: Int32? {
    let number = caught.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }
}
