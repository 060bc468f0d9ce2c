import IR

/// Extents for the axes that a model's inputs leave open.
public struct InputSizes: Hashable, Sendable, CustomStringConvertible {
  public var batch: Int
  /// The sides of images.
  public var side: Int
  /// The length of sequences, and all else that is open.
  public var sequence: Int

  public var description: String {
    "a batch of \(batch), sides of \(side) and sequences of \(sequence)"
  }

  /// What is taken where nothing else is asked for.
  public static let usual = InputSizes(batch: 1, side: 224, sequence: 16)
  /// Other sizes at which a model with open extents is verified, in the order they are tried.
  static let alternatives = [
    InputSizes(batch: 2, side: 192, sequence: 8), InputSizes(batch: 2, side: 224, sequence: 16),
    InputSizes(batch: 1, side: 256, sequence: 12),
  ]

  /// The shape of every input that a run must be given, by name.
  ///
  /// `requested` shapes hold as they are; names of open extents that they bind hold for all inputs.
  /// Throws a `usage` diagnostic for requested shapes that do not fit.
  public func shapes(
    of graph: Graph, requested: [String: [Int]] = [:]
  ) throws(Diagnostic) -> [String: [Int]] {
    var symbols: [String: Int] = [:]
    for (name, extents) in requested.sorted(by: { $0.key < $1.key }) {
      try bind(name, extents, in: graph, &symbols)
    }
    var shapes: [String: [Int]] = [:]
    for input in Self.required(graph) {
      let value = graph[input]
      if let extents = requested[value.name] {
        shapes[value.name] = extents
        continue
      }
      guard let shape = value.type.shape else {
        throw Diagnostic(
          kind: .usage, "input '\(value.name)' has no shape in the model: give it with --shape")
      }
      shapes[value.name] = shape.indices.map { axis in
        switch shape[axis] {
        case .known(let extent): return extent
        case .named(let name):
          if let extent = symbols[name] { return extent }
          let extent = choice(axis, of: shape, name: name)
          symbols[name] = extent
          return extent
        case .unknown: return choice(axis, of: shape, name: "")
        }
      }
    }
    return shapes
  }

  /// The inputs that a run must be given: those that are no constants.
  static func required(_ graph: Graph) -> [ValueID] {
    graph.inputs.filter { graph[$0].constant == nil }
  }

  /// Whether an input leaves an extent open that is not requested.
  static func areOpen(_ graph: Graph, requested: [String: [Int]]) -> Bool {
    required(graph).contains {
      requested[graph[$0].name] == nil && graph[$0].type.shape?.known == nil
    }
  }

  private func bind(
    _ name: String, _ extents: [Int], in graph: Graph, _ symbols: inout [String: Int]
  ) throws(Diagnostic) {
    guard let input = graph.value(named: name), graph.inputs.contains(input) else {
      let names = Self.required(graph).map { "'\(graph[$0].name)'" }.joined(separator: ", ")
      throw Diagnostic(kind: .usage, "the model has no input '\(name)': its inputs are \(names)")
    }
    guard let shape = graph[input].type.shape else { return }
    var fits = shape.count == extents.count
    for (dim, extent) in zip(shape, extents) {
      switch dim {
      case .known(let expected): fits = fits && expected == extent
      case .named(let symbol):
        fits = fits && symbols[symbol, default: extent] == extent
        symbols[symbol] = extent
      case .unknown: break
      }
    }
    if !fits {
      throw Diagnostic(
        kind: .usage, "shape \(extents) does not fit input '\(name)' of shape \(shape.text)")
    }
  }

  private func choice(_ axis: Int, of shape: Shape, name: String) -> Int {
    if axis == 0 || name.lowercased().contains("batch") { return batch }
    guard shape.count >= 4 else { return sequence }
    let channelsLast = shape.last?.value.map { $0 <= 4 } ?? false
    return axis == 1 && !channelsLast ? 3 : side
  }
}

extension Shape {
  /// The extents as `[N, 3, 224, 224]`, `?` where nothing is known.
  var text: String {
    let extents = map { dim in
      switch dim {
      case .known(let extent): "\(extent)"
      case .named(let name): name
      case .unknown: "?"
      }
    }
    return "[" + extents.joined(separator: ", ") + "]"
  }
}
