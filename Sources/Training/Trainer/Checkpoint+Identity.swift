import IR

extension Checkpoint {
  /// Says which run a trainer's is: a digest of the parameters' names and sizes, the samples and
  /// the options that decide the numbers.
  static func identity(of trainer: Trainer) -> String {
    var text = "\(trainer.training.count) \(trainer.training.inputs.map(\.extents))"
    for parameter in trainer.graph.parameters {
      let shape = trainer.graph.graph[parameter.value].type.shape?.known ?? []
      text += "\n\(parameter.name) \(shape)"
    }
    let options = trainer.options
    text += "\n\(options.epochs) \(options.batch) \(options.samplesAtOnce)"
    text += " \(trainer.rate(0)) \(trainer.rate(trainer.totalSteps))"
    text += " \(options.optimizer) \(options.memory?.steps ?? 0)"
    text += " \(options.warmup) \(options.loss)"
    text += " \(trainer.rate(trainer.totalSteps / 2)) \(options.clipping ?? 0)"
    text += " \(options.averaging ?? 0)"
    text += " \(options.inner) \(options.innerWeight)"
    text += " \(options.smoothing) \(options.augmentation) \(options.teacher != nil)"
    text += " \(trainer.teacherEpochs ?? 0)"
    text += " \(options.distillation) \(options.temperature) \(options.freezesNormalization)"
    text += " \(options.target.map { "\($0)" } ?? "") \(options.recipe) \(options.seed)"
    text += " \(trainer.stepsPerEpoch) \(trainer.metadata)"
    text += " \(options.classWeights) \(options.outputs)"
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return String(digest, radix: 16)
  }
}
