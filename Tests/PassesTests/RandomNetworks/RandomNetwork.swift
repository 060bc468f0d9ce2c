import IR

/// Builds small convolutional networks at random, for property tests.
struct RandomNetwork {
  private(set) var graph = Graph(name: "random")
  private var random: SeededGenerator
  private var count = 0
  /// The values so far with their extents, channels second.
  private var values: [(id: ValueID, shape: [Int])] = []

  /// Builds a network of `steps` random steps and a random head.
  init(seed: UInt64, steps: Int) {
    random = SeededGenerator(seed: seed)
    let channels = pick([1, 3])
    let size = pick([6, 8])
    let input = graph.addInput("x", .tensor(.float32, Shape([1, channels, size, size])))
    values = [(input, [1, channels, size, size])]
    convolve(0)
    for _ in 0..<steps { step() }
    finish()
  }

  private mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }

  private mutating func chance(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &random) < probability
  }

  private mutating func name(_ op: String) -> String {
    count += 1
    return "\(op)\(count)"
  }

  private mutating func weights(_ shape: [Int], deviation: Double = 0.5) -> ValueID {
    let total = shape.reduce(1, *)
    let numbers = (0..<total).map { _ in Float.random(in: -1...1, using: &random) * Float(deviation)
    }
    return graph.addConstant(name("w"), Tensor(numbers, shape: shape))
  }

  @discardableResult
  private mutating func add(
    _ op: Operator, _ inputs: [ValueID?], _ attributes: Attributes = [:], shape: [Int]
  ) -> Int {
    let id = graph.add(
      op, inputs, attributes: attributes, result: name(op.name.lowercased()),
      .tensor(.float32, Shape(shape)))
    values.append((id, shape))
    return values.count - 1
  }

  private mutating func integers(_ numbers: [Int]) -> ValueID {
    graph.addConstant(name("i"), Tensor(numbers.map { Int64($0) }))
  }

  /// A value that steps go on from, mostly a recent one.
  private mutating func source() -> Int {
    chance(0.6) ? values.count - 1 : Int.random(in: 1..<values.count, using: &random)
  }

  private mutating func step() {
    let index = source()
    let shape = values[index].shape
    switch Int.random(in: 0..<19, using: &random) {
    case 0, 1: activate(normalize(convolve(index)))
    case 2: convolve(index)
    case 3: activate(index)
    case 4, 5: addBranch(index)
    case 6: join(index)
    case 7: depthwise(index)
    case 8: pool(index)
    case 9: split(index)
    case 10: normalize(index)
    case 11: squeezeAndExcite(index)
    case 12: pad(index)
    case 13 where shape[2] < 8:
      let scales = graph.addConstant(name("f"), Tensor([Float(1), 1, 2, 2]))
      add(
        .resize, [values[index].id, nil, scales], ["mode": .string(pick(["nearest", "linear"]))],
        shape: [shape[0], shape[1], shape[2] * 2, shape[3] * 2])
    case 14: transposeConvolve(index)
    case 15: shuffle(index)
    case 16: scale(index)
    case 17: slice(index)
    default: addBranch(convolve(index))
    }
  }

  @discardableResult
  private mutating func convolve(
    _ index: Int, to outputs: Int? = nil, kernel: Int? = nil, stride: Int? = nil
  ) -> Int {
    let shape = values[index].shape
    let kernel = kernel ?? (shape[2] >= 3 ? pick([1, 3]) : 1)
    let padding = kernel == 3 ? (stride == nil ? pick([0, 1, 1]) : 1) : 0
    let stride = stride ?? (shape[2] > 4 && chance(0.2) ? 2 : 1)
    let groups = shape[1] % 2 == 0 && chance(0.2) ? 2 : 1
    var channels = outputs ?? pick([2, 4, 6])
    if groups == 2, channels % 2 == 1 { channels += 1 }
    let extent = (shape[2] + 2 * padding - kernel) / stride + 1
    guard extent > 0, outputs == nil || channels == outputs else { return index }
    let weight = weights([channels, shape[1] / groups, kernel, kernel])
    let bias = chance(0.5) ? weights([channels]) : nil
    return add(
      .conv, [values[index].id, weight] + (bias.map { [$0] } ?? []),
      [
        "group": .int(groups), "pads": .ints([padding, padding, padding, padding]),
        "strides": .ints([stride, stride]), "kernel_shape": .ints([kernel, kernel]),
      ],
      shape: [shape[0], channels, extent, extent])
  }

  private mutating func transposeConvolve(_ index: Int) {
    let shape = values[index].shape
    guard shape[2] <= 4 else { return }
    let channels = pick([2, 4])
    let kernel = pick([2, 3])
    let weight = weights([shape[1], channels, kernel, kernel])
    let extent = (shape[2] - 1) * 2 + kernel
    add(
      .convTranspose, [values[index].id, weight] + (chance(0.5) ? [weights([channels])] : []),
      ["strides": .ints([2, 2]), "kernel_shape": .ints([kernel, kernel])],
      shape: [shape[0], channels, extent, extent])
  }

  private mutating func depthwise(_ index: Int) {
    let shape = values[index].shape
    guard shape[2] >= 3 else { return }
    let multiplier = chance(0.2) ? 2 : 1
    let padding = pick([0, 1])
    let extent = shape[2] + 2 * padding - 2
    let channels = shape[1] * multiplier
    let weight = weights([channels, 1, 3, 3])
    let result = add(
      .conv, [values[index].id, weight] + (chance(0.5) ? [weights([channels])] : []),
      ["group": .int(shape[1]), "pads": .ints([padding, padding, padding, padding])],
      shape: [shape[0], channels, extent, extent])
    if chance(0.5) { activate(normalize(result)) }
  }

  @discardableResult
  private mutating func normalize(_ index: Int) -> Int {
    let shape = values[index].shape
    let variances = (0..<shape[1]).map { _ in Float.random(in: 0.5...2, using: &random) }
    let variance = graph.addConstant(name("v"), Tensor(variances))
    return add(
      .batchNormalization,
      [
        values[index].id, weights([shape[1]], deviation: 1.5), weights([shape[1]]),
        weights([shape[1]]), variance,
      ],
      shape: shape)
  }

  @discardableResult
  private mutating func activate(_ index: Int) -> Int {
    let shape = values[index].shape
    let id = values[index].id
    switch Int.random(in: 0..<9, using: &random) {
    case 0, 1, 2: return add(.relu, [id], shape: shape)
    case 3:
      let low = graph.addConstant(name("c"), Tensor(scalar: Float(0)))
      let high = graph.addConstant(name("c"), Tensor(scalar: Float(6)))
      return add(.clip, [id, low, high], shape: shape)
    case 4:
      let gate = add(.sigmoid, [id], shape: shape)
      return add(.mul, [id, values[gate].id], shape: shape)
    case 5: return add(.leakyRelu, [id], ["alpha": .float(0.1)], shape: shape)
    case 6: return add(.hardSwish, [id], shape: shape)
    case 7: return add(.sigmoid, [id], shape: shape)
    default: return add(.tanh, [id], shape: shape)
    }
  }

  private mutating func addBranch(_ index: Int) {
    let shape = values[index].shape
    guard shape[2] >= 3 else { return }
    var branch = convolve(index, kernel: 3, stride: 1)
    if chance(0.7) { branch = normalize(branch) }
    if chance(0.7) { branch = activate(branch) }
    branch = convolve(branch, to: shape[1], kernel: 1, stride: 1)
    if chance(0.5) { branch = normalize(branch) }
    guard values[branch].shape == shape else { return }
    let sum = add(
      .add,
      chance(0.5) ? [values[branch].id, values[index].id] : [values[index].id, values[branch].id],
      shape: shape)
    if chance(0.6) { add(.relu, [values[sum].id], shape: shape) }
  }

  private mutating func join(_ index: Int) {
    let shape = values[index].shape
    let partners = values.indices.filter {
      $0 > 0 && values[$0].shape.count == 4 && values[$0].shape[2] == shape[2]
    }
    let other = pick(partners)
    let total = shape[1] + values[other].shape[1]
    guard total <= 16 else { return }
    add(
      .concat, [values[index].id, values[other].id], ["axis": .int(1)],
      shape: [shape[0], total, shape[2], shape[3]])
  }

  private mutating func pool(_ index: Int) {
    let shape = values[index].shape
    guard shape[2] >= 4 else { return }
    if chance(0.5) {
      add(
        .maxPool, [values[index].id], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])],
        shape: [shape[0], shape[1], shape[2] / 2, shape[3] / 2])
    } else {
      add(
        .averagePool, [values[index].id],
        [
          "kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1]),
          "count_include_pad": .int(pick([0, 1])),
        ], shape: shape)
    }
  }

  private mutating func split(_ index: Int) {
    let shape = values[index].shape
    guard shape[1] >= 4 else { return }
    let first = Int.random(in: 1..<shape[1], using: &random)
    let sizes = [first, shape[1] - first]
    let operand = integers(sizes)
    let names = sizes.map { _ in name("part") }
    let node = graph.addNode(
      .split, [values[index].id, operand], attributes: ["axis": .int(1)],
      results: zip(names, sizes).map {
        ($0, .tensor(.float32, Shape([shape[0], $1, shape[2], shape[3]])))
      })
    for (result, size) in zip(graph[node].outputs.compactMap { $0 }, sizes) {
      values.append((result, [shape[0], size, shape[2], shape[3]]))
    }
    if chance(0.5) {
      let parts = values.suffix(2).map(\.id)
      add(.concat, parts.reversed(), ["axis": .int(1)], shape: shape)
    }
  }

  private mutating func slice(_ index: Int) {
    let shape = values[index].shape
    guard shape[1] >= 3 else { return }
    let start = Int.random(in: 0..<(shape[1] - 1), using: &random)
    let end = Int.random(in: (start + 1)...shape[1], using: &random)
    add(
      .slice, [values[index].id, integers([start]), integers([end]), integers([1])],
      shape: [shape[0], end - start, shape[2], shape[3]])
  }

  private mutating func pad(_ index: Int) {
    let shape = values[index].shape
    guard shape[2] < 8 else { return }
    let channels = chance(0.4) ? 2 : 0
    let pads = integers([0, channels, 1, 0, 0, 0, 1, 2])
    let value = chance(0.5) ? graph.addConstant(name("c"), Tensor(scalar: Float(0.5))) : nil
    add(
      .pad, [values[index].id, pads] + (value.map { [$0] } ?? []),
      shape: [shape[0], shape[1] + channels, shape[2] + 2, shape[3] + 2])
  }

  private mutating func squeezeAndExcite(_ index: Int) {
    let shape = values[index].shape
    let pooled = add(
      .globalAveragePool, [values[index].id], shape: [shape[0], shape[1], 1, 1])
    let hidden = activate(convolve(pooled, to: 4, kernel: 1, stride: 1))
    let expanded = convolve(hidden, to: shape[1], kernel: 1, stride: 1)
    guard values[expanded].shape[1] == shape[1] else { return }
    let gate = add(.sigmoid, [values[expanded].id], shape: values[expanded].shape)
    add(.mul, [values[index].id, values[gate].id], shape: shape)
  }

  private mutating func scale(_ index: Int) {
    let shape = values[index].shape
    let op: Operator = pick([.mul, .add, .sub])
    add(op, [values[index].id, weights([shape[1], 1, 1])], shape: shape)
  }

  private mutating func shuffle(_ index: Int) {
    let shape = values[index].shape
    guard shape[1] % 2 == 0 else { return }
    let half = shape[1] / 2
    let split = [shape[0], 2, half, shape[2], shape[3]]
    let swapped = [shape[0], half, 2, shape[2], shape[3]]
    let a = graph.add(
      .reshape, [values[index].id, integers(split)], result: name("reshape"),
      .tensor(.float32, Shape(split)))
    let b = graph.add(
      .transpose, [a], attributes: ["perm": .ints([0, 2, 1, 3, 4])], result: name("transpose"),
      .tensor(.float32, Shape(swapped)))
    add(.reshape, [b, integers(shape)], shape: shape)
  }

  /// A classifier on the last value, and sometimes a second output.
  private mutating func finish() {
    let index = values.count - 1
    let shape = values[index].shape
    var flat: ValueID
    var features: Int
    if chance(0.5) {
      let pooled = add(
        .globalAveragePool, [values[index].id], shape: [shape[0], shape[1], 1, 1])
      flat = values[pooled].id
      features = shape[1]
    } else {
      flat = values[index].id
      features = shape[1] * shape[2] * shape[3]
    }
    flat = graph.add(
      .flatten, [flat], result: name("flat"), .tensor(.float32, Shape([shape[0], features])))
    if chance(0.5) {
      let hidden = graph.add(
        .gemm, [flat, weights([6, features]), weights([6])], attributes: ["transB": .int(1)],
        result: name("fc"), .tensor(.float32, Shape([shape[0], 6])))
      flat = graph.add(
        .relu, [hidden], result: name("act"), .tensor(.float32, Shape([shape[0], 6])))
      features = 6
    }
    let scores: ValueID
    if chance(0.5) {
      scores = graph.add(
        .matMul, [flat, weights([features, 3])], result: "y",
        .tensor(.float32, Shape([shape[0], 3])))
    } else {
      scores = graph.add(
        .gemm, [flat, weights([features, 3])], result: "y",
        .tensor(.float32, Shape([shape[0], 3])))
    }
    graph.addOutput(scores)
    if chance(0.2) {
      let extra = values[Int.random(in: 1..<values.count, using: &random)].id
      if extra != scores { graph.addOutput(extra) }
    }
  }
}

/// A small generator of random numbers with a 64-bit state.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x2545_F491_4F6C_DD1D &+ 0x1234_5678_9ABC_DEF1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }
}
