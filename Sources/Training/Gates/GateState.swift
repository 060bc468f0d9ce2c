import IR
import Passes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The scores of all gates and the sharpness, from which the relaxation weights follow:
/// w = sigmoid(k · s).
public struct GateState: Sendable, Codable, Equatable {
  /// One array a gate, in the order of the gate table.
  public var scores: [[Double]]
  public var sharpness: Double

  /// Creates a state.
  public init(scores: [[Double]], sharpness: Double) {
    self.scores = scores
    self.sharpness = sharpness
  }

  /// Reads the state of a gated graph; throws `invalid` if scores are missing.
  init(_ table: GateTable, in graph: Graph) throws(Diagnostic) {
    var scores: [[Double]] = []
    for gate in table.gates {
      scores.append(try table.scores(of: gate, in: graph).map(Double.init))
    }
    self.init(scores: scores, sharpness: Double(table.sharpness(in: graph)))
  }

  /// sigmoid(sharpness · score), in the form that does not overflow.
  public static func weight(score: Double, sharpness: Double) -> Double {
    let product = sharpness * score
    let e = exp(-abs(product))
    return product < 0 ? e / (1 + e) : 1 / (1 + e)
  }

  /// The relaxation weights.
  public var weights: [[Double]] {
    scores.map { $0.map { GateState.weight(score: $0, sharpness: sharpness) } }
  }
}
