import IR
import Training

/// Draws inputs that make sense to a model: images from a normal distribution, token ids inside the
/// embedding they index, masks of 0 and 1.
struct InputSampler {
  /// What the values of an input may be.
  enum Domain: Hashable {
    /// Numbers of the standard normal distribution.
    case normal
    /// Whole numbers from 0 to one below the bound.
    case indices(Int)
    /// 0 or 1.
    case bits
  }

  let graph: Graph
  private let domains: [ValueID: Domain]

  /// Analyses what the inputs of a graph are used for.
  init(_ graph: Graph) {
    self.graph = graph
    var domains: [ValueID: Domain] = [:]
    for input in graph.inputs { domains[input] = Self.domain(of: input, in: graph) }
    self.domains = domains
  }

  /// Draws a tensor for every input that a run must be given and that `given` lacks, by name.
  ///
  /// The draw depends on the seed and the input's name only. Throws an `unsupported` diagnostic for
  /// strings and types without arithmetic.
  func sample(
    shapes: [String: [Int]], seed: UInt64, given: [String: Tensor] = [:]
  ) throws(Diagnostic) -> [String: Tensor] {
    var inputs = given
    for input in InputSizes.required(graph) where given[graph[input].name] == nil {
      let value = graph[input]
      guard let element = value.type.element, let shape = shapes[value.name] else {
        throw .unsupported("an input that is no tensor", at: Site(value: value.name))
      }
      inputs[value.name] = try Self.draw(
        TensorType(element, Shape(shape)), domains[input] ?? .normal, seed: seed,
        stream: value.name)
    }
    return inputs
  }

  /// Draws a tensor of a type with a known shape.
  static func draw(
    _ type: TensorType, _ domain: Domain, seed: UInt64, stream: String
  ) throws(Diagnostic) -> Tensor {
    guard let shape = type.shape?.known, let count = Tensor.count(of: shape), count <= 1 << 31
    else {
      throw .unsupported(
        "a tensor of shape \(type.shape?.text ?? "unknown") cannot be drawn",
        at: Site(value: stream))
    }
    var random = RandomSource(seed: seed, name: stream)
    switch type.element {
    case .float32, .float64, .float16, .bfloat16:
      let values = (0..<count).map { _ in domain.real(&random) }
      return Tensor(rounding: values, to: type.element, shape: shape)
    case .int64: return Tensor((0..<count).map { _ in Int64(domain.whole(&random)) }, shape: shape)
    case .int32:
      return Tensor((0..<count).map { _ in Int32(clamping: domain.whole(&random)) }, shape: shape)
    case .int16:
      return Tensor((0..<count).map { _ in Int16(clamping: domain.whole(&random)) }, shape: shape)
    case .int8:
      return Tensor((0..<count).map { _ in Int8(clamping: domain.whole(&random)) }, shape: shape)
    case .uint64:
      return Tensor((0..<count).map { _ in UInt64(domain.whole(&random)) }, shape: shape)
    case .uint32:
      return Tensor((0..<count).map { _ in UInt32(clamping: domain.whole(&random)) }, shape: shape)
    case .uint16:
      return Tensor((0..<count).map { _ in UInt16(clamping: domain.whole(&random)) }, shape: shape)
    case .uint8:
      return Tensor((0..<count).map { _ in UInt8(clamping: domain.whole(&random)) }, shape: shape)
    case .bool:
      return Tensor((0..<count).map { _ in random.below(2) == 1 }, shape: shape)
    case .string, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      throw .unsupported(
        "a tensor of type \(type.element.textName) cannot be drawn: give it with --input",
        at: Site(value: stream))
    }
  }

  /// What an input may hold, from its type and from what reads it.
  private static func domain(of input: ValueID, in graph: Graph) -> Domain {
    guard let element = graph[input].type.element else { return .normal }
    if element.isFloatingPoint { return .normal }
    if element == .bool { return .bits }
    return indexBound(of: input, in: graph).map(Domain.indices) ?? .bits
  }

  /// The smallest axis that a value indexes, directly or through operators that only move elements.
  private static func indexBound(of value: ValueID, in graph: Graph) -> Int? {
    var pending = [value]
    var seen: Set<ValueID> = []
    var bound: Int?
    while let next = pending.popLast() {
      guard seen.insert(next).inserted else { continue }
      for id in graph.consumers(of: next) {
        let node = graph[id]
        if node.op == .gather, node.input(1) == next {
          guard let extent = gatheredExtent(node, in: graph) else { continue }
          bound = min(bound ?? extent, extent)
        } else if movers.contains(node.op), node.input(0) == next {
          pending += node.outputs.compactMap { $0 }
        }
      }
    }
    return bound
  }

  /// The operators whose results hold the elements of their first operand, moved or converted.
  private static let movers: Set<Operator> = [
    .cast, .identity, .reshape, .flatten, .squeeze, .unsqueeze, .transpose, .expand, .concat,
    .split, .slice, .gather,
  ]

  /// The extent of the axis along which a Gather picks, if it is known.
  private static func gatheredExtent(_ node: Node, in graph: Graph) -> Int? {
    guard let data = node.input(0), let shape = graph[data].type.shape else { return nil }
    let axis = node.attributes.int("axis") ?? 0
    let index = axis < 0 ? axis + shape.count : axis
    return shape.indices.contains(index) ? shape[index].value : nil
  }
}

extension InputSampler.Domain {
  fileprivate func real(_ random: inout RandomSource) -> Double {
    switch self {
    case .normal: random.normal()
    case .indices, .bits: Double(whole(&random))
    }
  }

  fileprivate func whole(_ random: inout RandomSource) -> Int {
    switch self {
    case .normal, .bits: random.below(2)
    case .indices(let bound): random.below(max(1, bound))
    }
  }
}
