/// The work of one task of a step on one thread.
typealias TaskBody = (_ task: Int, _ thread: Int) -> Void

/// One step of a plan: tasks that may run at the same time, all of which end before the next step
/// starts.
struct PlannedStep {
  /// The name of the node, or of what the step prepares for it.
  let name: String
  /// What kind of work it is, for statistics.
  let kind: String
  let tasks: Int
  /// Multiply-accumulates.
  let macs: Int
  /// Makes the work once the memory is known.
  let bind: (Memory) -> TaskBody
}

/// Cuts `count` units into `parts` nearly equal ranges and returns range number `part`.
func share(_ count: Int, _ part: Int, of parts: Int) -> Range<Int> {
  (count * part / parts)..<(count * (part + 1) / parts)
}
