import IR

/// What is learned from a teacher, in place of what it says of each batch.
extension Trainer {
  /// The teacher, if a graph learns from one.
  ///
  /// Throws `usage` if there is none where one is needed, `invalid` if it is not like the model: in its
  /// inputs and what they mean, its output and the inner values that are learned from.
  static func teacher(
    for graph: TrainingGraph, _ data: TrainingData, _ metadata: InputMetadata,
    _ options: TrainerOptions
  ) throws(Diagnostic) -> Predictor? {
    guard let model = options.teacher else {
      guard options.loss != .distillation, options.inner.isEmpty else {
        throw Diagnostic(kind: .usage, "distillation needs a teacher")
      }
      return nil
    }
    guard graph.teacher != nil || !graph.inner.isEmpty else { return nil }
    let teacher = try Predictor(
      model, for: data.training, batch: options.samplesAtOnce, logits: true,
      output: options.outputs.first?.name, inner: options.inner, threads: options.threads)
    for (index, target) in graph.inner.enumerated() {
      let (own, other) = (graph.graph[target.value].type.shape?.known, teacher.innerShape(index))
      guard own == other else {
        throw .invalid(
          "'\(target.name)' has shape \(own ?? []) in the model and \(other ?? []) in the teacher")
      }
    }
    guard zip(teacher.inputs, graph.inputs).allSatisfy({ $0.takesTheSame(as: $1) }) else {
      throw .invalid("the teacher's inputs are unlike the model's")
    }
    try metadata.check(
      teacher: model, classNames: data.training.classNames ?? metadata.names, on: data.training)
    if let input = graph.teacher, teacher.shape != graph.graph[input].type.shape?.known {
      throw .invalid("the teacher's output has shape \(teacher.shape), unlike the model's")
    }
    return teacher
  }

  /// The epochs in which the teacher is run if means of what it says are learned from; nil if each
  /// view is by itself.
  static func teacherEpochs(
    _ teacher: Predictor?, samples: Int, _ options: TrainerOptions
  ) throws(Diagnostic) -> Int? {
    let obstacle = meansObstacle(teacher, samples: samples, options)
    guard let wanted = options.teacherEpochs else {
      return obstacle == nil && options.target == nil
        ? TeacherEpochs.usual(of: options.epochs) : nil
    }
    guard case .first(let epochs) = wanted else { return nil }
    if let obstacle {
      throw Diagnostic(
        kind: .usage, "the teacher cannot be run in the first epochs only: \(obstacle)")
    }
    guard epochs > 0 else {
      throw Diagnostic(kind: .usage, "the epochs in which the teacher is run must be positive")
    }
    return options.target == nil ? epochs : nil
  }

  /// Why there can be no mean of what a teacher says of a sample; nil if there can.
  private static func meansObstacle(
    _ teacher: Predictor?, samples: Int, _ options: TrainerOptions
  ) -> String? {
    guard let teacher else { return "there is none" }
    guard options.augmentation.mixup == 0 else { return "mixup makes new samples in each" }
    guard options.inner.isEmpty else { return "inner values are learned from too" }
    guard teacher.shape.count == 2 else {
      return "means want a row of classes a sample, its output has shape \(teacher.shape)"
    }
    let (count, overflow) = samples.multipliedReportingOverflow(by: teacher.shape[1])
    guard !overflow, count <= TeacherMeans.limit / MemoryLayout<Float>.size else {
      return "means of \(samples) samples and \(teacher.shape[1]) classes take more than a gibibyte"
    }
    return nil
  }

  /// What there is to learn from a teacher's output for a batch of an epoch; nil without a teacher.
  func teacherLogits(_ batch: Batch, epoch: Int) throws(Diagnostic) -> [Float]? {
    guard let epochs = teacherEpochs, let isKnown = means?.know(batch.samples) else {
      return try teacher?.predict(batch)
    }
    if epoch < epochs || !isKnown, let view = try teacher?.predict(batch) {
      means?.add(view, of: batch.samples)
    }
    return means?.of(batch.samples)
  }
}
