import IR
import Passes

/// What `pcc info` does: counts operators, parameters and multiply-accumulates, and says which
/// channels can be pruned, and why not the others.
public struct InfoJob: Sendable {
  public var model: String
  /// Whether the text says what blocks each blocked group.
  public var explains: Bool
  /// Whether every node is listed.
  public var listsLayers: Bool
  public var shapes: [String: [Int]]

  /// Creates the job.
  public init(model: String, explains: Bool, listsLayers: Bool, shapes: [String: [Int]]) {
    self.model = model
    self.explains = explains
    self.listsLayers = listsLayers
    self.shapes = shapes
  }

  /// Analyses the model.
  public func run(_ context: CommandContext) throws(Diagnostic) -> InfoReport {
    let file = try ModelFile(model)
    let graph = file.model.graph
    let chosen = try InputSizes.usual.shapes(of: graph, requested: shapes)
    context.logChoice(chosen, in: graph, requested: shapes)
    return try file.locating { () throws(Diagnostic) in
      let facts = try GraphFacts(graph, inputShapes: graph.identified(chosen))
      let table = try GateTable(file.model)
      let cost = DenseCost(graph, facts, gates: table)
      let analysis = ChannelAnalysis(graph, facts)
      var report = InfoReport(
        file: file, cost: cost, inputs: chosen, explains: explains)
      report.groups = analysis.groups.map { group in
        InfoReport.Group(group, gates: table?.gates ?? [], graph)
      }
      report.gates = try table.map { table throws(Diagnostic) in
        try InfoReport.Gate.all(of: table, in: graph)
      }
      report.note(InfoReport.Layer.all(of: graph, facts, analysis), lists: listsLayers)
      return report
    }
  }
}
