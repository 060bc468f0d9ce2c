import IR
import Passes

extension Checkpoint {
  /// Says which run a trainer's is, part by part: hashes of the model but for what training changes in it,
  /// of the teacher and of samples from all over the data, and the options that decide the numbers.
  ///
  /// So a run goes on from a checkpoint although the model that it began with was replaced by what it had
  /// come to. Throws if a sample cannot be read.
  static func identity(of trainer: Trainer) throws(Diagnostic) -> [String: String] {
    var model = FNV1a()
    var changing = trainer.graph.parameters.map(\.name) + trainer.graph.statistics.map(\.name)
    if let table = trainer.table {
      changing += table.gates.map(\.scoreName) + [GateTable.sharpnessName]
      model.add("\(table.gates)".utf8)
    }
    let blanks = Dictionary(changing.map { ($0, "") }) { first, _ in first }
    model.add(GraphPrinter(digests: blanks).print(trainer.model.graph).utf8)
    var data = FNV1a()
    try data.add(trainer.data.training)
    var parts = options(of: trainer)
    parts["model"] = model.digits
    parts["data"] = data.digits
    if let teacher = trainer.options.teacher {
      var hash = FNV1a()
      hash.add(GraphPrinter().print(teacher.graph).utf8)
      parts["teacher"] = hash.digits
    }
    return parts
  }

  /// What decides the numbers, by the names of the options.
  private static func options(of trainer: Trainer) -> [String: String] {
    let options = trainer.options
    let input = trainer.metadata
    let rates = [0, trainer.totalSteps / 2, trainer.totalSteps].map { "\(trainer.rate($0))" }
    return [
      "epochs": "\(options.epochs)", "batch": "\(options.batch)",
      "micro-batch": "\(options.samplesAtOnce)", "steps": "\(trainer.stepsPerEpoch)",
      "lr and schedule": rates.joined(separator: ", "), "warmup": "\(options.warmup)",
      "optimizer": "\(options.optimizer)", "steps before": "\(options.memory?.steps ?? 0)",
      "clip": "\(trainer.clipping)", "ema": "\(options.averaging ?? 0)",
      "loss": "\(options.loss)", "label-smoothing": "\(options.smoothing)",
      "class-weights": "\(options.classWeights)", "head": "\(options.outputs)",
      "augment": "\(options.augmentation)", "normalize": "\(input.mean) \(input.std)",
      "layout": "\(input.layout)", "freeze-bn": "\(options.freezesNormalization)",
      "teacher-weight": "\(options.distillation)", "temperature": "\(options.temperature)",
      "teacher-epochs": "\(trainer.teacherEpochs ?? 0)", "inner": "\(options.inner)",
      "inner-weight": "\(options.innerWeight)", "recipe": "\(options.recipe)",
      "target": options.target.map { "\($0)" } ?? "", "collapse": "\(options.collapse)",
      "seed": "\(options.seed)",
    ]
  }

  /// Says in what two runs differ.
  static func difference(_ one: [String: String], _ other: [String: String]) -> String {
    let names = Set(one.keys).union(other.keys).filter { one[$0] != other[$0] }
    return names.sorted().joined(separator: ", ")
  }
}

extension FNV1a {
  /// How many samples are added of a set.
  private static let samples = 16

  /// Adds the size of a set of samples, and some of them.
  fileprivate mutating func add(_ dataset: Dataset) throws(Diagnostic) {
    add("\(dataset.count) \(dataset.inputs.map(\.extents)) \(dataset.ignoredLabel ?? -1)".utf8)
    let count = min(FNV1a.samples, dataset.count)
    for number in 0..<count {
      let sample = try dataset.sample(number * (dataset.count - 1) / max(count - 1, 1))
      for input in sample.inputs {
        switch input.elements {
        case .bytes(let bytes): add(bytes)
        case .floats(let floats): floats.withUnsafeBytes { add($0) }
        case .integers(let integers): integers.withUnsafeBytes { add($0) }
        }
      }
      switch sample.label {
      case .none: break
      case .classes(let classes): classes.withUnsafeBytes { add($0) }
      case .values(let values): values.withUnsafeBytes { add($0) }
      }
    }
  }
}
