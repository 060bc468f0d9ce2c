import Foundation
import IR

/// What metadata key `pcc.gates` of a gated model says.
public struct GateTable: Hashable, Sendable, Codable {
  /// The cost of the model without gates.
  public struct Dense: Hashable, Sendable, Codable {
    public var macs: Int
    public var params: Int

    /// Creates a cost.
    public init(macs: Int, params: Int) {
      self.macs = macs
      self.params = params
    }
  }

  /// The metadata key.
  public static let key = "pcc.gates"
  /// The name of the initializer that holds the sharpness.
  public static let sharpnessName = "pcc.k"
  /// The sharpness of a freshly augmented model.
  public static let initialSharpness: Float = 5
  /// The score of a gate that a criterion closes.
  public static let closedScore: Float = -1e4

  public var version = 1
  /// A copy of the sharpness; the initializer counts.
  public var k: Float
  public var dense: Dense
  public var gates: [Gate]

  /// Creates a table.
  public init(k: Float, dense: Dense, gates: [Gate]) {
    self.k = k
    self.dense = dense
    self.gates = gates
  }

  /// Reads the table of a model; nil if it has no gates at all.
  ///
  /// Throws an `invalid` diagnostic if the metadata cannot be read or names what is not there.
  public init?(_ model: Model) throws(Diagnostic) {
    guard let text = model[metadata: Self.key] else { return nil }
    do {
      self = try JSONDecoder().decode(GateTable.self, from: Data(text.utf8))
    } catch {
      throw .invalid("metadata '\(Self.key)' is no gate table")
    }
    if version != 1 {
      throw .unsupported("metadata '\(Self.key)' has version \(version), expected 1")
    }
    var names: Set<String> = []
    for gate in gates {
      if !names.insert(gate.name).inserted {
        throw .invalid("metadata '\(Self.key)' lists gate '\(gate.name)' twice")
      }
      if gate.size < 1 {
        throw .invalid("gate '\(gate.name)' has size \(gate.size), expected at least 1")
      }
      for site in gate.sites where !site.isWellFormed(size: gate.size, kind: gate.kind) {
        throw .invalid("gate '\(gate.name)' has a site at '\(site.value)' that does not fit it")
      }
    }
  }

  /// Writes the table into the model's metadata.
  public func write(to model: inout Model) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { return }
    model[metadata: Self.key] = String(decoding: data, as: UTF8.self)
  }

  /// The scores of a gate, of its own length.
  ///
  /// Throws if the initializer is missing or has another size or type.
  public func scores(of gate: Gate, in graph: Graph) throws(Diagnostic) -> [Float] {
    guard let tensor = graph.tensor(of: graph.value(named: gate.scoreName)),
      tensor.type == .float32, tensor.count == gate.size, let scores = tensor.floats
    else {
      throw .invalid(
        "gate '\(gate.name)' has no initializer '\(gate.scoreName)' of \(gate.size) floats")
    }
    return scores
  }

  /// The sharpness that the model's initializer holds; the copy in the table if it is missing.
  public func sharpness(in graph: Graph) -> Float {
    graph.tensor(of: graph.value(named: Self.sharpnessName))?.floats?.first ?? k
  }
}

extension Gate.Site {
  /// Whether segment and repeats fit a gate of that size and kind.
  func isWellFormed(size: Int, kind: Gate.Kind) -> Bool {
    guard axis >= 0 else { return false }
    if kind == .block { return segment.isEmpty && size == 1 }
    guard segment.count == 2, segment[0] >= 0, segment[1] > segment[0] else { return false }
    let factors = repeats ?? [1, 1]
    guard factors.count == 2, factors.allSatisfy({ $0 > 0 }) else { return false }
    let (inner, overflow) = size.multipliedReportingOverflow(by: factors[1])
    let (all, overflows) = inner.multipliedReportingOverflow(by: factors[0])
    return !overflow && !overflows && all == segment[1] - segment[0]
  }
}
