import ArgumentParser
import Driver
import Passes
import Training

/// `pcc prune`.
struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Augment, train, collapse, fine-tune and verify in one go, and report.",
    discussion: """
      A sixth of the epochs trains the gates, the others train the collapsed
      network. A signal ends the run after the step; what is there is saved.

      With --targets each model is pruned from the one before, the largest first;
      the models are called as with -o, with the fraction added: s-0.25.onnx.

      Examples:
        pcc prune model.onnx -o s.onnx --data fashion-mnist --target-macs 0.25
        pcc prune model.onnx -o s.onnx --data fashion-mnist --target-macs 0.1
        pcc prune model.onnx -o s.onnx --data D --target-params 0.5 --epochs 6 --json
        pcc prune model.onnx -o s.onnx --data D --targets 0.5,0.25,0.1
        pcc prune unet.onnx -o s.onnx --data scenes --loss seg --target-macs 0.1
        pcc prune bert.onnx -o s.onnx --data tokens.npz --target-macs 0.4 --optimizer adamw
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var target: TargetOptions
  @OptionGroup var samples: DataArguments
  @OptionGroup var training: TrainingArguments
  @OptionGroup var task: TaskArguments
  @OptionGroup var gates: GateOptions

  @Argument(help: "A trained ONNX model.") var model: String

  @Option(name: .shortAndLong, help: "Where to write the result.") var output: String

  @OptionGroup var cost: CostArguments

  @Option(
    help: "Several fractions of the multiply-accumulates, say 0.5,0.25,0.1: a model for each.")
  var targets: String?

  @Option(help: "Epochs altogether; with --targets for each of them.") var epochs = 12

  @Option(name: .customLong("gate-epochs"), help: "Epochs with gates (default: a sixth).")
  var gateEpochs: Int?

  @Option(help: "The highest learning rate (default: 0.05 with gates, then 0.1).") var lr: Double?

  @Option(help: "A model to learn from besides the labels (default: the one that is pruned).")
  var teacher: String?

  @Flag(name: .customLong("no-teacher"), help: "Learn from the labels alone.")
  var forgoesTeacher = false

  func validate() throws {
    if (cost.target == nil) == (targets == nil) {
      throw ValidationError(
        "one of --target-macs, --target-params and --targets says how much is left")
    }
    for share in try frontier() { try CostArguments.check("--targets", share) }
    if epochs < 1 { throw ValidationError("--epochs takes a number above 0, not \(epochs)") }
    if let gateEpochs, !(1...epochs).contains(gateEpochs) {
      throw ValidationError("--gate-epochs takes a number from 1 to \(epochs), not \(gateEpochs)")
    }
    if task.loss == .distillation && forgoesTeacher {
      throw ValidationError("--loss distill and --no-teacher exclude each other")
    }
    if teacher != nil && forgoesTeacher {
      throw ValidationError("--teacher and --no-teacher exclude each other")
    }
    if teacher != nil && task.loss == .squaredError && training.inner.isEmpty {
      throw ValidationError(
        "with --loss mse, a teacher teaches --inner values alone, and there are none")
    }
    if training.teacherEpochs != nil && forgoesTeacher {
      throw ValidationError("--teacher-epochs and --no-teacher exclude each other")
    }
    if let lr, !(lr > 0 && lr.isFinite) {
      throw ValidationError("--lr takes a positive number, not \(lr)")
    }
  }

  /// The fractions of `--targets`, the largest first.
  private func frontier() throws -> [Double] {
    let parts = targets?.split(separator: ",", omittingEmptySubsequences: false) ?? []
    let shares = parts.compactMap { Double($0) }
    guard shares.count == parts.count, Set(shares).count == shares.count else {
      throw ValidationError("--targets takes different numbers, not '\(targets ?? "")'")
    }
    return shares.sorted(by: >)
  }

  func run() throws {
    var options = try training.options()
    try task.apply(to: &options)
    options.rate = lr
    var augmentation = AugmentOptions()
    augmentation.keep = gates.keep
    var collapse = CollapseOptions()
    collapse.roundTo = gates.roundTo
    collapse.minimumChannels = gates.minimumChannels
    var prune = PruneJob(
      model: model, output: output, data: try samples.options(),
      goal: cost.target ?? CostTarget(.macs, 1),
      epochs: epochs, gateEpochs: gateEpochs, distils: !forgoesTeacher, training: options,
      augmentation: augmentation, collapse: collapse, shapes: common.shapes,
      overwrites: target.force)
    prune.teacher = teacher
    if targets == nil { return try common.finish(prune.run(common.context)) }
    let frontier = FrontierJob(prune, shares: try frontier())
    try common.finish(frontier.run(common.context))
  }
}
