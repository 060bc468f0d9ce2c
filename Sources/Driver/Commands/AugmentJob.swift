import DenseRuntime
import IR
import Passes

/// What `pcc augment` does: inserts gates into a model.
public struct AugmentJob: Sendable {
  public var model: String
  /// Where the result goes; nil for `gated.onnx` beside the model.
  public var output: String?
  public var options: AugmentOptions
  public var shapes: [String: [Int]]
  public var overwrites: Bool

  /// The gates of the result.
  public struct Outcome: Report {
    public var output: String
    public var gates: [Gate]
    /// The multiply-accumulates that remain with closed gates closed, for a batch of one.
    public var macs: Double
    public var macsDense: Int
    public var paramsDense: Int

    public func text(width: Int?) -> String {
      var table = Table([.left("gate"), .right("size"), .left("kind"), .left("sites")])
      for gate in gates {
        let sites = gate.sites.map(\.value).joined(separator: ", ")
        table.append([gate.name, "\(gate.size)", gate.kind.rawValue, sites])
      }
      let channels = gates.reduce(0) { $0 + $1.size }
      let summary =
        "\(gates.count) gates over \(Quantity.grouped(channels)) channels; "
        + "\(Quantity.grouped(Int(macs.rounded()))) of \(Quantity.grouped(macsDense)) MACs; "
        + "wrote \(output)"
      return (gates.isEmpty ? "" : table.render(width: width) + "\n\n") + summary
    }
  }

  /// Creates the job.
  public init(
    model: String, output: String?, options: AugmentOptions, shapes: [String: [Int]],
    overwrites: Bool
  ) {
    self.model = model
    self.output = output
    self.options = options
    self.shapes = shapes
    self.overwrites = overwrites
  }

  /// Augments the model and writes the result.
  public func run(_ context: CommandContext) throws(Diagnostic) -> Outcome {
    let path = output ?? Self.sibling(of: model)
    var file = try ModelFile(model)
    let target = try ModelTarget(path, overwrites: overwrites)
    let chosen = try InputSizes.usual.shapes(of: file.model.graph, requested: shapes)
    context.logChoice(chosen, in: file.model.graph, requested: shapes)
    let report: AugmentReport
    do {
      let pass = AugmentPass(options, inputShapes: chosen, evaluator: Interpreter())
      report = try pass.run(on: &file.model)
    } catch { throw error.inFile(model) }
    for warning in report.warnings { context.report(warning.inFile(model)) }
    try target.write(file.model)
    return Outcome(
      output: path, gates: report.gates, macs: report.macs, macsDense: report.dense.macs,
      paramsDense: report.dense.params)
  }

  /// `gated.onnx` in the folder of a model.
  private static func sibling(of model: String) -> String {
    guard let slash = model.lastIndex(of: "/") else { return "gated.onnx" }
    return String(model[...slash]) + "gated.onnx"
  }
}
