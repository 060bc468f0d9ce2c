import Foundation
import Passes

/// The driver of the default recipe: channels compete by importance against price.
///
/// A gate that follows a normalisation can be undone by its scale, so the mean derivative of the
/// task's loss by a weight says little; its mean square says how much the loss depends on the
/// channel (the diagonal of the Fisher information, as in group Fisher pruning). With importance u,
/// price p = ∂F/∂w and a price level θ, every score moves towards clamp((log(u / √p) - θ) / spread,
/// -1...1); θ is set at each step so that the relaxed cost follows a ramp that falls fast at first
/// and slowly at the end. Gates move slower than weights, the most important channels of each gate are
/// kept whatever they cost, and blocks close one after the other as the cost falls, for good; see
/// `GateGoal.close(_:worth:share:)` and `GateGoal.floors(closing:)`.
struct ImportanceDriver: GateDriver {
  let goal: GateGoal
  var memory: GateMemory

  /// The share of the old mean in the running mean of squared derivatives.
  private static let persistence = 0.99
  /// How many units of log(u / √p) lie between a closed and an undecided gate.
  private static let spread = 0.7
  /// The share of the way to where it belongs that a score moves in one of so many steps.
  private static func pace(_ steps: Int) -> Double { min(max(0.02, 15 / Double(steps)), 0.2) }
  /// The power of the price that counts against the importance.
  private static let thrift = 0.5

  /// Creates a driver of gates that have the given sharpness.
  init(_ goal: GateGoal, sharpness: Double) {
    self.goal = goal
    memory = GateMemory(sharpness: sharpness, sizes: goal.gates.map(\.size))
  }

  mutating func step(
    _ state: inout GateState, slopes: [[Double]], moment: Double, steps: Int,
    measure: ([[Bool]]) -> Double?
  ) {
    observe(slopes)
    state.sharpness = GatePhases.sharpness(moment, from: memory.sharpness)
    if moment >= GatePhases.settling {
      let selection =
        memory.selection
        ?? goal.selection(
          worth: memory.importance, thrift: ImportanceDriver.thrift, closing: memory.blocks,
          measure: measure)
      memory.selection = selection
      goal.settle(&state, selection, moment: moment, steps: steps)
      return
    }
    guard moment >= GatePhases.start else { return }
    let ramp = PowerRamp(
      from: goal.target, to: 1, between: -GatePhases.reached, and: -GatePhases.start)
    let share = ramp.value(at: -moment)
    goal.close(&memory.blocks, worth: memory.importance, share: share)
    let wanted = scores(at: state, cost: share)
    for gate in state.scores.indices where goal.gates[gate].kind != .branch {
      for channel in state.scores[gate].indices {
        state.scores[gate][channel] +=
          ImportanceDriver.pace(steps) * (wanted[gate][channel] - state.scores[gate][channel])
      }
    }
  }

  private mutating func observe(_ slopes: [[Double]]) {
    memory.observed += 1
    let share = max(1 - ImportanceDriver.persistence, 1 / Double(memory.observed))
    for gate in slopes.indices {
      for channel in slopes[gate].indices {
        let slope = slopes[gate][channel]
        memory.importance[gate][channel] +=
          share * (slope * slope - memory.importance[gate][channel])
      }
    }
  }

  /// The scores that the gates belong at for the relaxed cost to be the given share of the dense
  /// one.
  private func scores(at state: GateState, cost share: Double) -> [[Double]] {
    let prices = goal.prices(state.weights)
    var values: [[Double]] = []
    for gate in goal.gates.indices {
      values.append(
        zip(memory.importance[gate], prices[gate]).map { importance, price in
          price <= 0
            ? .infinity
            : log(max(importance, 1e-30)) - ImportanceDriver.thrift * log(max(price, 1e-30))
        })
    }
    let floors = goal.floors(closing: memory.blocks)
    let kept = goal.gates.indices.map { gate -> Set<Int> in
      let order = values[gate].indices.sorted { (values[gate][$1], $0) < (values[gate][$0], $1) }
      return goal.competes(gate) ? Set(order.prefix(floors[gate])) : Set(order)
    }
    func scores(_ level: Double) -> [[Double]] {
      values.indices.map { gate in
        if memory.blocks.contains(gate) { return [-1] }
        return values[gate].indices.map { channel in
          if kept[gate].contains(channel) { return 1 }
          let score = (values[gate][channel] - level) / ImportanceDriver.spread
          return min(max(score, -1), 1)
        }
      }
    }
    let finite = values.joined().filter(\.isFinite)
    let level = goal.level(
      cheap: (finite.max() ?? 0) + 2 * ImportanceDriver.spread,
      dear: (finite.min() ?? 0) - 2 * ImportanceDriver.spread, share: share
    ) { GateState(scores: scores($0), sharpness: state.sharpness).weights }
    return scores(level)
  }
}
