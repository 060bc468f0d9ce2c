import ArgumentParser
import Driver
import Passes

/// `pcc augment`.
struct AugmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "augment",
    abstract: "Insert relaxation gates, to be trained or set by a criterion.",
    discussion: """
      Examples:
        pcc augment model.onnx
        pcc augment model.onnx -o gated.onnx --keep head*
        pcc augment model.onnx --criterion l2 --ratio 0.5
        pcc augment model.onnx --criterion bn --target-macs 0.25 --global
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var target: TargetOptions
  @OptionGroup var gates: GateOptions

  @Argument(help: "An ONNX model.") var model: String

  @Option(name: .shortAndLong, help: "Where to write (default: gated.onnx beside the model).")
  var output: String?

  @Option(help: "Close gates at once by a criterion: l2, l1, bn or random.")
  var criterion: AugmentOptions.Criterion?

  @Option(help: "The fraction of each group's channels that the criterion closes.")
  var ratio: Double?

  @Option(
    name: .customLong("target-macs"),
    help: "Close as many channels as bring the multiply-accumulates to this fraction.")
  var targetMACs: Double?

  @Flag(help: "Rank the channels of all groups together.") var global = false

  @Option(help: "The seed of the random criterion.") var seed: UInt64 = 0

  @Flag(help: "Open every gate to exactly 1.") var exact = false

  @Option(name: .customLong("init"), parsing: .unconditional, help: "The score gates start from.")
  var initial: Float = 1

  @Flag(help: "Where an axis is a product of factors, cut whole heads or groups.")
  var heads = false

  func validate() throws {
    if criterion == nil && (ratio != nil || targetMACs != nil || global) {
      throw ValidationError("--ratio, --target-macs and --global need --criterion")
    }
    if ratio != nil && targetMACs != nil {
      throw ValidationError("--ratio and --target-macs exclude each other")
    }
    if criterion != nil && ratio == nil && targetMACs == nil {
      throw ValidationError("--criterion needs --ratio or --target-macs")
    }
    if criterion != nil && exact {
      throw ValidationError("--criterion and --exact exclude each other")
    }
    if let ratio, !(0...1).contains(ratio) {
      throw ValidationError("--ratio takes a number from 0 to 1, not \(ratio)")
    }
    if let targetMACs, !(targetMACs > 0 && targetMACs <= 1) {
      throw ValidationError("--target-macs takes a number above 0, at most 1, not \(targetMACs)")
    }
    if !initial.isFinite { throw ValidationError("--init takes a finite number") }
  }

  func run() throws {
    var options = AugmentOptions()
    options.criterion = criterion
    if let targetMACs { options.amount = .targetMACs(targetMACs) }
    if let ratio { options.amount = .ratio(ratio) }
    options.global = global
    options.seed = seed
    options.exact = exact
    options.initial = initial
    options.heads = heads
    options.roundTo = gates.roundTo
    options.minimumChannels = gates.minimumChannels
    options.keep = gates.keep
    let augment = AugmentJob(
      model: model, output: output, options: options, shapes: common.shapes,
      overwrites: target.force)
    try common.finish(augment.run(common.context))
  }
}

extension AugmentOptions.Criterion: ExpressibleByArgument {}
