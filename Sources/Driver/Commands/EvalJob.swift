import IR
import Training

/// What `pcc eval` does: measures a model on the evaluation part of a data set.
public struct EvalJob: Sendable {
  public var model: String
  public var data: DataOptions
  public var batch: Int
  /// The path of the model whose predictions stand for labels where there are none.
  public var teacher: String?

  /// Creates the job.
  public init(model: String, data: DataOptions, batch: Int, teacher: String? = nil) {
    self.model = model
    self.data = data
    self.batch = batch
    self.teacher = teacher
  }

  /// Evaluates the model.
  public func run(_ context: CommandContext) throws(Diagnostic) -> EvalOutcome {
    let file = try ModelFile(model)
    try file.requireKnownOperators()
    let metadata = try file.locating { () throws(Diagnostic) in try data.metadata(of: file.model) }
    let source = try data.read(for: file.model)
    let samples = try data.evaluation(of: source, context)
    let teacher = try teacher.map { path throws(Diagnostic) in try ModelFile(path).model }
    if teacher != nil, samples.labels != .none {
      context.warn("\(data.path): there are labels, so the teacher is not asked")
    }
    return try file.locating { () throws(Diagnostic) in
      EvalOutcome(
        try Evaluation.run(
          file.model, on: samples, metadata: metadata, batch: batch, output: data.output,
          teacher: teacher, threads: context.threads))
    }
  }
}
