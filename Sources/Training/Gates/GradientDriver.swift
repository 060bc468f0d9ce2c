import Foundation
import Passes

/// The driver of the paper's recipe (arXiv 2308.14605): Adam on `task + λ · |F(w) / F(1) - τ| +
/// β(e) · R` with `R = ‖exp(-(s / 2σ²)²)‖₂ / √N`, σ = 1, the ejector that pushes gates off the
/// fence, and weights divided by the largest of their gate, written back as s = logit(w) / k.
///
/// Training takes rounds, as the paper's code does: at the start of each but the first, channels whose
/// weights are below a threshold close for good, and in the second half of each the ejector works.
struct GradientDriver: GateDriver {
  let goal: GateGoal
  var memory: GateMemory

  private static let rate = 0.02
  private static let pressure = 1.0
  /// Below which weights channels close at the start of the second round, the third and so on.
  private static let thresholds = [0.02, 0.03, 0.05, 0.1, 0.2]
  /// The score of what is closed.
  private static let lowest = -4.0
  /// The largest weight that is written back.
  private static let cap = 1 - 1e-6

  /// Creates a driver of gates that have the given sharpness.
  init(_ goal: GateGoal, sharpness: Double) {
    self.goal = goal
    memory = GateMemory(sharpness: sharpness, sizes: goal.gates.map(\.size))
    memory.moments = AdaptiveMoments(count: goal.gates.reduce(0) { $0 + $1.size })
  }

  mutating func step(
    _ state: inout GateState, slopes: [[Double]], moment: Double, steps: Int,
    measure: ([[Bool]]) -> Double?
  ) {
    if moment >= GatePhases.settling {
      state.sharpness = GatePhases.sharpness(moment, from: memory.sharpness)
      let selection = memory.selection ?? selection(state, measure)
      memory.selection = selection
      goal.settle(&state, selection, moment: moment, steps: steps)
      return
    }
    let round = moment / GatePhases.settling * Double(GradientDriver.thresholds.count + 1)
    begin(Int(round), &state)
    let weights = state.weights
    let (cost, gradient) = goal.cost.valueAndGradient(weights)
    let direction: Double = cost / goal.cost.dense > goal.target ? 1 : -1
    let factor = direction * GradientDriver.pressure / goal.cost.dense
    let scores = Array(state.scores.joined())
    let bumps = scores.map { exp(-$0 * $0 / 4) }
    let norm = bumps.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let ejector = round.truncatingRemainder(dividingBy: 1) >= 0.5 ? 1.0 : 0
    var slope: [Double] = []
    for gate in weights.indices {
      for (channel, w) in weights[gate].enumerated() {
        let bump = bumps[slope.count]
        let eject =
          norm > 0
          ? -bump * bump * scores[slope.count] / 2 / (norm * Double(scores.count).squareRoot()) : 0
        let pull = slopes[gate][channel] + factor * gradient[gate][channel]
        slope.append(state.sharpness * w * (1 - w) * pull + ejector * eject)
      }
    }
    var moved = scores
    memory.moments?.step(&moved, gradient: slope, rate: GradientDriver.rate)
    var position = 0
    for gate in state.scores.indices {
      let count = state.scores[gate].count
      state.scores[gate] = Array(moved[position..<(position + count)])
      position += count
      if goal.competes(gate) { normalize(&state, gate) }
      for channel in 0..<count where memory.closed?[gate][channel] == true {
        state.scores[gate][channel] = GradientDriver.lowest
      }
    }
  }

  /// Closes what is below the threshold when a round begins.
  private mutating func begin(_ round: Int, _ state: inout GateState) {
    guard round > memory.round ?? 0 else { return }
    memory.round = round
    let threshold = GradientDriver.thresholds[min(round, GradientDriver.thresholds.count) - 1]
    let weights = state.weights
    memory.closed = goal.gates.indices.map { gate in
      weights[gate].map { goal.competes(gate) && $0 <= threshold }
    }
  }

  /// Divides a gate's weights by the largest.
  private func normalize(_ state: inout GateState, _ gate: Int) {
    let weights = state.scores[gate].map {
      GateState.weight(score: $0, sharpness: state.sharpness)
    }
    guard let largest = weights.max(), largest > 0, largest < GradientDriver.cap else { return }
    state.scores[gate] = weights.map { weight in
      let share = min(weight / largest, GradientDriver.cap)
      return share > 0
        ? max(log(share / (1 - share)) / state.sharpness, GradientDriver.lowest)
        : GradientDriver.lowest
    }
  }

  /// What stays if the channels with the smallest weights close until the target is met.
  private func selection(_ state: GateState, _ measure: ([[Bool]]) -> Double?) -> [[Bool]] {
    goal.selection(worth: state.weights, thrift: 0, closing: [], measure: measure)
  }
}
