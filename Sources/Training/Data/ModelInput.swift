import IR

/// An input of a model that data sets fill, with the samples along its first axis.
public struct ModelInput: Hashable, Sendable {
  let value: ValueID
  public let name: String
  /// float32, int64, int32 or bool.
  let type: ElementType
  /// The extents of a sample; nil where not known.
  let extents: [Int?]

  /// The inputs of a model, in its order.
  ///
  /// Throws `unsupported` if it has none, or one that no data set can fill.
  static func all(of graph: Graph) throws(Diagnostic) -> [ModelInput] {
    var found: [ModelInput] = []
    for value in graph.inputs where graph[value].constant == nil {
      let site = Site(value: graph[value].name)
      let types: [ElementType] = [.float32, .int64, .int32, .bool]
      guard let type = graph[value].type.element, types.contains(type),
        let shape = graph[value].type.shape, shape.count >= 2
      else {
        throw .unsupported(
          "the input is no tensor of float32 or whole numbers with a batch axis", at: site)
      }
      found.append(
        ModelInput(
          value: value, name: graph[value].name, type: type,
          extents: shape.dropFirst().map(\.value)))
    }
    guard !found.isEmpty else { throw .unsupported("the model has no input that data could fill") }
    return found
  }

  /// The extents of a sample, channels first, as the input has its axes: channels last where only that
  /// fits, without axes of extent 1 that it has not; nil if they are not as many.
  func arranged(_ found: [Int]) -> [Int]? {
    if extents.count == 3, found.count == 3, extents[0] != found[0], extents[2] == found[0] {
      return [found[1], found[2], found[0]]
    }
    let own = found.count == extents.count ? found : Array(found.drop { $0 == 1 })
    return own.count == extents.count ? own : nil
  }

  /// Whether an input of another model takes the same numbers.
  func takesTheSame(as other: ModelInput) -> Bool {
    type == other.type && extents == other.extents
  }

  /// The shapes of a model's inputs for a batch.
  ///
  /// Throws `unsupported` unless all extents besides the batch are known.
  static func shapes(of graph: Graph, batch: Int) throws(Diagnostic) -> [ValueID: [Int]] {
    var shapes: [ValueID: [Int]] = [:]
    for input in try all(of: graph) {
      let known = input.extents.compactMap(\.self)
      guard known.count == input.extents.count else {
        throw .unsupported(
          "the input's extents besides the batch are not known", at: Site(value: input.name))
      }
      shapes[input.value] = [batch] + known
    }
    return shapes
  }

  /// The extents of the images that a model takes; nil if they are not known or it has other inputs.
  public static func image(of model: Model) -> [Int]? {
    guard let inputs = try? all(of: model.graph), inputs.count == 1, inputs[0].type == .float32
    else { return nil }
    let known = inputs[0].extents.compactMap(\.self)
    return known.count == inputs[0].extents.count ? known : nil
  }

  /// The names of the inputs; none if data cannot fill them.
  public static func names(of model: Model) -> [String] {
    (try? all(of: model.graph))?.map(\.name) ?? []
  }
}
