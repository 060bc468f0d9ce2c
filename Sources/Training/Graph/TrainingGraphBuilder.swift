import DenseRuntime
import IR
import Passes

/// Makes training graphs.
package struct TrainingGraphBuilder {
  private var graph: Graph
  private let options: TrainingGraphOptions
  private var trainable: Set<ValueID> = []
  private var statistics: [(value: ValueID, next: ValueID, momentum: Double, isVariance: Bool)] = []
  private var masks: [TrainingGraph.Mask] = []
  /// For each gate of the table the constant that stands in for its weights.
  private var gates: [(gate: Int, value: ValueID)] = []
  /// The positions among the outputs of inner values that are to be the teacher's.
  private var inner: [(name: String, output: Int)] = []

  /// The training graph of a model, whose gates are those of `table`.
  ///
  /// Throws `unsupported` for models that cannot be trained, naming what is in the way.
  package static func build(
    _ model: Model, table: GateTable?, options: TrainingGraphOptions
  ) throws(Diagnostic) -> TrainingGraph {
    var builder = TrainingGraphBuilder(graph: model.graph, options: options)
    guard model.graph.outputs.count >= 1 else { throw .invalid("the model has no output") }
    let inputs = try ModelInput.all(of: model.graph)
    let shapes = try ModelInput.shapes(of: model.graph, batch: options.batch)
    for name in options.inner {
      let value = try InnerValues.value(named: name, in: builder.graph)
      builder.inner.append((name, builder.graph.outputs.count))
      builder.graph.addOutput(value)
    }
    if let table { try builder.separateGates(table) }
    builder.trainable =
      TrainableConstants(builder.graph, excluding: Set(builder.gates.map(\.value))).found
    builder.graph = try BatchFitting.fitted(
      builder.graph, inputs.map(\.value), batch: options.batch)
    try builder.inferTypes(shapes)
    let folding = try GateFolding(builder.graph, weights: Set(builder.gates.map(\.value)))
    builder.graph = folding.graph
    try builder.inferTypes(shapes)
    try builder.switchNormalization()
    try builder.switchDropout()
    try builder.simplify(shapes)
    return try builder.finish(inputs)
  }

  private init(graph: Graph, options: TrainingGraphOptions) {
    self.graph = graph
    self.options = options
  }

  private mutating func inferTypes(_ shapes: [ValueID: [Int]]) throws(Diagnostic) {
    let facts = try GraphFacts(graph, inputShapes: shapes)
    for value in graph.values where graph[value].constant == nil {
      graph.setType(value, facts.type(of: value))
    }
  }

  /// Cuts the graph at each gate's weights: a constant stands in for them, so that whoever trains
  /// them may compute them as they like.
  private mutating func separateGates(_ table: GateTable) throws(Diagnostic) {
    let sharpness = Double(table.sharpness(in: graph))
    for (index, gate) in table.gates.enumerated() {
      guard let old = graph.value(named: gate.weightName), graph[old].producer != nil else {
        throw .unsupported(
          "gate '\(gate.name)' cannot be trained: '\(gate.weightName)' is not computed from"
            + " '\(gate.scoreName)'")
      }
      let weights = try table.scores(of: gate, in: graph).map {
        Float(GateState.weight(score: Double($0), sharpness: sharpness))
      }
      let stand = graph.addConstant(graph.freshName(gate.weightName + ".trained"), Tensor(weights))
      graph.replaceUses(of: old, with: stand)
      gates.append((index, stand))
    }
    removeDeadNodes()
  }

  /// Replaces shapes and other values that do not change by constants, now that all extents are
  /// known, and operators by those through which gradients flow.
  private mutating func simplify(_ shapes: [ValueID: [Int]]) throws(Diagnostic) {
    var model = Model(graph: graph)
    _ = try FoldShapes().run(on: &model, PassContext(evaluator: Interpreter()))
    graph = model.graph
    FixedValues.fold(
      in: &graph, except: trainable.union(gates.map(\.value)).union(statistics.map(\.value)))
    removeDeadNodes()
    try inferTypes(shapes)
    try Expansion.run(
      on: &graph, wrt: trainable.sorted() + gates.map(\.value), towards: graph.outputs)
  }

  private mutating func removeDeadNodes() {
    for id in graph.nodes.reversed() {
      let results = graph[id].outputs.compactMap(\.self)
      if results.allSatisfy({ graph.uses(of: $0).isEmpty }) { graph.erase(id) }
    }
  }

  /// Puts BatchNormalization into its training form, unless its statistics are to stay.
  private mutating func switchNormalization() throws(Diagnostic) {
    for id in graph.nodes where graph[id].op == .batchNormalization {
      let node = graph[id]
      if options.freezesNormalization {
        graph.setAttribute(id, "training_mode", nil)
        for index in 1..<max(node.outputs.count, 1) { graph.omitResult(id, index) }
        continue
      }
      guard let old = node.output(0), let scale = node.input(1), let mean = node.input(3),
        let variance = node.input(4)
      else { throw .invalid("an operand is missing", at: Site(nodes: [node.name], op: node.type)) }
      var attributes = Attributes()
      attributes["epsilon"] = node.attributes["epsilon"]
      let momentum = TrainingGraphBuilder.momentum(of: node)
      attributes["momentum"] = .float(momentum)
      let name = graph[old].name
      let vector = graph[scale].type
      var results: [(name: String, type: ValueType)?] = [
        (graph.freshName(name + ".trained"), graph[old].type)
      ]
      for part in ["mean.next", "var.next", "mean", "inverse_std"] {
        results.append((graph.freshName("\(name).\(part)"), vector))
      }
      let made = graph.addNode(
        .batchNormalizationTraining, node.inputs, attributes: attributes, name: node.name,
        results: results, at: .after(id))
      for (index, value) in node.outputs.enumerated() {
        guard let value, let new = graph[made].output(index) else { continue }
        graph.replaceUses(of: value, with: new)
      }
      graph.erase(id)
      for (statistic, index) in [(mean, 1), (variance, 2)] where graph[statistic].constant != nil {
        guard let next = graph[made].output(index) else { continue }
        statistics.append((statistic, next, Double(momentum), index == 2))
      }
    }
  }

  /// The momentum a normalisation trains with: its own, unless it is so high that the statistics
  /// would never follow, as exporters write it that mean a cumulative average; then the default.
  private static func momentum(of node: Node) -> Float {
    guard let given = node.attributes.float("momentum"), given < 0.9999, given >= 0 else {
      return 0.9
    }
    return given
  }

  /// Makes the masks of Dropout inputs of the graph, or leaves Dropout out.
  private mutating func switchDropout() throws(Diagnostic) {
    for id in graph.nodes where graph[id].op == .dropout {
      let node = graph[id]
      guard let operand = node.input(0), let result = node.output(0),
        node.output(1).map({ graph.uses(of: $0).isEmpty }) ?? true
      else {
        throw .unsupported(
          "the mask of Dropout is read", at: Site(nodes: [node.name], op: "Dropout"))
      }
      var ratio = 0.5
      if let given = node.input(1) {
        guard let number = graph.tensor(of: given)?.doubles?.first, (0..<1).contains(number) else {
          throw .unsupported(
            "the ratio of Dropout is no constant below 1",
            at: Site(nodes: [node.name], op: "Dropout"))
        }
        ratio = number
      }
      if options.drops, ratio > 0 {
        let name = graph[result].name
        let mask = graph.addInput(graph.freshName(name + ".mask"), graph[operand].type)
        let product = graph.add(
          .mul, [operand, mask], result: graph.freshName(name + ".dropped"), graph[operand].type,
          at: .after(id))
        graph.replaceUses(of: result, with: product)
        masks.append(TrainingGraph.Mask(input: mask, ratio: ratio))
      } else {
        graph.replaceUses(of: result, with: operand)
      }
      graph.erase(id)
    }
  }

  /// Appends the loss and the gradients, and makes what a step yields the graph's outputs.
  private mutating func finish(_ inputs: [ModelInput]) throws(Diagnostic)
    -> TrainingGraph
  {
    let shares = options.outputs.isEmpty ? [nil] : options.outputs.map(Optional.some)
    var wanted: [(output: ValueID, weight: Double)] = []
    for share in shares {
      let index = try OutputShare.index(of: share?.name, in: graph)
      wanted.append((graph.outputs[index], share?.weight ?? 1))
    }
    var losses = LossBuilder(graph, options)
    var made = try losses.build(for: wanted)
    try losses.add(inner.map { ($0.name, graph.outputs[$0.output]) }, to: &made)
    graph = losses.graph
    for index in graph.outputs.indices { graph.setOutput(index, made.loss) }
    removeDeadNodes()
    let candidates = trainable.sorted()
    let targets = candidates + gates.map(\.value)
    let gradients = try Backward.append(to: &graph, loss: made.loss, wrt: targets)
    var result = TrainingGraph(
      graph: graph, inputs: inputs, labels: made.labels, shares: made.shares,
      targets: made.targets,
      teacher: made.teacher, loss: made.loss, prediction: made.prediction)
    result.inner = made.inner
    graph.addOutput(made.prediction)
    for (value, gradient) in zip(candidates, gradients) {
      guard let gradient else { continue }
      graph.addOutput(gradient)
      result.parameters.append(
        TrainingGraph.Parameter(
          value: value, name: graph[value].name, gradient: gradient, decays: isWeight(value)))
    }
    for (gate, gradient) in zip(gates, gradients.dropFirst(candidates.count)) {
      guard let gradient else { continue }
      graph.addOutput(gradient)
      result.gates.append(
        TrainingGraph.GateParameter(gate: gate.gate, value: gate.value, gradient: gradient))
    }
    for (value, next, momentum, isVariance) in statistics where graph.contains(next) {
      graph.addOutput(next)
      result.statistics.append(
        TrainingGraph.Statistic(
          value: value, name: graph[value].name, next: next, momentum: momentum,
          isVariance: isVariance))
    }
    removeDeadNodes()
    result.masks = masks.filter { !graph.uses(of: $0.input).isEmpty }
    try graph.verify()
    result.graph = graph
    guard !result.parameters.isEmpty else {
      throw .unsupported("the model has no weights that could be trained")
    }
    return result
  }

  /// Whether a constant has two or more axes longer than 1.
  private func isWeight(_ value: ValueID) -> Bool {
    (graph[value].type.shape?.known ?? []).count { $0 > 1 } >= 2
      || (graph[value].type.rank ?? 0) >= 2
        && graph.consumers(of: value).contains { node in
          graph[node].op == .conv || graph[node].op == .gemm || graph[node].op == .matMul
        }
  }
}
