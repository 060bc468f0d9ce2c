import IR

/// What is learned from a teacher, in place of what it says of each batch.
extension Trainer {
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
