import IR

/// Appends the loss to a graph.
struct LossBuilder {
  /// The values a loss consists of.
  struct Made {
    var loss: ValueID
    var prediction: ValueID
    var labels: ValueID?
    var shares: ValueID?
    var targets: ValueID?
    var teacher: ValueID?
    var inner: [TrainingGraph.InnerTarget] = []
  }

  private(set) var graph: Graph
  private let options: TrainingGraphOptions

  /// Creates a builder that extends `graph`.
  init(_ graph: Graph, _ options: TrainingGraphOptions) {
    self.graph = graph
    self.options = options
  }

  /// What the loss of a model with the given output acts on, for losses that take logits: the operand of
  /// a last Softmax or LogSoftmax, with the classes along axis 1; else the output itself.
  ///
  ///     %p: f32[8, 16, 500] = Softmax(%y)    =>    %y.classes: f32[8, 500, 16] = Transpose(%y)
  static func prediction(of output: ValueID, in graph: inout Graph, loss: LossKind) -> ValueID {
    guard loss != .squaredError, let shape = graph[output].type.shape, shape.count >= 2 else {
      return output
    }
    let (logits, axis) = ClassAxis.logits(of: output, in: graph)
    guard axis != 1 else { return logits }
    let order = [0, axis] + (1..<shape.count).filter { $0 != axis }
    return graph.add(
      .transpose, [logits], attributes: ["perm": .ints(order)],
      result: graph.freshName(graph[output].name + ".classes"),
      .tensor(graph[output].type.element ?? .float32, Shape(order.map { shape[$0] })))
  }

  /// Appends the loss of a model with the given outputs, the task's own first; the others learn the
  /// same labels, but nothing from a teacher.
  mutating func build(for outputs: [(output: ValueID, weight: Double)]) throws(Diagnostic) -> Made {
    var made = try build(for: outputs[0].output)
    guard outputs.count > 1 || outputs[0].weight != 1 else { return made }
    var terms = [(loss: made.loss, factor: outputs[0].weight)]
    for (output, weight) in outputs.dropFirst() {
      terms.append((try auxiliary(output, made), weight))
    }
    made.loss = combine(terms, graph[outputs[0].output].name + ".all")
    return made
  }

  /// What the loss of an output acts on, its name and extents; throws unless they are known.
  private mutating func found(_ output: ValueID) throws(Diagnostic)
    -> (prediction: ValueID, name: String, shape: [Int])
  {
    let prediction = LossBuilder.prediction(of: output, in: &graph, loss: options.loss)
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
    guard shape.count >= 2 || options.loss == .squaredError else {
      throw .unsupported("the output has no class axis", at: Site(value: name))
    }
    return (prediction, name, shape)
  }

  private mutating func build(for output: ValueID) throws(Diagnostic) -> Made {
    let (prediction, name, shape) = try found(output)
    switch options.loss {
    case .squaredError:
      let targets = graph.addInput(
        graph.freshName(name + ".targets"), graph[prediction].type)
      return Made(
        loss: squaredError(prediction, targets, name), prediction: prediction, targets: targets)
    case .crossEntropy, .perPixel, .distillation:
      return classification(prediction, name, shape)
    }
  }

  /// The loss of an output besides the task's own, from the same labels.
  private mutating func auxiliary(_ output: ValueID, _ made: Made) throws(Diagnostic) -> ValueID {
    let (prediction, name, shape) = try found(output)
    let first = graph[made.prediction].type.shape?.known ?? []
    guard shape == first else {
      throw .unsupported(
        "the output has shape \(shape), expected \(first), the same as the task's own",
        at: Site(value: name))
    }
    if let targets = made.targets { return squaredError(prediction, targets, name) }
    guard let loss = crossEntropy(prediction, made, name) else {
      throw Diagnostic(
        kind: .usage, "output '\(name)' has no labels to learn from: only the first is distilled")
    }
    return loss
  }

  private mutating func squaredError(_ prediction: ValueID, _ targets: ValueID, _ name: String)
    -> ValueID
  {
    let type = graph[prediction].type
    let difference = graph.add(
      .sub, [prediction, targets], result: graph.freshName(name + ".difference"), type)
    let square = graph.add(
      .mul, [difference, difference], result: graph.freshName(name + ".square"), type)
    return graph.add(
      .reduceMean, [square], attributes: ["keepdims": .int(0)],
      result: graph.freshName(name + ".loss"), .tensor(.float32, []))
  }

