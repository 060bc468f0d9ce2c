import Foundation
import IR

/// Ranks the channels of gates by a criterion: small scores go first.
struct ChannelScores {
  private let graph: Graph
  private let facts: GraphFacts
  private let analysis: ChannelAnalysis
  private var evaluation: ConstantEvaluation?

  init(
    _ graph: Graph, _ facts: GraphFacts, _ analysis: ChannelAnalysis,
    _ evaluator: (any Evaluator)? = nil
  ) {
    self.graph = graph
    self.facts = facts
    self.analysis = analysis
    evaluation = evaluator.map { ConstantEvaluation($0) }
  }

  /// The tensor of a weight, also of one that a gate multiplies or that follows from constants.
  private mutating func tensor(of value: ValueID?) -> Tensor? {
    guard let value else { return nil }
    if let tensor = graph.tensor(of: value) { return tensor }
    if let producer = graph[value].producer, graph[producer].op == .mul,
      graph[producer].input(1).map({ graph[$0].constant == nil }) == true,
      let tensor = graph.tensor(of: graph[producer].input(0))
    {
      return tensor
    }
    guard analysis.constantValues.contains(value), var evaluation else { return nil }
    defer { self.evaluation = evaluation }
    return (try? evaluation.tensor(of: value, in: graph)) ?? nil
  }

  /// The scores of a gate's channels.
  ///
  /// Throws an `unsupported` diagnostic for `bn` where no producer is followed by BatchNormalization.
  mutating func scores(
    of gate: Gate, _ runs: [GateBinding.Run], _ criterion: AugmentOptions.Criterion,
    seed: UInt64
  ) throws(Diagnostic) -> [Double] {
    var scores = [Double](repeating: 0, count: gate.size)
    if criterion == .random {
      var generator = SplitMix64(seed: seed)
      return scores.map { _ in Double(generator.next() >> 11) }
    }
    var hasNorm = false
    for run in runs {
      for producer in analysis[run.group].producers {
        guard let tensor = tensor(of: graph[producer.node].input(producer.operand)),
          tensor.rank > 1, let values = tensor.doubles,
          let layouts = analysis.layouts(
            at: OperandSite(producer.node, producer.operand), in: graph),
          let coordinates = layouts[producer.axis].coordinates(of: run.group)
        else { continue }
        let norm = normFactors(after: producer.node, run.group)
        hasNorm = hasNorm || norm != nil
        let inner = tensor.shape[(producer.axis + 1)...].reduce(1, *)
        let extent = tensor.shape[producer.axis]
        let factors = rowFactors(norm, coordinates: coordinates)
        for (position, value) in values.enumerated() {
          let row = position / inner % extent
          guard let index = coordinates[row], index + run.offset >= 0,
            index + run.offset < gate.size
          else { continue }
          let folded = value * factors[row]
          switch criterion {
          case .l2: scores[index + run.offset] += folded * folded
          case .l1: scores[index + run.offset] += abs(folded)
          case .bn, .random: break
          }
        }
        if criterion == .bn, let norm {
          for (row, coordinate) in coordinates.enumerated() {
            guard let index = coordinate, row < norm.scale.count, index + run.offset >= 0,
              index + run.offset < gate.size
            else { continue }
            scores[index + run.offset] += abs(norm.scale[row])
          }
        }
      }
    }
    if criterion == .bn, !hasNorm {
      throw .unsupported(
        "criterion bn needs a BatchNormalization after a producer of '\(gate.name)', found none")
    }
    return criterion == .l2 ? scores.map { $0.squareRoot() } : scores
  }

  /// What BatchNormalization does to the rows before it.
  private struct Norm {
    var scale: [Double]
    var factor: [Double]
  }

  private func rowFactors(_ norm: Norm?, coordinates: [Int?]) -> [Double] {
    guard let norm, norm.factor.count == coordinates.count else {
      return Array(repeating: 1, count: coordinates.count)
    }
    return norm.factor
  }

  /// The BatchNormalization behind a node, a bias in between allowed.
  private func normFactors(after node: NodeID, _ group: GroupID) -> Norm? {
    guard var value = graph[node].outputs.first ?? nil else { return nil }
    for _ in 0..<3 {
      guard let use = graph.onlyUse(of: value) else { return nil }
      let reader = graph[use.node]
      if reader.op == .batchNormalization, use.operand == 0 {
        guard let scale = graph.tensor(of: reader.input(1))?.doubles,
          let variance = graph.tensor(of: reader.input(4))?.doubles, scale.count == variance.count
        else { return nil }
        let epsilon = Double(reader.attributes.float("epsilon") ?? 1e-5)
        return Norm(
          scale: scale,
          factor: zip(scale, variance).map { $0 / ($1 + epsilon).squareRoot() })
      }
      guard reader.op == .add, let next = reader.outputs.first ?? nil,
        let other = reader.input(1 - use.operand), graph[other].constant != nil
      else { return nil }
      value = next
    }
    return nil
  }
}

/// A small generator of random numbers with a 64-bit state (Steele, Lea and Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
