import CKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Threads that run one job together, again and again.
///
/// Between jobs they spin for a short while, then sleep.
final class ThreadPool {
  private let shared: Shared
  private var threads: [pthread_t] = []

  /// The number of threads, the caller's included.
  let count: Int

  /// What the threads share.
  private final class Shared: @unchecked Sendable {
    // Safety: `job` is written only while all workers wait for the next generation; `generation`
    // publishes it.
    var job: (Int) -> Void = { _ in }
    let generation = LoneCounter()
    let finished = LoneCounter()
    let stops = Atomic<Bool>(false)
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
      pthread_mutex_init(mutex, nil)
      pthread_cond_init(condition, nil)
    }

    deinit {
      pthread_cond_destroy(condition)
      pthread_mutex_destroy(mutex)
      condition.deallocate()
      mutex.deallocate()
    }

    /// Publishes a new generation and wakes whoever sleeps.
    func announce() {
      pthread_mutex_lock(mutex)
      generation.value.wrappingAdd(1, ordering: .sequentiallyConsistent)
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }

    /// Waits until the generation is no longer `seen`.
    func awaitGeneration(after seen: Int) {
      for _ in 0..<ThreadPool.spins {
        if generation.value.load(ordering: .acquiring) != seen { return }
        ck_pause()
      }
      pthread_mutex_lock(mutex)
      while generation.value.load(ordering: .acquiring) == seen {
        pthread_cond_wait(condition, mutex)
      }
      pthread_mutex_unlock(mutex)
    }
  }

  /// How often a flag is read, with a pause each time, before a thread gives up its core.
  static let spins = 4_000

  /// What a worker thread is started with.
  private final class Start {
    let shared: Shared
    let number: Int
    init(_ shared: Shared, _ number: Int) {
      self.shared = shared
      self.number = number
    }
  }

  /// Starts `count - 1` threads; fewer if the system does not give them.
  init(count wanted: Int) {
    shared = Shared()
    for number in 1..<max(wanted, 1) {
      let start = Unmanaged.passRetained(Start(shared, number))
      #if canImport(Darwin)
        var thread: pthread_t?
      #else
        var thread = pthread_t()
      #endif
      let status = pthread_create(&thread, nil, { ThreadPool.work($0) }, start.toOpaque())
      guard status == 0 else {
        start.release()
        break
      }
      #if canImport(Darwin)
        if let thread { threads.append(thread) }
      #else
        threads.append(thread)
      #endif
    }
    count = threads.count + 1
  }

  deinit {
    shared.stops.store(true, ordering: .sequentiallyConsistent)
    shared.announce()
    for thread in threads { pthread_join(thread, nil) }
  }

  /// Runs `job` on all threads at once, each with its number, and returns when all have ended.
  func run(_ job: (Int) -> Void) {
    if count == 1 { return job(0) }
    withoutActuallyEscaping(job) { job in
      shared.job = job
      shared.finished.value.store(0, ordering: .relaxed)
      shared.announce()
      job(0)
      var spins = 0
      while shared.finished.value.load(ordering: .acquiring) < count - 1 {
        ThreadPool.pause(&spins)
      }
      shared.job = { _ in }
    }
  }

  /// Waits for a moment, and gives up the core once a flag has been read often enough.
  static func pause(_ spins: inout Int) {
    spins += 1
    if spins < ThreadPool.spins { ck_pause() } else { sched_yield() }
  }

  private static func work(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    let shared = start.shared
    var seen = 0
    while true {
      shared.awaitGeneration(after: seen)
      seen += 1
      if shared.stops.load(ordering: .acquiring) { return nil }
      shared.job(start.number)
      shared.finished.value.wrappingAdd(1, ordering: .acquiringAndReleasing)
    }
  }
}
