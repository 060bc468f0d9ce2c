import Foundation
import IR

/// Chooses which channels a one-shot criterion closes.
struct ClosingPlan {
  /// The ranked channels of one gate, the weakest first.
  struct Ranking {
    var gate: Int
    var order: [Int]
    var scores: [Double]
  }

  let rankings: [Ranking]
  let options: AugmentOptions
  let sizes: [Int]

  /// Creates a plan from the channels' scores; gates without scores stay open.
  init(_ scores: [Int: [Double]], sizes: [Int], _ options: AugmentOptions) {
    self.options = options
    self.sizes = sizes
    rankings = scores.keys.sorted().map { gate in
      let values = scores[gate] ?? []
      let order = values.indices.sorted {
        values[$0] == values[$1] ? $0 < $1 : values[$0] < values[$1]
      }
      return Ranking(gate: gate, order: order, scores: values)
    }
  }

  /// The number of channels of `size` that may close when `wanted` should: some stay because of the
  /// minimum and the rounding.
  func allowed(_ wanted: Int, of size: Int) -> Int {
    var open = max(size - wanted, min(options.minimumChannels, size), 1)
    let multiple = max(options.roundTo, 1)
    open = (open + multiple - 1) / multiple * multiple
    return max(size - open, 0)
  }

  /// The weights when ⌊ratio·C⌋ channels of each group close.
  func weights(ratio: Double) -> [[Double]] {
    closing { ranking in Int((ratio * Double(ranking.order.count)).rounded(.down)) }
  }

  /// The weights when each gate closes as many of its weakest channels as `count` says.
  private func closing(_ count: (Ranking) -> Int) -> [[Double]] {
    var weights = sizes.map { [Double](repeating: 1, count: $0) }
    for ranking in rankings {
      let closed = allowed(count(ranking), of: ranking.order.count)
      for channel in ranking.order.prefix(closed) { weights[ranking.gate][channel] = 0 }
    }
    return weights
  }

  /// The weights when the channels of all groups are ranked together by their scores relative to the
  /// group's mean, and the `count` weakest close.
  func weights(global count: Int) -> [[Double]] {
    let weakest = pooled.prefix(count)
    var counts: [Int: Int] = [:]
    for entry in weakest { counts[entry, default: 0] += 1 }
    return closing { counts[$0.gate] ?? 0 }
  }

  /// The gates of all channels, the weakest channel first.
  private var pooled: [Int] {
    var entries: [(score: Double, gate: Int, rank: Int)] = []
    for ranking in rankings {
      let total = ranking.scores.reduce(0, +)
      let mean = total > 0 ? total / Double(ranking.scores.count) : 1
      for (rank, channel) in ranking.order.enumerated() {
        entries.append((ranking.scores[channel] / mean, ranking.gate, rank))
      }
    }
    return entries.sorted { ($0.score, $0.gate, $0.rank) < ($1.score, $1.gate, $1.rank) }
      .map(\.gate)
  }

  /// The weights that the options ask for; `cost` is the relative cost of weights.
  func weights(_ cost: ([[Double]]) -> Double) -> [[Double]] {
    let channels = rankings.reduce(0) { $0 + $1.order.count }
    switch (options.amount, options.global) {
    case (.ratio(let ratio), false): return weights(ratio: ratio)
    case (.ratio(let ratio), true):
      return weights(global: Int((ratio * Double(channels)).rounded(.down)))
    case (.targetMACs(let target), true):
      var low = 0
      var high = channels
      while low < high {
        let middle = (low + high) / 2
        if cost(weights(global: middle)) <= target { high = middle } else { low = middle + 1 }
      }
      return weights(global: low)
    case (.targetMACs(let target), false):
      var low = 0.0
      var high = 1.0
      for _ in 0..<40 {
        let middle = (low + high) / 2
        if cost(weights(ratio: middle)) <= target { high = middle } else { low = middle }
      }
      return weights(ratio: high)
    }
  }
}
