import DenseRuntime
import IR
import Passes

/// Compares two graphs on sampled inputs.
///
/// Operators that cannot be run are cut out of both graphs: what they make is drawn, the same for
/// both, and what they read is compared.
public struct Verification: Sendable {
  /// The largest difference, relative to an output's largest value, that is taken for rounding; nil
  /// for what the element types allow.
  public var relativeTolerance: Double?
  /// A difference that is always allowed.
  public var absoluteTolerance = 0.0
  /// How many inputs are drawn.
  public var samples = 4
  public var seed: UInt64 = 0
  public var threads: Int
  /// Shapes of inputs that are not to be chosen.
  public var shapes: [String: [Int]] = [:]
  /// Inputs that are not to be drawn.
  public var inputs: [String: Tensor] = [:]

  /// The tolerance for float32.
  static let singleTolerance = 1e-4
  /// The tolerance for float16 and bfloat16.
  static let halfTolerance = 2e-2

  /// Creates a verification with the usual tolerances.
  public init(threads: Int) { self.threads = threads }

  /// Compares `other` with `reference`.
  ///
  /// Throws a `difference` diagnostic if the graphs have different inputs or outputs or only the
  /// reference runs, an `invalid` one if the reference does not run at any size.
  public func compare(
    _ reference: Graph, with other: Graph
  ) throws(Diagnostic) -> VerificationOutcome {
    try checkSignatures(reference, other)
    let reference = try Self.folded(reference)
    let other = try Self.folded(other)
    var given = shapes
    for (name, tensor) in inputs { given[name] = tensor.shape }
    let isOpen = InputSizes.areOpen(reference, requested: given)
    let drawsNothing = InputSizes.required(reference).allSatisfy {
      inputs[reference[$0].name] != nil
    }
    var outcome = VerificationOutcome()
    var parts = isOpen ? [(samples + 1) / 2, max(1, samples / 2)] : [drawsNothing ? 1 : samples]
    var failure: Diagnostic?
    for sizes in [.usual] + (isOpen ? InputSizes.alternatives : []) {
      guard let count = parts.first else { break }
      let chosen = try sizes.shapes(of: reference, requested: given)
      do {
        try compare(reference, other, chosen, count, &outcome)
        parts.removeFirst()
      } catch {
        guard isOpen, error.kind == .invalid else { throw error }
        outcome.skippedSizes.append("\(sizes)")
        failure = error
      }
    }
    if let failure, outcome.samples == 0 { throw failure }
    return outcome
  }

  private func compare(
    _ reference: Graph, _ other: Graph, _ shapes: [String: [Int]], _ count: Int,
    _ outcome: inout VerificationOutcome
  ) throws(Diagnostic) {
    let first = try CutFinder.cut(reference, beside: other, shapes: shapes)
    let pair = try VerificationPair(first, other: other)
    outcome.cuts = max(outcome.cuts, pair.reference.cuts.count)
    outcome.cutOperators.formUnion(pair.reference.cuts.map(\.type))
    outcome.uncompared.formUnion(pair.uncompared)
    let limit =
      relativeTolerance
      ?? (Self.usesHalf(reference) ? Self.halfTolerance : Self.singleTolerance)
    outcome.tolerance = max(outcome.tolerance, limit)
    for sample in try samples(of: pair, InputSampler(reference), shapes, count) {
      outcome.samples += 1
      for comparison in pair.comparisons {
        guard let difference = sample.difference(comparison) else { continue }
        outcome.note(difference, of: comparison.label)
        if difference.largest <= max(absoluteTolerance, limit * difference.scale) { continue }
        let own = relativeTolerance == nil ? try sample.ownDifference(comparison) : 0
        if difference.scale > 0 {
          outcome.tolerance = max(outcome.tolerance, 4 * own / difference.scale)
        }
        if !(difference.largest <= 4 * own) { outcome.ok = false }
      }
    }
  }

  /// Runs both graphs on drawn inputs, one graph after the other, so that the memory of one at a time
  /// is needed.
  private func samples(
    of pair: VerificationPair, _ sampler: InputSampler, _ shapes: [String: [Int]], _ count: Int
  ) throws(Diagnostic) -> [VerificationSample] {
    var inputs: [[String: Tensor]] = []
    var otherInputs: [[String: Tensor]] = []
    for index in 0..<count {
      let seed = self.seed &+ UInt64(index)
      let drawn = try sampler.sample(shapes: shapes, seed: seed, given: self.inputs)
      let standIns = try pair.reference.drawStandIns(seed: seed)
      inputs.append(pair.inputs(drawn, standIns, of: pair.reference))
      otherInputs.append(pair.inputs(drawn, standIns, of: pair.other))
    }
    let expected = try outputs(of: pair.reference.graph, inputs, shapes)
    let found: [[String: Tensor]]
    do {
      found = try outputs(of: pair.other.graph, otherInputs, shapes)
    } catch { throw Self.onlyReferenceRuns(error) }
    return inputs.indices.map { index in
      VerificationSample(
        graph: pair.reference.graph, inputs: inputs[index], outputs: expected[index],
        otherInputs: otherInputs[index], otherOutputs: found[index])
    }
  }

  private func outputs(
    of graph: Graph, _ inputs: [[String: Tensor]], _ shapes: [String: [Int]]
  ) throws(Diagnostic) -> [[String: Tensor]] {
    let runner = try ModelRunner(
      graph, shapes: shapes, threads: threads, packsTightly: true)
    return try inputs.map { inputs throws(Diagnostic) in try runner.run(inputs) }
  }

  /// A graph with its constants folded, so that shapes beyond computed scales and sizes are known
  /// where something has to be cut out.
  private static func folded(_ graph: Graph) throws(Diagnostic) -> Graph {
    var model = Model(graph: graph)
    _ = try FoldConstants().run(on: &model, PassContext(evaluator: Interpreter()))
    return model.graph
  }

  private static func onlyReferenceRuns(_ cause: Diagnostic) -> Diagnostic {
    Diagnostic(
      kind: .difference, "only the first model runs: \(cause.message)", at: cause.site,
      notes: cause.notes)
  }

  /// Whether a graph computes in float16 or bfloat16.
  private static func usesHalf(_ graph: Graph) -> Bool {
    graph.values.contains {
      graph[$0].type.element == .float16 || graph[$0].type.element == .bfloat16
    }
  }

  private func checkSignatures(_ reference: Graph, _ other: Graph) throws(Diagnostic) {
    func names(_ graph: Graph, _ values: [ValueID]) -> String {
      values.map { "'\(graph[$0].name)'" }.joined(separator: ", ")
    }
    let inputs = (InputSizes.required(reference), InputSizes.required(other))
    let left = Set(inputs.0.map { reference[$0].name })
    if left != Set(inputs.1.map { other[$0].name }) {
      throw Diagnostic(
        kind: .difference,
        "the models have different inputs: \(names(reference, inputs.0)) and "
          + names(other, inputs.1))
    }
    let outputs = (reference.outputs, other.outputs)
    if Set(outputs.0.map { reference[$0].name }) != Set(outputs.1.map { other[$0].name }) {
      throw Diagnostic(
        kind: .difference,
        "the models have different outputs: \(names(reference, outputs.0)) and "
          + names(other, outputs.1))
    }
  }
}
