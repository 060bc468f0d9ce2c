import IR

/// Builds small attention layers at random, in the ways that they are spelled, for property tests.
struct RandomAttention {
  private(set) var graph = Graph(name: "attention")
  private var random: SeededGenerator
  private var count = 0
  private let batch = 2
  private let length = 3
  private let width = 4
  private let heads: Int
  private let share: Int
  private let size: Int
  private let valueSize: Int
  /// Queries, keys and values as [batch, heads, length, size].
  private typealias Heads = (query: ValueID, key: ValueID, value: ValueID)

  /// Builds a layer and a projection, with a residual sum and a feed-forward network at times.
  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    heads = Int.random(in: 1...3, using: &random)
    let isPacked = Bool.random(using: &random)
    share = isPacked ? 1 : Int.random(in: 1...2, using: &random)
    size = 2 * Int.random(in: 1...2, using: &random)
    valueSize = isPacked ? size : Int.random(in: 2...4, using: &random)
    self.random = random
    let input = graph.addInput("x", .tensor(.float32, Shape([batch, length, width])))
    let parts = isPacked ? packed(input) : separate(input)
    var result = chance(0.25) ? fused(parts) : attend(parts)
    result = project(result, valueSize * heads * share, width)
    if chance(0.5) { result = node(.add, [result, input]) }
    if chance(0.5) { result = feedForward(result) }
    graph.addOutput(project(result, width, 3))
  }

  private mutating func chance(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &random) < probability
  }

  private mutating func weight(_ shape: [Int]) -> ValueID {
    let numbers = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &random) }
    count += 1
    return graph.addConstant("w\(count)", Tensor(numbers, shape: shape))
  }

  private mutating func integers(_ numbers: [Int]) -> ValueID {
    count += 1
    return graph.addConstant("i\(count)", Tensor(numbers.map { Int64($0) }))
  }

  private mutating func index(_ number: Int) -> ValueID {
    count += 1
    return graph.addConstant("i\(count)", Tensor([Int64(number)], shape: []))
  }

  private mutating func node(
    _ op: Operator, _ inputs: [ValueID?], _ attributes: Attributes = [:]
  ) -> ValueID {
    count += 1
    return graph.add(
      op, inputs, attributes: attributes, result: "\(op.name)\(count)",
      .tensor(.float32, nil))
  }

  private mutating func split(
    _ value: ValueID, _ parts: Int, axis: Int, of extent: Int
  ) -> [ValueID] {
    count += 1
    let sizes = integers(Array(repeating: extent / parts, count: parts))
    let id = graph.addNode(
      .split, [value, sizes], attributes: ["axis": .int(axis)], name: "split\(count)",
      results: (0..<parts).map { ("part\(count).\($0)", .tensor(.float32, nil)) })
    return graph[id].outputs.compactMap { $0 }
  }

  private mutating func project(_ value: ValueID, _ inner: Int, _ outer: Int) -> ValueID {
    let result = node(.matMul, [value, weight([inner, outer])])
    return chance(0.5) ? node(.add, [result, weight([outer])]) : result
  }

  private mutating func reshape(_ value: ValueID, _ shape: [Int]) -> ValueID {
    node(.reshape, [value, integers(shape)])
  }

  private mutating func transpose(_ value: ValueID, _ order: [Int]) -> ValueID {
    node(.transpose, [value], ["perm": .ints(order)])
  }

  /// One projection, its three parts told apart before, between or behind heads and size.
  private mutating func packed(_ input: ValueID) -> Heads {
    let both = project(input, width, 3 * heads * size)
    let shapes = [
      ([batch, length, 3, heads, size], [2, 0, 3, 1, 4]),
      ([batch, length, heads, 3, size], [3, 0, 2, 1, 4]),
      ([batch, length, heads, size, 3], [4, 0, 2, 1, 3]),
    ]
    let (shape, order) = shapes[Int.random(in: 0..<3, using: &random)]
    if chance(0.4) {
      let parts = split(both, 3, axis: 2, of: 3 * heads * size)
        .map { reshape($0, [batch, length, heads, size]) }.map { transpose($0, [0, 2, 1, 3]) }
      return (parts[0], parts[1], parts[2])
    }
    let moved = transpose(reshape(both, shape), order)
    if chance(0.5) {
      let parts = split(moved, 3, axis: 0, of: 3).map { node(.squeeze, [$0, integers([0])]) }
      return (parts[0], parts[1], parts[2])
    }
    let parts = (0..<3).map { node(.gather, [moved, index($0)]) }
    return (parts[0], parts[1], parts[2])
  }

  /// Three projections; heads of keys and values repeated for the queries that share them, and
  /// positions turned into queries and keys at times.
  private mutating func separate(_ input: ValueID) -> Heads {
    let turns = chance(0.5)
    let table = weight([length, size / 2])
    let angles = chance(0.5) ? table : node(.mul, [table, node(.identity, [table])])
    let tables = (weight([batch, length, size / 2]), weight([batch, length, size / 2]))
    let isFused = chance(0.3)
    let isInterleaved = chance(0.5)
    var parts: [ValueID] = []
    let extents = [(heads * share, size), (heads, size), (heads, valueSize)]
    for (number, extent) in extents.enumerated() {
      var part = project(input, width, extent.0 * extent.1)
      part = transpose(reshape(part, [batch, length, extent.0, extent.1]), [0, 2, 1, 3])
      if turns, number < 2 {
        part =
          isFused
          ? node(
            .rotaryEmbedding, [part, tables.0, tables.1],
            ["interleaved": .int(isInterleaved ? 1 : 0)])
          : turned(part, angles)
      }
      if number > 0, share > 1 {
        part = node(.unsqueeze, [part, integers([2])])
        part = node(.expand, [part, integers([batch, heads, share, length, extent.1])])
        part = reshape(part, [batch, heads * share, length, extent.1])
      }
      parts.append(part)
    }
    return (parts[0], parts[1], parts[2])
  }

  private mutating func turned(_ value: ValueID, _ angles: ValueID) -> ValueID {
    let wide = node(.concat, [angles, angles], ["axis": .int(-1)])
    let parts = split(value, 2, axis: 3, of: size)
    let swapped = node(.concat, [node(.neg, [parts[1]]), parts[0]], ["axis": .int(-1)])
    let kept = node(.mul, [value, node(.cos, [wide])])
    return node(.add, [kept, node(.mul, [swapped, node(.sin, [wide])])])
  }

  /// Attention of small operators, its heads in one axis with the batch at times.
  private mutating func attend(_ parts: Heads) -> ValueID {
    let all = heads * share
    var (query, key, value) = parts
    if chance(0.5) { query = node(.mul, [query, weight([1])]) }
    if chance(0.3) { key = node(.mul, [key, weight([all, 1, size])]) }
    let isFolded = chance(0.3)
    if isFolded {
      query = reshape(query, [-1, length, size])
      key = reshape(key, [-1, length, size])
      value = reshape(value, [-1, length, valueSize])
    }
    let turned = transpose(key, isFolded ? [0, 2, 1] : [0, 1, 3, 2])
    var result: ValueID
    if chance(0.2) {
      let table = node(.matMul, [turned, value])
      result = node(.matMul, [query, table])
    } else {
      var scores = node(.matMul, [query, turned])
      if chance(0.5) {
        let isShared = isFolded || chance(0.5)
        scores = node(
          .add, [scores, weight(isShared ? [length, length] : [all, length, length])])
      }
      scores = node(chance(0.8) ? .softmax : .relu, [scores])
      result = node(.matMul, [scores, value])
    }
    if isFolded { result = reshape(result, [batch, all, length, valueSize]) }
    return reshape(transpose(result, [0, 2, 1, 3]), [batch, length, all * valueSize])
  }

  /// Attention as one operator.
  private mutating func fused(_ parts: Heads) -> ValueID {
    let attributes: Attributes = chance(0.5) ? ["is_causal": .int(1)] : ["scale": .float(0.4)]
    let all = heads * share
    let result = node(.attention, [parts.query, parts.key, parts.value], attributes)
    return reshape(transpose(result, [0, 2, 1, 3]), [batch, length, all * valueSize])
  }

  private mutating func feedForward(_ input: ValueID) -> ValueID {
    let hidden = project(input, width, 6)
    let open = node(chance(0.5) ? .gelu : .relu, [hidden])
    let isGated = chance(0.5)
    let both = isGated ? node(.mul, [open, project(input, width, 6)]) : open
    return node(.add, [input, project(both, 6, width)])
  }
}
