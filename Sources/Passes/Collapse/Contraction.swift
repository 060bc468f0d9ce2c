import IR

/// A convolution or matrix product with a constant weight, seen as a matrix of kernels.
struct Contraction {
  let node: NodeID
  /// The axis of operand 0 that is summed over, and the axis of the result that the weight makes; nil
  /// where more than a sum makes the result, as in a recurrent network.
  let dataAxis: Int
  let resultAxis: Int?
  /// The number of groups, and of inputs and outputs in each.
  let groups: Int
  let inputs: Int
  let outputs: Int
  /// The number of elements of a kernel.
  let taps: Int
  /// Whether results at borders see fewer taps.
  let hasBorders: Bool
  /// What the weight and the bias are multiplied by.
  let alpha: Double
  let beta: Double
  /// The operand that holds the bias, and how many elements of it belong to how many outputs: of a
  /// recurrent network the first half of each direction's.
  let biasOperand: Int
  private let biasStride: (outputs: Int, elements: Int)?
  private let groupStride: Int
  private let outputStride: Int
  private let inputStride: Int

  /// Recognises a node; nil if it is no contraction, its weight is no constant, or its axes are not
  /// plain.
  init?(_ node: NodeID, _ graph: Graph, _ facts: GraphFacts) {
    let content = graph[node]
    guard let weight = graph.tensor(of: content.input(1)), weight.type.isFloatingPoint,
      weight.type.bitWidth >= 16, let data = content.input(0), graph[data].constant == nil
    else { return nil }
    self.node = node
    let shape = weight.shape
    let context = facts.context(of: node)
    var alpha = 1.0
    var beta = 1.0
    var biasOperand = 2
    var biasStride: (outputs: Int, elements: Int)?
    if content.op == .conv || content.op == .convTranspose {
      guard shape.count >= 3 else { return nil }
      let group = content.attributes.int("group") ?? 1
      guard group >= 1, shape[0] % group == 0 else { return nil }
      dataAxis = 1
      resultAxis = 1
      groups = group
      taps = shape[2...].reduce(1, *)
      let isTransposed = content.op == .convTranspose
      outputs = isTransposed ? shape[1] : shape[0] / group
      inputs = isTransposed ? shape[0] / group : shape[1]
      outputStride = isTransposed ? taps : inputs * taps
      inputStride = isTransposed ? outputs * taps : taps
      groupStride = inputs * outputs * taps
      hasBorders = content.op.schema.hasBorders(context)
    } else if content.op == .gemm {
      guard shape.count == 2 else { return nil }
      let isTransposed = content.attributes.int("transB") ?? 0 != 0
      alpha = Double(content.attributes.float("alpha") ?? 1)
      beta = Double(content.attributes.float("beta") ?? 1)
      dataAxis = content.attributes.int("transA") ?? 0 != 0 ? 0 : 1
      resultAxis = 1
      groups = 1
      taps = 1
      outputs = isTransposed ? shape[0] : shape[1]
      inputs = isTransposed ? shape[1] : shape[0]
      outputStride = isTransposed ? inputs : 1
      inputStride = isTransposed ? 1 : outputs
      groupStride = 0
      hasBorders = false
    } else if content.op == .matMul {
      guard shape.count == 2, let rank = facts.types[data]?.rank, rank >= 2 else { return nil }
      dataAxis = rank - 1
      resultAxis = rank - 1
      groups = 1
      taps = 1
      inputs = shape[0]
      outputs = shape[1]
      inputStride = outputs
      outputStride = 1
      groupStride = 0
      hasBorders = false
    } else if let recurrence = facts.signature(of: node)?.recurrence {
      guard shape.count == 3, recurrence.operand == 2 else { return nil }
      dataAxis = 2
      resultAxis = nil
      groups = 1
      taps = 1
      inputs = shape[2]
      outputs = shape[0] * shape[1]
      inputStride = 1
      outputStride = inputs
      groupStride = 0
      hasBorders = false
      biasOperand = 3
      biasStride = (shape[1], 2 * shape[1])
    } else if content.op == .fusedMatMul {
      guard shape.count == 2, let rank = facts.types[data]?.rank, rank >= 2,
        let inner = Schema.fusedOrder(rank: rank, content.attributes, "A").last
      else { return nil }
      let isTransposed = content.attributes.int("transB") ?? 0 != 0
      alpha = Double(content.attributes.float("alpha") ?? 1)
      dataAxis = inner
      resultAxis = rank - 1
      groups = 1
      taps = 1
      inputs = shape[isTransposed ? 1 : 0]
      outputs = shape[isTransposed ? 0 : 1]
      inputStride = isTransposed ? 1 : outputs
      outputStride = isTransposed ? inputs : 1
      groupStride = 0
      hasBorders = false
    } else {
      return nil
    }
    self.biasOperand = biasOperand
    self.biasStride = biasStride
    self.alpha = alpha
    self.beta = beta
  }