  private mutating func classification(_ prediction: ValueID, _ name: String, _ shape: [Int])
    -> Made
  {
    let share = options.loss == .distillation ? 1 : options.distillation
    var terms: [(loss: ValueID, factor: Double)] = []
    var made = Made(loss: prediction, prediction: prediction)
    if share < 1 {
      let extents = [shape[0]] + shape.dropFirst(2)
      if options.takesShares || options.loss == .perPixel {
        made.shares = graph.addInput(
          graph.freshName(name + ".shares"), graph[prediction].type)
      } else {
        made.labels = graph.addInput(
          graph.freshName(name + ".labels"), .tensor(.int64, Shape(extents)))
      }
      if let loss = crossEntropy(prediction, made, name) { terms.append((loss, 1 - share)) }
    }
    if share > 0 {
      let teacher = graph.addInput(graph.freshName(name + ".teacher"), graph[prediction].type)
      made.teacher = teacher
      terms.append((divergence(prediction, teacher, name), share * rate(shape)))
    }
    made.loss = combine(terms, name)
    return made
  }

  /// The mean cross-entropy of an output and the labels; nil without labels.
  private mutating func crossEntropy(_ prediction: ValueID, _ made: Made, _ name: String)
    -> ValueID?
  {
    let type = graph[prediction].type
    if let shares = made.shares {
      return softCrossEntropy(prediction, shares, name + ".loss", type)
    }
    guard let labels = made.labels else { return nil }
    let node = graph.addNode(
      .softmaxCrossEntropy, [prediction, labels],
      attributes: ["smoothing": .float(Float(options.smoothing)), "ignore_index": .int(-1)],
      name: name + ".loss",
      results: [
        (graph.freshName(name + ".loss"), .tensor(.float32, [])),
        (graph.freshName(name + ".probabilities"), type),
      ])
    return graph[node].output(0)
  }

  /// The sum of the cross-entropies of an output and soft targets.
  private mutating func softCrossEntropy(
    _ prediction: ValueID, _ targets: ValueID, _ name: String, _ type: ValueType
  ) -> ValueID {
    let loss = graph.freshName(name)
    let node = graph.addNode(
      .softTargetCrossEntropy, [prediction, targets], name: name,
      results: [(loss, .tensor(.float32, [])), (graph.freshName(name + ".slope"), type)])
    return graph[node].output(0) ?? prediction
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
    return softCrossEntropy(cooled, teacher, name + ".divergence", type)
  }

  /// Adds to a loss how far inner values are from the teacher's: the mean of their squared differences
  /// relative to the mean squares of the teacher's.
  mutating func add(_ inner: [(name: String, value: ValueID)], to made: inout Made)
    throws(Diagnostic)
  {
    if inner.isEmpty { return }
    var terms = [(loss: made.loss, factor: 1.0)]
    for (name, value) in inner {
      let type = graph[value].type
      guard let shape = type.shape?.known, shape.first == options.batch, type.element == .float32
      else {
        throw .unsupported(
          "the inner value has no float32 shape with one row a sample", at: Site(value: name))
      }
      let target = graph.addInput(graph.freshName(name + ".teacher"), type)
      let scale = graph.addInput(graph.freshName(name + ".scale"), .tensor(.float32, []))
      let relative = graph.add(
        .mul, [squaredError(value, target, name + ".inner"), scale],
        result: graph.freshName(name + ".relative"), .tensor(.float32, []))
      terms.append((relative, options.innerWeight / Double(inner.count)))
      made.inner.append(TrainingGraph.InnerTarget(name: name, value: target, scale: scale))
    }
    made.loss = combine(terms, graph[made.loss].name + ".inner")
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
      total =
        total.map {
          graph.add(
            .add, [$0, loss], result: graph.freshName("\(name).total"), .tensor(.float32, []))
        } ?? loss
    }
    guard let total else { preconditionFailure("a loss has a term") }
    return total
  }
}
