import IR
import Passes

extension Checkpoint {
  /// Says which run a trainer's is: a hash of the model but for what training changes in it, of the
  /// teacher, of samples from all over the data, and of the options that decide the numbers.
  ///
  /// So a run goes on from a checkpoint although the model that it began with was replaced by what it had
  /// come to. Throws if a sample cannot be read.
  static func identity(of trainer: Trainer) throws(Diagnostic) -> String {
    var hash = FNV1a()
    var changing = trainer.graph.parameters.map(\.name) + trainer.graph.statistics.map(\.name)
    if let table = trainer.table {
      changing += table.gates.map(\.scoreName) + [GateTable.sharpnessName]
      hash.add("\(table.gates)".utf8)
    }
    let blanks = Dictionary(changing.map { ($0, "") }) { first, _ in first }
    hash.add(GraphPrinter(digests: blanks).print(trainer.model.graph).utf8)
    if let teacher = trainer.options.teacher {
      hash.add(GraphPrinter().print(teacher.graph).utf8)
    }
    try hash.add(trainer.data.training)
    hash.add(options(of: trainer).utf8)
    return hash.digits
  }

  private static func options(of trainer: Trainer) -> String {
    let options = trainer.options
    var text = "\(options.epochs) \(options.batch) \(options.samplesAtOnce)"
    text += " \(trainer.rate(0)) \(trainer.rate(trainer.totalSteps))"
    text += " \(options.optimizer) \(options.memory?.steps ?? 0)"
    text += " \(options.warmup) \(options.loss)"
    text += " \(trainer.rate(trainer.totalSteps / 2)) \(trainer.clipping)"
    text += " \(options.averaging ?? 0)"
    text += " \(options.inner) \(options.innerWeight)"
    text += " \(options.smoothing) \(options.augmentation)"
    text += " \(trainer.teacherEpochs ?? 0)"
    text += " \(options.distillation) \(options.temperature) \(options.freezesNormalization)"
    text += " \(options.target.map { "\($0)" } ?? "") \(options.recipe) \(options.seed)"
    text += " \(options.collapse)"
    let input = trainer.metadata
    text += " \(trainer.stepsPerEpoch) \(input.mean) \(input.std) \(input.layout)"
    text += " \(options.classWeights) \(options.outputs)"
    return text
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
