import IR

/// Values inside a model by which it learns from a teacher.
public enum InnerValues {
  /// The value of a name that a node makes, behind its gates if it has any; throws `invalid` if there
  /// is none.
  static func value(named name: String, in graph: Graph) throws(Diagnostic) -> ValueID {
    guard var value = graph.value(named: name), graph[value].producer != nil else {
      throw .invalid("the model has no inner value '\(name)'")
    }
    while let gated = graph.value(named: graph[value].name + ".gated") { value = gated }
    return value
  }

  /// Those of the names whose values have the same shape in both models for samples of a data set.
  public static func shared(
    _ names: [String], _ model: Model, _ teacher: Model, on dataset: Dataset
  ) throws(Diagnostic) -> [String] {
    if names.isEmpty { return [] }
    func shapes(_ model: Model) throws(Diagnostic) -> [[Int]?] {
      let graph = try model.graph.fitted(to: dataset)
      let facts = try GraphFacts(graph, inputShapes: ModelInput.shapes(of: graph, batch: 1))
      return names.map { name in
        guard let value = try? value(named: name, in: graph) else { return nil }
        return facts.shape(of: value)?.known
      }
    }
    let pairs = zip(try shapes(model), try shapes(teacher))
    return zip(names, pairs).filter { $1.0 != nil && $1.0 == $1.1 }.map(\.0)
  }
}
