import Foundation
import IR
import Training

/// Takes training steps on one random batch, on request, for comparisons of speed.
public struct TrainServer: Sendable {
  public var model: String
  public var batch: Int

  /// Creates the server.
  public init(model: String, batch: Int) {
    self.model = model
    self.batch = batch
  }

  /// After two steps and a line `ready LOSS SECONDS MIB`, the last the most memory they took,
  /// answers each line `go SECONDS` on the standard input with a line of seconds, one number a step.
  ///
  /// Labels are random, the loss is cross-entropy over axis 1, the optimiser gradient descent with
  /// momentum 0.9, rate 0.01 and decay 0.0001.
  public func serve(_ context: CommandContext) throws(Diagnostic) {
    let file = try ModelFile(model)
    let trainer = try file.locating { () throws(Diagnostic) in
      try self.trainer(file.model, context)
    }
    let samples = try trainer.firstBatch()
    let watch = Stopwatch()
    var loss = 0.0
    for _ in 0..<2 { loss = try trainer.step(on: samples) }
    let mebibytes = PeakMemory.megabytes * 1e6 / 1_048_576
    try StandardOutput.line(
      "ready \(loss) \(String(format: "%.2f %.0f", watch.seconds, mebibytes))")
    while let line = readLine() {
      let words = line.split(separator: " ")
      guard words.count == 2, words[0] == "go", let seconds = Double(words[1]), seconds.isFinite
      else { throw Diagnostic(kind: .usage, "expected a line 'go SECONDS', found '\(line)'") }
      var times: [Double] = []
      let clock = Stopwatch()
      while times.count < 2 || clock.seconds <= seconds {
        let step = Stopwatch()
        _ = try trainer.step(on: samples)
        times.append(step.seconds)
      }
      try StandardOutput.line(times.map { String(format: "%.6f", $0) }.joined(separator: " "))
    }
  }

  private func trainer(_ model: Model, _ context: CommandContext) throws(Diagnostic) -> Trainer {
    var sizes = InputSizes.usual
    sizes.batch = batch
    let shapes = try sizes.shapes(of: model.graph)
    let facts = try GraphFacts(model.graph, inputShapes: model.graph.identified(shapes))
    guard let input = InputSizes.required(model.graph).first,
      let shape = shapes[model.graph[input].name], shape.first == batch,
      let output = model.graph.outputs.first, let result = facts.shape(of: output)?.known,
      result.count >= 2, result.first == batch
    else { throw .unsupported("training needs an input and an output with one row a sample") }
    var random = RandomSource(seed: 0)
    let count = shape.reduce(1, *)
    let positions = result.dropFirst(2).reduce(1, *)
    let labels = (0..<(batch * positions)).map { _ in Int32(random.below(max(1, result[1]))) }
    let samples = try Dataset(
      elements: .floats((0..<count).map { _ in Float(random.normal()) }),
      extents: Array(shape.dropFirst()), labels: .classes(labels, positions: positions))
    var options = TrainerOptions()
    options.epochs = 1
    options.batch = batch
    options.rate = 0.01
    options.optimizer.decay = 1e-4
    options.warmup = 0
    options.validation = 0
    options.threads = context.threads
    options.loss = positions > 1 ? .perPixel : .crossEntropy
    options.metadata = InputMetadata()
    return try Trainer(model, training: samples, options: options)
  }
}
