import IR

/// Appends the loss to a graph.
struct LossBuilder {
  /// The values a loss consists of.
  struct Made {
    var loss: ValueID
    var prediction: ValueID
    var labels: ValueID?
    var targets: ValueID?
    var teacher: ValueID?
  }

  private(set) var graph: Graph
  private let options: TrainingGraphOptions

  /// Creates a builder that extends `graph`.
  init(_ graph: Graph, _ options: TrainingGraphOptions) {
    self.graph = graph
    self.options = options
  }

  /// What the loss of a model with the given output acts on: the operand of a last Softmax or
  /// LogSoftmax for losses that take logits, else the output itself.
  static func prediction(of output: ValueID, in graph: Graph, loss: LossKind) -> ValueID {
    guard loss != .squaredError, let producer = graph[output].producer else { return output }
    let node = graph[producer]
    guard node.op == .softmax || node.op == .logSoftmax, let operand = node.input(0),
      let rank = graph[output].type.rank
    else { return output }
    let axis = node.attributes.int("axis") ?? -1
    return axis == 1 || axis + rank == 1 ? operand : output
  }

  /// Appends the loss of a model with the given output.
  mutating func build(for output: ValueID) throws(Diagnostic) -> Made {
    let prediction = LossBuilder.prediction(of: output, in: graph, loss: options.loss)
    let name = graph[output].name
    guard let shape = graph[prediction].type.shape?.known, !shape.isEmpty,
      graph[prediction].type.element == .float32
    else {
      throw .unsupported("the output has no known float32 shape", at: Site(value: name))
    }
    guard shape[0] == options.batch else {
      throw .unsupported(
        "the output has \(shape[0]) rows for a batch of \(options.batch)", at: Site(value: name))
    }
    switch options.loss {
    case .squaredError: return squaredError(prediction, name, shape)
    case .crossEntropy, .perPixel, .distillation:
      guard shape.count >= 2 else {
        throw .unsupported("the output has no class axis", at: Site(value: name))
      }
      return classification(prediction, name, shape)
    }
  }

  private mutating func squaredError(_ prediction: ValueID, _ name: String, _ shape: [Int])
    -> Made
  {
    let type = graph[prediction].type
    let targets = graph.addInput(graph.freshName(name + ".targets"), type)
    let difference = graph.add(
      .sub, [prediction, targets], result: graph.freshName(name + ".difference"), type)
    let square = graph.add(
      .mul, [difference, difference], result: graph.freshName(name + ".square"), type)
    let loss = graph.add(
      .reduceMean, [square], attributes: ["keepdims": .int(0)],
      result: graph.freshName(name + ".loss"), .tensor(.float32, []))
    return Made(loss: loss, prediction: prediction, targets: targets)
  }

  private mutating func classification(_ prediction: ValueID, _ name: String, _ shape: [Int])
    -> Made
  {
    let share = options.loss == .distillation ? 1 : options.distillation
    var terms: [(loss: ValueID, factor: Double)] = []
    var made = Made(loss: prediction, prediction: prediction)
    if share < 1 {
      let extents = [shape[0]] + shape.dropFirst(2)
      let labels = graph.addInput(
        graph.freshName(name + ".labels"), .tensor(.int64, Shape(extents)))
      let node = graph.addNode(
        .softmaxCrossEntropy, [prediction, labels],
        attributes: ["smoothing": .float(Float(options.smoothing)), "ignore_index": .int(-1)],
        name: name + ".loss",
        results: [
          (graph.freshName(name + ".loss"), .tensor(.float32, [])),
          (graph.freshName(name + ".probabilities"), graph[prediction].type),
        ])
      made.labels = labels
      if let loss = graph[node].output(0) { terms.append((loss, 1 - share)) }
    }
    if share > 0 {
      let teacher = graph.addInput(graph.freshName(name + ".teacher"), graph[prediction].type)
      made.teacher = teacher
      terms.append((divergence(prediction, teacher, name), share * rate(shape)))
    }
    made.loss = combine(terms, name)
    return made
  }

  /// The factor of the summed cross-entropy: T² over the number of positions.
  private func rate(_ shape: [Int]) -> Double {
    let positions = shape[0] * shape.dropFirst(2).reduce(1, *)
    return options.temperature * options.temperature / Double(positions)
  }

  /// Minus the sum of the teacher's probabilities times the logarithms of the model's, at the
  /// temperature.
  private mutating func divergence(_ prediction: ValueID, _ teacher: ValueID, _ name: String)
    -> ValueID
  {
    let type = graph[prediction].type
    let factor = graph.addConstant(
      graph.freshName(name + ".coolness"), Tensor(scalar: Float(1 / options.temperature)))
    let cooled = graph.add(
      .mul, [prediction, factor], result: graph.freshName(name + ".cooled"), type)
    let logs = graph.add(
      .logSoftmax, [cooled], attributes: ["axis": .int(1)],
      result: graph.freshName(name + ".logs"), type)
    let products = graph.add(
      .mul, [logs, teacher], result: graph.freshName(name + ".products"), type)
    let sum = graph.add(
      .reduceSum, [products], attributes: ["keepdims": .int(0)],
      result: graph.freshName(name + ".agreement"), .tensor(.float32, []))
    return graph.add(
      .neg, [sum], result: graph.freshName(name + ".divergence"), .tensor(.float32, []))
  }

  private mutating func combine(_ terms: [(loss: ValueID, factor: Double)], _ name: String)
    -> ValueID
  {
    var total: ValueID?
    for (index, term) in terms.enumerated() {
      var loss = term.loss
      if term.factor != 1 {
        let factor = graph.addConstant(
          graph.freshName("\(name).share\(index)"), Tensor(scalar: Float(term.factor)))
        loss = graph.add(
          .mul, [loss, factor], result: graph.freshName("\(name).part\(index)"),
          .tensor(.float32, []))
      }
      total = total.map {
        graph.add(
          .add, [$0, loss], result: graph.freshName("\(name).total"), .tensor(.float32, []))
      } ?? loss
    }
    guard let total else { preconditionFailure("a loss has a term") }
    return total
  }
}
