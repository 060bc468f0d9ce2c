import IR

extension Dataset {
  /// The shapes of a model's inputs, by name, for samples of the set: `batch` of them unless the model
  /// is made for another number.
  ///
  /// Throws `invalid` if the samples do not fit the model.
  public func inputShapes(of graph: Graph, batch: Int = 1) throws(Diagnostic) -> [String: [Int]] {
    var shapes: [String: [Int]] = [:]
    for input in try ModelInput.all(of: graph.fitted(to: self)) {
      let own = graph[input.value].type.shape?.first?.value
      shapes[input.name] = [own ?? batch] + input.extents.compactMap(\.self)
    }
    return shapes
  }
}

extension Graph {
  /// The graph for samples of a data set: extents of inputs that are not known are taken from there.
  ///
  /// Throws `invalid` if the samples do not fit.
  func fitted(to dataset: Dataset) throws(Diagnostic) -> Graph {
    let inputs = try ModelInput.all(of: self)
    guard inputs.count == dataset.inputs.count else {
      throw .invalid(
        "the model has \(inputs.count) inputs, \(inputs.map(\.name)), but the data holds"
          + " \(dataset.inputs.count) for each sample",
        notes: ["a .npz file may hold an array for each input, of the same name"])
    }
    var graph = self
    for (input, kind) in zip(inputs, dataset.inputs) {
      guard kind.fits(input.type) else {
        throw .invalid(
          "the data holds \(kind.elements.rawValue), the input is of type \(input.type.textName)",
          at: Site(value: input.name))
      }
      guard input.extents.contains(nil), let shape = graph[input.value].type.shape else { continue }
      guard let found = input.arranged(kind.extents) else {
        throw .invalid(
          "the samples have extents \(kind.extents), but the model wants \(input.extents.count)",
          at: Site(value: input.name))
      }
      let extents = zip(input.extents, found).map { .known($0 ?? $1) } as [Dim]
      graph.setType(input.value, .tensor(input.type, Shape([shape[0]] + extents)))
    }
    return graph
  }
}
