import Foundation
import Frontend
import IR

/// What `pcc check` does: runs ONNX's test cases and compares the outputs with the expected ones.
public struct CheckJob: Sendable {
  /// Folders that are test cases or hold some.
  public var folders: [String]
  /// Replaces the relative tolerance of every case.
  public var relativeTolerance: Double?
  /// Replaces the absolute tolerance of every case.
  public var absoluteTolerance: Double?

  /// Creates the job.
  public init(folders: [String], relativeTolerance: Double?, absoluteTolerance: Double?) {
    self.folders = folders
    self.relativeTolerance = relativeTolerance
    self.absoluteTolerance = absoluteTolerance
  }

  /// Runs the cases; throws only if a folder is missing or holds none.
  public func run(_ context: CommandContext) throws(Diagnostic) -> CheckReport {
    var cases: [CheckCase] = []
    for folder in folders { cases += try CheckCase.all(in: folder) }
    var progress = ProgressBar(context)
    var results: [CheckReport.Case] = []
    for (index, item) in cases.enumerated() {
      progress.update("check", done: index, of: cases.count, note: item.name)
      results.append(result(item, context))
    }
    progress.clear()
    return CheckReport(results)
  }

  private func result(_ item: CheckCase, _ context: CommandContext) -> CheckReport.Case {
    func outcome(_ status: CheckReport.Status, _ reason: String) -> CheckReport.Case {
      CheckReport.Case(name: item.name, status: status, reason: reason)
    }
    do throws(Diagnostic) {
      let differences = try differences(item, context)
      return outcome(differences.isEmpty ? .pass : .fail, differences.joined(separator: "; "))
    } catch {
      return outcome(error.kind == .unsupported ? .unsupported : .invalid, "\(error)")
    }
  }

  /// How the outputs of a case differ from the expected ones, in words.
  private func differences(
    _ item: CheckCase, _ context: CommandContext
  ) throws(Diagnostic) -> [String] {
    var tolerance = try item.tolerance(default: .standard)
    if let relativeTolerance { tolerance.relative = relativeTolerance }
    if let absoluteTolerance { tolerance.absolute = absoluteTolerance }
    let sets = try item.dataSets()
    let graph = try ModelReader().read(item.model).graph
    if let node = graph.nodes.map({ graph[$0] }).first(where: { Operator.drawing.contains($0.op) })
    {
      throw .unsupported(
        "numbers drawn by chance cannot be compared", at: Site(nodes: [node.name], op: node.type))
    }
    var differences: [String] = []
    for set in sets {
      let inputs = try Self.inputs(of: graph, set)
      let expected = try Self.outputs(of: graph, set)
      let runner = try ModelRunner(
        graph, shapes: Self.shapes(of: graph, inputs), threads: context.threads)
      let found = try runner.run(inputs)
      for (name, datum) in expected {
        let mismatch =
          found[name].map { tolerance.mismatch(of: $0, expected: datum) } ?? "is missing"
        guard let mismatch else { continue }
        let place = sets.count > 1 ? set.folder.lastPathComponent + ": " : ""
        differences.append("\(place)output '\(name)' \(mismatch)")
      }
    }
    return differences
  }

  /// The inputs of a data set by name.
  private static func inputs(
    of graph: Graph, _ set: CheckCase.DataSet
  ) throws(Diagnostic) -> [String: Datum] {
    guard set.inputs.count <= graph.inputs.count else {
      throw .invalid(
        "\(set.folder.lastPathComponent) has \(set.inputs.count) inputs, the model "
          + "\(graph.inputs.count)")
    }
    var inputs: [String: Datum] = [:]
    for (input, file) in zip(graph.inputs, set.inputs) {
      inputs[graph[input].name] = try DatumReader().read(file.path, as: graph[input].type)
    }
    return inputs
  }

  /// The shapes of inputs that the graph declares to be tensors.
  private static func shapes(of graph: Graph, _ inputs: [String: Datum]) -> [String: [Int]] {
    inputs.filter { name, _ in
      graph.value(named: name).map { graph[$0].type.tensor != nil } ?? false
    }.compactMapValues(\.tensor?.shape)
  }

  /// The expected outputs of a data set with their names, in order.
  private static func outputs(
    of graph: Graph, _ set: CheckCase.DataSet
  ) throws(Diagnostic) -> [(name: String, datum: Datum)] {
    guard set.outputs.count == graph.outputs.count else {
      throw .invalid(
        "\(set.folder.lastPathComponent) has \(set.outputs.count) outputs, the model "
          + "\(graph.outputs.count)")
    }
    var outputs: [(name: String, datum: Datum)] = []
    for (output, file) in zip(graph.outputs, set.outputs) {
      let value = graph[output]
      outputs.append((value.name, try DatumReader().read(file.path, as: value.type)))
    }
    return outputs
  }
}
