import Frontend
import IR
import Training

/// What `pcc run` does: runs a model once, on given or drawn inputs.
public struct RunJob: Sendable {
  public var model: String
  /// Inputs as `name=file`.
  public var inputs: [String]
  /// Where the outputs go as an `.npz` archive.
  public var output: String?
  public var seed: UInt64
  public var shapes: [String: [Int]]
  /// Whether a file at `output` may be replaced.
  public var overwrites: Bool

  /// The outputs of a run, in short.
  public struct Outcome: Report {
    /// One output.
    public struct Output: Encodable, Sendable {
      public var name: String
      public var type: String
      public var shape: [Int]
      /// The smallest, largest and mean element; nil where there are no numbers.
      public var min: Double?
      public var max: Double?
      public var mean: Double?
    }

    public var outputs: [Output]
    /// The shapes of the inputs.
    public var inputs: [String: [Int]]

    public func text(width: Int?) -> String {
      var table = Table([
        .left("output"), .left("type"), .left("shape"), .right("min"), .right("max"),
        .right("mean"),
      ])
      for output in outputs {
        let numbers = [output.min, output.max, output.mean].map { number in
          number.map(Quantity.significant) ?? ""
        }
        let shape = output.shape.map(String.init).joined(separator: "x")
        table.append([output.name, output.type, shape.isEmpty ? "scalar" : shape] + numbers)
      }
      return table.render(width: width)
    }
  }

  /// Creates the job.
  public init(
    model: String, inputs: [String], output: String?, seed: UInt64, shapes: [String: [Int]],
    overwrites: Bool = false
  ) {
    self.model = model
    self.inputs = inputs
    self.output = output
    self.seed = seed
    self.shapes = shapes
    self.overwrites = overwrites
  }

  /// Runs the model.
  public func run(_ context: CommandContext) throws(Diagnostic) -> Outcome {
    let overwrite: OutputFile.Overwrite = overwrites ? .always : .never
    if let output { try OutputFile.check(output, overwrite: overwrite) }
    let file = try ModelFile(model)
    let graph = file.model.graph
    let given = try GivenInputs.read(inputs, for: graph)
    let requested = shapes.merging(given.mapValues(\.shape)) { asked, _ in asked }
    let chosen = try InputSizes.usual.shapes(of: graph, requested: requested)
    context.logChoice(chosen, in: graph, requested: requested)
    let results = try file.locating { () throws(Diagnostic) in
      let drawn = try InputSampler(graph).sample(shapes: chosen, seed: seed, given: given)
      let runner = try ModelRunner(graph, shapes: chosen, threads: context.threads)
      return try runner.run(drawn)
    }
    let ordered = graph.outputs.compactMap { value -> (name: String, array: Tensor)? in
      results[graph[value].name].map { (graph[value].name, $0) }
    }
    if let output {
      let bytes = try NumPyArchive.write(ordered)
      let target = try OutputFile(output, overwrite: overwrite)
      try target.write(bytes)
      try target.commit()
      context.note("wrote \(output)")
    }
    return Outcome(outputs: ordered.map(Self.summary), inputs: chosen)
  }

  private static func summary(_ name: String, _ tensor: Tensor) -> Outcome.Output {
    let numbers = tensor.doubles
    let mean = numbers.flatMap { $0.isEmpty ? nil : $0.reduce(0, +) / Double($0.count) }
    return Outcome.Output(
      name: name, type: tensor.type.textName, shape: tensor.shape, min: numbers?.min(),
      max: numbers?.max(), mean: mean)
  }
}

extension CommandContext {
  /// Logs the extents that were chosen for inputs whose shape the model leaves open.
  func logChoice(_ shapes: [String: [Int]], in graph: Graph, requested: [String: [Int]]) {
    for input in InputSizes.required(graph) {
      let value = graph[input]
      guard requested[value.name] == nil, let declared = value.type.shape, declared.known == nil,
        let extents = shapes[value.name]
      else { continue }
      note("input '\(value.name)' of shape \(declared.text) is run as \(extents) (--shape sets it)")
    }
  }
}
