import Passes

/// What gates are driven to, and how the target is divided among them.
struct GateGoal: Sendable {
  let gates: [Gate]
  let cost: RelaxedCost
  /// Block gates whose branch is added to a projection of the value it leaves.
  let projected: Set<Int>
  /// The wanted share of the dense cost.
  var target: Double

  /// Whether a gate's channels compete with those of others. Gates of branches close nothing by
  /// themselves, so they stay open.
  func competes(_ gate: Int) -> Bool { gates[gate].kind == .channel }

  /// The derivative of the cost by each weight, relative to the dense cost.
  func prices(_ weights: [[Double]]) -> [[Double]] {
    cost.valueAndGradient(weights).gradient.map { $0.map { $0 / cost.dense } }
  }

  /// The level between a cheap and a dear one at which weights cost the given share of the dense cost,
  /// or just less.
  func level(
    cheap: Double, dear: Double, share: Double, weights: (Double) -> [[Double]]
  ) -> Double {
    var (cheap, dear) = (cheap, dear)
    for _ in 0..<40 {
      let middle = (cheap + dear) / 2
      if cost.value(weights(middle)) > share * cost.dense { dear = middle } else { cheap = middle }
    }
    return cheap
  }

  /// Moves scores towards ±1 by what is left of the way to `GatePhases.settled`.
  func settle(
    _ state: inout GateState, _ selection: [[Bool]], moment: Double, steps: Int
  ) {
    let left = max((GatePhases.settled - moment) * Double(steps), 1)
    for gate in state.scores.indices {
      for channel in state.scores[gate].indices {
        let goal: Double = selection[gate][channel] ? 1 : -1
        let way = goal - state.scores[gate][channel]
        state.scores[gate][channel] += left <= 1 ? way : way / left
      }
    }
  }
}
