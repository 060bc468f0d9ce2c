import Passes

/// Moves the scores of gates, step by step, towards a cost target.
///
/// Gated training runs from moment 0 to moment 1. Up to `GatePhases.settling` the gates compete;
/// then it is decided which ones close, and they travel to ±1 while the sharpness rises, so that at
/// the end a threshold changes nothing.
protocol GateDriver: Sendable {
  /// What a checkpoint keeps of the driver.
  var memory: GateMemory { get set }

  /// Moves the scores by one step.
  ///
  /// `slopes` holds the derivative of the task's loss by each relaxation weight; `measure` gives the
  /// share of the dense cost that the network of the moment has if it is collapsed and the given
  /// channels stay.
  mutating func step(
    _ state: inout GateState, slopes: [[Double]], moment: Double, steps: Int,
    measure: ([[Bool]]) -> Double?)
}

/// The moments of gated training at which something changes, from 0 to 1.
enum GatePhases {
  /// The cost starts to fall.
  static let start = 0.02
  /// The cost has reached the target.
  static let reached = 0.6
  /// It is decided which channels stay.
  static let settling = 0.65
  /// Every gate has arrived at 0 or 1.
  static let settled = 0.85

  /// The sharpness of a moment: from the first to the last, a little every step.
  static func sharpness(_ moment: Double, from first: Double) -> Double {
    PowerRamp(from: first, to: max(first, 30), between: start, and: settled).value(at: moment)
  }
}
