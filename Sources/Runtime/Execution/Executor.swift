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
  /// The next ticket for each thread's share of the tasks.
  private let tickets: [LoneCounter]
  /// How often a thread has come to a meeting.
  private let arrivals = LoneCounter()
  /// The last meeting that all have come to.
  private let phase = LoneCounter()
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
    pool = ThreadPool(count: isSerial ? 1 : threads)
    tickets = (0..<pool.count).map { _ in LoneCounter() }
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
    for counter in tickets + [arrivals, phase] { counter.value.store(0, ordering: .relaxed) }
    pool.run { thread in self.work(thread, measures: measures) }
  }

  /// The tasks of a step are dealt in contiguous shares, one a thread, so that a thread finds in its
  /// cache what it wrote in the step before; one that is done with its own takes from the others'.
  ///
  /// From each share all tickets are drawn in each step, and one too many by each thread, so that
  /// the first ticket of the next step is known without resetting the counters.
  private func work(_ thread: Int, measures: Bool) {
    var firsts = Array(repeating: 0, count: pool.count)
    for number in steps.indices {
      let start = measures && thread == 0 ? Executor.now() : 0
      let tasks = steps[number].tasks
      if tasks <= 1 {
        if thread == 0, tasks == 1 { steps[number].body(0, 0) }
      } else {
        for turn in 0..<pool.count {
          let owner = (thread + turn) % pool.count
          let share = share(tasks, owner, of: pool.count)
          while true {
            let task = share.lowerBound + draw(owner) - firsts[owner]
            if task >= share.upperBound { break }
            steps[number].body(task, thread)
          }
          firsts[owner] += share.count + pool.count
        }
      }
      if meetings[number] > 0 { meet(meetings[number]) }
      if measures && thread == 0 { times[number] = Executor.now() - start }
    }
  }

  private func draw(_ owner: Int) -> Int {
    tickets[owner].value.wrappingAdd(1, ordering: .relaxed).oldValue
  }

  private func meet(_ number: Int) {
    if arrivals.value.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == number
      * pool.count
    {
      phase.value.store(number, ordering: .releasing)
      return
    }
    var spins = 0
    while phase.value.load(ordering: .acquiring) < number { ThreadPool.pause(&spins) }
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
