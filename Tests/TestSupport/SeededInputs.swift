import IR

/// Inputs for a graph that a seed decides.
public struct SeededInputs {
  public var seed: Int
  /// The extents of named dimensions; others, and unknown ones, are 2.
  public var extents: [String: Int]

  /// Creates a source of inputs.
  public init(seed: Int, extents: [String: Int] = [:]) {
    self.seed = seed
    self.extents = extents
  }

  /// A tensor for every input of the graph that no constant gives, by name.
  ///
  /// Throws an `unsupported` diagnostic for inputs without a rank or of types no seed makes.
  public func tensors(for graph: Graph) throws(Diagnostic) -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for (index, input) in graph.inputs.enumerated() where graph[input].constant == nil {
      let site = Site(value: graph[input].name)
      guard let type = graph[input].type.tensor, let shape = type.shape else {
        throw .unsupported("an input without a rank cannot be seeded", at: site)
      }
      let numbers = shape.map { extent in
        switch extent {
        case .known(let number): number
        case .named(let name): extents[name] ?? 2
        case .unknown: 2
        }
      }
      let source = SeededTensor(seed: seed &* 1000 &+ index)
      guard let tensor = source.tensor(type.element, shape: numbers) else {
        throw .unsupported("an input of \(type.element.textName) cannot be seeded", at: site)
      }
      result[graph[input].name] = tensor
    }
    return result
  }
}
