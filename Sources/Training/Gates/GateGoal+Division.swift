import Foundation
import Passes

/// How a target is divided between depth and width, and the widths among the gates.
///
/// A small network is best both shallower and thinner than a large one (compound scaling, arXiv
/// 1905.11946). How far each goes follows from the target; importance says which blocks and which
/// channels close, and what becomes of the share of the widths that is above the floors. The
/// numbers are measured: see Docs/Training.md.
extension GateGoal {
  /// Of a target τ, τ^depthPower is met by closing blocks and the rest by closing channels.
  private static let depthPower = 0.25
  /// How much larger a share of its width a residual stream keeps than what is inside its blocks.
  private static let streamFactor = 2.0
  /// The share of its width that a gate keeps whatever importance says.
  private static let floorShare = 0.9

  /// Adds to the closed blocks what has to close for the given share of the cost to stay: those that
  /// are worth least for their price, until what all blocks cost has come near to share^depthPower.
  ///
  /// The last block of a residual stream stays, and so do those beside a projection, of which a strided
  /// one sees a fraction of the pixels, and those with more than a third of the cost: they only become
  /// thinner.
  func close(_ closed: inout [Int], worth: [[Double]], share: Double) {
    var weights = cost.gateSizes.map { Array(repeating: 1.0, count: $0) }
    let prices = prices(weights)
    let blocks = gates.indices.filter {
      gates[$0].kind == .block && (1e-9...1.0 / 3).contains(prices[$0][0])
    }
    func saved(_ closed: [Int]) -> Double {
      for block in closed { weights[block] = [0] }
      defer { for block in closed { weights[block] = [1] } }
      return cost.dense - cost.value(weights)
    }
    let wanted = (1 - pow(share, GateGoal.depthPower)) * saved(blocks)
    let streams = Dictionary(uniqueKeysWithValues: blocks.map { ($0, stream(of: $0)) })
    let ordered = blocks.filter { !closed.contains($0) && !projected.contains($0) }
      .map { (ratio: worth[$0][0] / prices[$0][0], block: $0) }.sorted(by: <)
    for (_, block) in ordered {
      let left = blocks.filter { streams[$0] == streams[block] && !closed.contains($0) }
      guard left.count > 1 else { continue }
      guard (saved(closed) + saved(closed + [block])) / 2 <= wanted else { return }
      closed.append(block)
    }
  }

  /// The channel gate of the residual stream that a block adds to.
  private func stream(of block: Int) -> Int? {
    let values = Set(gates[block].sites.map(\.ungated))
    return gates.indices.first { gate in
      gates[gate].kind == .channel && gates[gate].sites.contains { values.contains($0.ungated) }
    }
  }

  /// How many channels of each gate stay whatever their importance is, with the given blocks closed:
  /// the same share of all widths, and a larger one of residual streams.
  func floors(closing blocks: [Int]) -> [Int] {
    let open = gates.indices.map { gate in
      Array(repeating: blocks.contains(gate) ? 0.0 : 1, count: gates[gate].size)
    }
    let streams = Set(
      gates.indices.filter { gates[$0].kind == .block }.compactMap { stream(of: $0) })
    func shares(_ level: Double) -> [Double] {
      gates.indices.map {
        competes($0) ? min(level * (streams.contains($0) ? GateGoal.streamFactor : 1), 1) : 1
      }
    }
    let level = level(cheap: 0, dear: 1, share: target) {
      zip(open, shares($0)).map { open, share in open.map { $0 * share } }
    }
    return zip(gates, shares(level)).map { gate, share in
      min(max(Int((GateGoal.floorShare * share * Double(gate.size)).rounded()), 1), gate.size)
    }
  }
}
