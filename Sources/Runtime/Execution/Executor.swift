import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Runs the steps of a plan one after the other, the tasks of each on all threads.
final class Executor {
  private let pool: ThreadPool
  private let steps: [(tasks: Int, body: TaskBody)]
  /// How often all threads have met once a step is done; 0 where they go on without meeting, for a
  /// step of one task is followed by another, which the same thread does.
  private let meetings: [Int]
  /// Whether there is nothing to share.
  private let isSerial: Bool
  private let tickets = Atomic<Int>(0)
  private let arrivals = Atomic<Int>(0)
  private let phase = Atomic<Int>(0)
  /// The nanoseconds of each step of the last measured run.
  private(set) var times: [UInt64]

  /// Creates an executor of steps, each a number of tasks and their work.
  init(_ steps: [(tasks: Int, body: TaskBody)], threads: Int) {
    self.steps = steps
    var count = 0
    meetings = steps.indices.map { number in
      let next = number + 1
      if next < steps.count, steps[number].tasks <= 1, steps[next].tasks <= 1 { return 0 }
      count += 1
      return count
    }
    isSerial = threads == 1 || steps.allSatisfy { $0.tasks <= 1 }
    pool = ThreadPool(count: threads)
    times = Array(repeating: 0, count: steps.count)
  }

  /// Runs all steps; measures each if `measures` is set.
  func run(measures: Bool) {
    if isSerial {
      for (number, step) in steps.enumerated() {
        let start = measures ? Executor.now() : 0
        for task in 0..<step.tasks { step.body(task, 0) }
        if measures { times[number] = Executor.now() - start }
      }
      return
    }
    tickets.store(0, ordering: .relaxed)
    arrivals.store(0, ordering: .relaxed)
    phase.store(0, ordering: .relaxed)
    pool.run { thread in self.work(thread, measures: measures) }
  }

  /// Every thread draws tickets for tasks; a thread that draws one too many waits for the others.
  ///
  /// Each step hands out its tasks and one ticket too many to each thread, so that the first ticket
  /// of the next step is known without resetting the counter.
  private func work(_ thread: Int, measures: Bool) {
    var first = 0
    for number in steps.indices {
      let start = measures && thread == 0 ? Executor.now() : 0
      let tasks = steps[number].tasks
      if tasks <= 1 {
        if thread == 0, tasks == 1 { steps[number].body(0, 0) }
      } else {
        while true {
          let task = tickets.wrappingAdd(1, ordering: .relaxed).oldValue - first
          if task >= tasks { break }
          steps[number].body(task, thread)
        }
        first += tasks + pool.count
      }
      if meetings[number] > 0 { meet(meetings[number]) }
      if measures && thread == 0 { times[number] = Executor.now() - start }
    }
  }

  private func meet(_ number: Int) {
    if arrivals.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == number * pool.count {
      phase.store(number, ordering: .releasing)
      return
    }
    var spins = 0
    while phase.load(ordering: .acquiring) < number { ThreadPool.pause(&spins) }
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