  /// The index in the weight of the first tap between an output and an input of a group.
  func offset(group: Int, output: Int, input: Int) -> Int {
    group * groupStride + output * outputStride + input * inputStride
  }

  /// Whether the operator has a bias, operand 2.
  func takesBias(_ graph: Graph) -> Bool {
    graph[node].op != .matMul && graph[node].op != .fusedMatMul
  }

  /// The bias of every output, `beta` included; nil if it is no constant along the outputs.
  func bias(_ graph: Graph) -> [Double]? {
    let count = groups * outputs
    guard takesBias(graph), let operand = graph[node].input(biasOperand) else {
      return Array(repeating: 0, count: count)
    }
    guard let tensor = graph.tensor(of: operand), let values = tensor.doubles else { return nil }
    if biasStride != nil {
      guard values.count == 2 * count else { return nil }
      return (0..<count).map { values[biasElement($0)] }
    }
    let rows = tensor.shape.dropLast().reduce(1, *)
    guard rows == 1, tensor.rank <= 2 else { return nil }
    if values.count == count { return values.map { $0 * beta } }
    return values.count == 1 ? Array(repeating: values[0] * beta, count: count) : nil
  }

  /// The element of the bias that belongs to an output.
  private func biasElement(_ output: Int) -> Int {
    guard let biasStride, biasStride.outputs > 0 else { return output }
    return output / biasStride.outputs * biasStride.elements + output % biasStride.outputs
  }

  /// A bias tensor's elements, those of the outputs replaced; `others` are what they were.
  func biasElements(_ bias: [Double], others: [Double]?) -> [Double] {
    guard biasStride != nil else { return bias }
    var elements = others ?? Array(repeating: 0, count: 2 * bias.count)
    for (output, value) in bias.enumerated() { elements[biasElement(output)] = value }
    return elements
  }

  /// For every output and every input of its group, in that order, whether a tap is not zero.
  func usage(_ weight: Tensor) -> [Bool] {
    let width = weight.type.bitWidth / 8
    var used = [Bool](repeating: false, count: groups * outputs * inputs)
    weight.withBytes { bytes in
      var position = 0
      for group in 0..<groups {
        for output in 0..<outputs {
          for input in 0..<inputs {
            let start = offset(group: group, output: output, input: input) * width
            used[position] = Contraction.isNonzero(bytes, start, taps, width)
            position += 1
          }
        }
      }
    }
    return used
  }

  /// Whether any of `count` floating-point elements is not zero; the sign bit does not count.
  private static func isNonzero(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int, _ width: Int
  ) -> Bool {
    switch width {
    case 4:
      for tap in 0..<count
      where bytes.loadUnaligned(fromByteOffset: start + 4 * tap, as: UInt32.self) << 1 != 0 {
        return true
      }
    case 8:
      for tap in 0..<count
      where bytes.loadUnaligned(fromByteOffset: start + 8 * tap, as: UInt64.self) << 1 != 0 {
        return true
      }
    default:
      for tap in 0..<count
      where bytes.loadUnaligned(fromByteOffset: start + 2 * tap, as: UInt16.self) << 1 != 0 {
        return true
      }
    }
    return false
  }
}
