import ArgumentParser
import Driver
import Training

/// `pcc train`.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model, and its gates if it has any.",
    discussion: """
      Without -o the model itself is replaced, if pcc wrote it. A signal ends
      training after the step; model and checkpoint are saved as they are then.

      With --serve it takes steps on one random batch: it prints 'ready', and for
      each line 'go SECONDS' on standard input a line with the seconds of every
      step in that time.

      Examples:
        pcc train gated.onnx --data fashion-mnist --target-macs 0.25 --epochs 6
        pcc train small.onnx --data fashion-mnist --epochs 6 --teacher model.onnx
        pcc train model.onnx -o t.onnx --data fashion-mnist --augment flip,crop:2
        pcc train model.onnx -o t.onnx --data images --normalize auto --augment flip
        pcc train unet.onnx -o u.onnx --data scenes --loss seg --class-weights auto
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var target: TargetOptions
  @OptionGroup var training: TrainingArguments
  @OptionGroup var task: TaskArguments
  @OptionGroup var samples: SampleArguments

  @Argument(help: "An ONNX model, with or without gates.") var model: String

  @Option(name: .shortAndLong, help: "Where to write the result.") var output: String?

  @Option(help: ArgumentHelp(SampleArguments.dataHelp)) var data: String?

  @OptionGroup var cost: CostArguments

  @Option(help: "How often all samples are seen.") var epochs = 20

  @Option(
    help: "The highest learning rate (default: 0.1; driving gates 0.05; for Adam 0.001).")
  var lr: Double?

  @Option(help: "A model to learn from, besides the labels or instead of them.")
  var teacher: String?

  @Flag(help: "Speak the worker protocol on standard input and output.") var serve = false

  func validate() throws {
    try common.refuseShapes()
    if !serve && data == nil { throw ValidationError("Missing expected argument '--data <data>'") }
    if epochs < 1 { throw ValidationError("--epochs takes a number above 0, not \(epochs)") }
    if let lr, !(lr > 0 && lr.isFinite) {
      throw ValidationError("--lr takes a positive number, not \(lr)")
    }
    if task.loss == .distillation && teacher == nil {
      throw ValidationError("--loss distill needs --teacher")
    }
    if !training.inner.isEmpty && teacher == nil {
      throw ValidationError("--inner needs --teacher")
    }
    if teacher != nil && task.loss == .squaredError && training.inner.isEmpty {
      throw ValidationError(
        "with --loss mse, a teacher teaches --inner values alone, and there are none")
    }
    if training.teacherEpochs != nil && teacher == nil {
      throw ValidationError("--teacher-epochs needs --teacher")
    }
  }

  func run() throws {
    if serve {
      return try TrainServer(model: model, batch: training.batch).serve(common.context)
    }
    var options = try training.options()
    options.epochs = epochs
    options.rate = lr
    try task.apply(to: &options)
    options.target = cost.target
    let data = try samples.options(data ?? "")
    let train = TrainJob(
      model: model, output: output, data: data, teacher: teacher, options: options,
      overwrites: target.force)
    try common.finish(train.run(common.context))
  }
}
