import IR

/// A cost as a function of the relaxation weights of all gates: a sum of products of sums.
///
/// Each node adds coefficient · Π_axes Σ_c Π_gates w[c] · Π_blocks w. With weights of 0 and 1 the
/// value is the cost of the network without the closed channels.
public struct RelaxedCost: Sendable {
  /// The size of one axis as a function of the weights.
  indirect enum Size: Sendable {
    case constant(Double)
    /// Σ_c Π over the parts of w[gate][offset + c] for c in 0..<count.
    case channels([Part], count: Int)
    case product([Size])
    case sum([Size])
  }

  /// A run of one gate's channels.
  struct Part: Hashable, Sendable {
    var gate: Int
    var offset: Int
  }

  /// What one node adds.
  struct Term: Sendable {
    var coefficient: Double
    var sizes: [Size]
    /// Block gates round the node.
    var blocks: [Int]
  }

  /// The gates' sizes in the order of the gate table.
  public let gateSizes: [Int]
  let terms: [Term]

  init(gateSizes: [Int], terms: [Term]) {
    self.gateSizes = gateSizes
    self.terms = terms
    self.dense = 0
    dense = value(gateSizes.map { Array(repeating: 1, count: $0) })
  }

  /// The value with every gate open.
  public private(set) var dense: Double

  /// The cost at the given weights, one array a gate.
  ///
  /// - Precondition: the arrays have the gates' sizes.
  public func value(_ weights: [[Double]]) -> Double {
    terms.reduce(0) { sum, term in
      let sizes = term.sizes.reduce(1) { $0 * size($1, weights) }
      return sum + term.coefficient * sizes * term.blocks.reduce(1) { $0 * weights[$1][0] }
    }
  }

  /// The cost and its derivative by every weight.
  ///
  /// - Precondition: the arrays have the gates' sizes.
  public func valueAndGradient(_ weights: [[Double]]) -> (value: Double, gradient: [[Double]]) {
    var gradient = gateSizes.map { [Double](repeating: 0, count: $0) }
    var total = 0.0
    for term in terms {
      let sizes = term.sizes.map { size($0, weights) } + term.blocks.map { weights[$0][0] }
      total += term.coefficient * sizes.reduce(1, *)
      for index in sizes.indices {
        var others = term.coefficient
        for (other, size) in sizes.enumerated() where other != index { others *= size }
        if index < term.sizes.count {
          add(term.sizes[index], others, weights, &gradient)
        } else {
          gradient[term.blocks[index - term.sizes.count]][0] += others
        }
      }
    }
    return (total, gradient)
  }

  private func size(_ size: Size, _ weights: [[Double]]) -> Double {
    switch size {
    case .constant(let value): return value
    case .product(let parts): return parts.reduce(1) { $0 * self.size($1, weights) }
    case .sum(let parts): return parts.reduce(0) { $0 + self.size($1, weights) }
    case .channels(let parts, let count):
      var total = 0.0
      for channel in 0..<count {
        total += parts.reduce(1) { $0 * weights[$1.gate][$1.offset + channel] }
      }
      return total
    }
  }

  /// Adds `factor` times the derivative of a size to `gradient`.
  private func add(
    _ size: Size, _ factor: Double, _ weights: [[Double]], _ gradient: inout [[Double]]
  ) {
    switch size {
    case .constant: break
    case .sum(let parts): for part in parts { add(part, factor, weights, &gradient) }
    case .product(let parts):
      let values = parts.map { self.size($0, weights) }
      for index in parts.indices {
        var others = factor
        for (other, value) in values.enumerated() where other != index { others *= value }
        add(parts[index], others, weights, &gradient)
      }
    case .channels(let parts, let count):
      for channel in 0..<count {
        for (index, part) in parts.enumerated() {
          var others = factor
          for (other, peer) in parts.enumerated() where other != index {
            others *= weights[peer.gate][peer.offset + channel]
          }
          gradient[part.gate][part.offset + channel] += others
        }
      }
    }
  }
}
