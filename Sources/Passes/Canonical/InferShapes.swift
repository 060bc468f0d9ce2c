import IR

/// Writes the types that follow from the inputs' into all values.
///
///     %y: ? = Relu(%x)   ->   %y: f32[N, 8] = Relu(%x)
///
/// What a file declares of values that are not outputs is dropped where it does not follow; outputs
/// keep the names of their extents. What is found is declared in the file as well.
public struct InferShapes: Pass {
  public static let name = "infer-shapes"

  /// Creates the pass.
  public init() {}

  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int {
    try annotate(&model.graph)
  }

  /// Writes the types of a graph, then those of the graphs of its nodes, into which types travel with
  /// the values they capture.
  ///
  /// A graph of a node in which something is invalid may be a branch that is never taken: it stays as
  /// it is.
  private func annotate(_ graph: inout Graph) throws(Diagnostic) -> Int {
    let facts = try GraphFacts(graph)
    var changes = 0
    for value in graph.values where graph[value].producer != nil {
      let declared = graph[value].type
      let inferred = facts.type(of: value)
      let type = graph.isOutput(value) ? merged(declared, inferred) : inferred
      let isDeclared = graph[value].annotation != nil || graph.isOutput(value)
      guard type != declared || !isDeclared && type != .unknown else { continue }
      graph.setType(value, type)
      if !isDeclared {
        graph.annotate(
          value, ValueAnnotation(residue: Residue(), encodedType: [], type: .unknown))
      }
      changes += 1
    }
    for node in graph.nodes where graph[node].hasSubgraphs {
      graph.editSubgraphs(of: node) { inner in
        var edited = inner
        for capture in edited.captures {
          edited.setType(capture.inner, facts.type(of: capture.outer))
        }
        guard let count = try? annotate(&edited) else { return }
        inner = edited
        changes += count
      }
    }
    return changes
  }

  /// An output's type: what is inferred fills in what is not declared.
  private func merged(_ declared: ValueType, _ inferred: ValueType) -> ValueType {
    guard let old = declared.tensor else { return inferred == .unknown ? declared : inferred }
    guard let new = inferred.tensor, let shape = new.shape, old.element == new.element else {
      return declared
    }
    guard let extents = old.shape, extents.count == shape.count else {
      return .tensor(old.element, shape)
    }
    return .tensor(
      old.element,
      zip(extents, shape).map { extent, found in
        extent == .unknown || extent.value != nil && found.value != nil ? found : extent
      })
  }
}
