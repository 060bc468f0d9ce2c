import Foundation
import Passes

/// The choice of the channels that stay, so that the cost meets a target.
struct GateSelection {
  let goal: GateGoal
  /// How much is lost with each channel.
  let worth: [[Double]]
  /// The power of the price that the worth is divided by: 0 if the price does not matter.
  let thrift: Double
  private var floors: [Int]
  private(set) var open: [[Bool]]

  /// Chooses by worth against price: closes the cheapest loss first until the cost is below the
  /// upper end of the window, then opens what fits until it is above the lower end. Gates fall below
  /// their floors only where the target is not met otherwise.
  init(_ goal: GateGoal, worth: [[Double]], thrift: Double, closing blocks: [Int]) {
    self.goal = goal
    self.worth = worth
    self.thrift = thrift
    floors = goal.floors(closing: blocks)
    open = goal.gates.indices.map { gate in
      Array(repeating: !blocks.contains(gate), count: goal.gates[gate].size)
    }
    let ceiling = goal.target * CostTarget.window.upperBound
    let bottom = goal.target * CostTarget.window.lowerBound
    while share > ceiling, close() {}
    floors = floors.map { _ in 1 }
    while share > ceiling, close() {}
    floors = open.map { max($0.count(where: \.self) / 2, 1) }
    reopen(below: ceiling, until: bottom)
    exchange(between: bottom...ceiling)
  }

  /// The share of the dense cost that the cost model gives the choice.
  var share: Double { goal.cost.value(weights) / goal.cost.dense }

  private var weights: [[Double]] { open.map { $0.map { $0 ? 1 : 0 } } }

  /// Closes the open channels that are worth least for their price, one, or several while the
  /// target is far; false if none may close.
  private mutating func close() -> Bool {
    let prices = goal.prices(weights)
    var candidates: [(ratio: Double, gate: Int, channel: Int)] = []
    for gate in goal.gates.indices where goal.competes(gate) {
      for channel in open[gate].indices where open[gate][channel] && prices[gate][channel] > 0 {
        candidates.append((ratio(gate, channel, prices), gate, channel))
      }
    }
    candidates.sort { ($0.ratio, $0.gate, $0.channel) < ($1.ratio, $1.gate, $1.channel) }
    let isFar = share > 1.1 * goal.target
    var left = isFar ? max(candidates.count / 200, 1) : 1
    var closed = false
    for candidate in candidates where left > 0 {
      guard open[candidate.gate].count(where: \.self) > floors[candidate.gate] else { continue }
      open[candidate.gate][candidate.channel] = false
      closed = true
      left -= 1
    }
    return closed
  }

  private func ratio(_ gate: Int, _ channel: Int, _ prices: [[Double]]) -> Double {
    worth[gate][channel] / pow(prices[gate][channel], thrift)
  }

  /// Opens closed channels, those worth most for their price first, while the cost stays below
  /// `ceiling`, until it is above `bottom`.
  private mutating func reopen(below ceiling: Double, until bottom: Double) {
    guard share < bottom else { return }
    let prices = goal.prices(weights)
    var candidates: [(ratio: Double, gate: Int, channel: Int)] = []
    for gate in goal.gates.indices where goal.competes(gate) {
      for channel in open[gate].indices where !open[gate][channel] && prices[gate][channel] > 0 {
        candidates.append((ratio(gate, channel, prices), gate, channel))
      }
    }
    candidates.sort { ($1.ratio, $0.gate, $0.channel) < ($0.ratio, $1.gate, $1.channel) }
    for candidate in candidates {
      open[candidate.gate][candidate.channel] = true
      let share = share
      if share > ceiling {
        open[candidate.gate][candidate.channel] = false
      } else if share >= bottom {
        return
      }
    }
  }

  /// Where the steps of single channels are too wide for the window, opens up to three channels of
  /// one gate and closes up to three of another so that the cost falls into it, by the exchange
  /// that loses least.
  private mutating func exchange(between range: ClosedRange<Double>) {
    guard !range.contains(share) else { return }
    var best: (loss: Double, open: [[Bool]])?
    for gained in goal.gates.indices where goal.competes(gained) {
      for lost in goal.gates.indices where goal.competes(lost) && lost != gained {
        for (opened, closed) in (1...3).flatMap({ i in (1...3).map { (i, $0) } }) {
          let gains = channels(gained, open: false).suffix(opened)
          let losses = channels(lost, open: true).prefix(closed)
          guard gains.count == opened, losses.count == closed,
            channels(lost, open: true).count - closed >= floors[lost]
          else { continue }
          var trial = self
          for channel in gains { trial.open[gained][channel] = true }
          for channel in losses { trial.open[lost][channel] = false }
          let loss =
            losses.reduce(0) { $0 + worth[lost][$1] } - gains.reduce(0) { $0 + worth[gained][$1] }
          guard loss < best?.loss ?? .infinity, range.contains(trial.share) else { continue }
          best = (loss, trial.open)
        }
      }
    }
    if let best { open = best.open }
  }

  /// The channels of a gate that are open or closed, those worth least first.
  private func channels(_ gate: Int, open isOpen: Bool) -> [Int] {
    open[gate].indices.filter { open[gate][$0] == isOpen }
      .sorted { (worth[gate][$0], $0) < (worth[gate][$1], $1) }
  }
}
