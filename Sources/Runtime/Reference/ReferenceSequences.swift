import IR

/// Reference kernels of operators on sequences of tensors and on optionals.
enum ReferenceSequences {
  /// The most tensors a sequence may hold: inserting one copies the list of all.
  private static let lengthLimit = 1 << 16

  /// SequenceConstruct: the operands as a sequence.
  static func construct(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    var tensors: [Tensor] = []
    for index in call.operands.indices { tensors.append(try call.tensor(index)) }
    return [.sequence(tensors)]
  }

  /// SequenceAt: the tensor at a position; negative ones count from the end.
  static func at(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    let sequence = try call.sequence(0)
    return [.tensor(sequence[try position(call, 1, below: sequence.count)])]
  }

  /// SequenceInsert: the sequence with a tensor before a position, by default at the end.
  static func insert(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    var sequence = try call.sequence(0)
    let tensor = try call.tensor(1)
    let place =
      try call.optional(2) == nil
      ? sequence.count : position(call, 2, below: sequence.count + 1, of: sequence.count)
    guard sequence.count < lengthLimit else {
      throw call.unsupported("a sequence of more than \(lengthLimit) tensors")
    }
    if let first = sequence.first, first.type != tensor.type {
      throw call.invalid(
        "a tensor of type \(tensor.type.textName) into a sequence of \(first.type.textName)")
    }
    sequence.insert(tensor, at: place)
    return [.sequence(sequence)]
  }

  /// SequenceErase: the sequence without the tensor at a position, by default the last.
  static func erase(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    var sequence = try call.sequence(0)
    guard !sequence.isEmpty else { throw call.invalid("the sequence is empty") }
    let place =
      try call.optional(1) == nil
      ? sequence.count - 1 : position(call, 1, below: sequence.count)
    sequence.remove(at: place)
    return [.sequence(sequence)]
  }

  /// SequenceLength: the number of tensors.
  static func length(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    [.tensor(Tensor(scalar: Int64(try call.sequence(0).count)))]
  }

  /// SequenceMap: runs a graph on the tensors of sequences at each position, and on tensors that are
  /// the same for all.
  static func map(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    let body = try call.body("body")
    let count = try call.sequence(0).count
    guard body.inputCount == call.operands.count, body.outputCount == call.node.outputs.count else {
      throw call.invalid(
        "the body has \(body.inputCount) inputs and \(body.outputCount) outputs, the node"
          + " \(call.operands.count) operands and \(call.node.outputs.count) results")
    }
    var results = [[Tensor]](repeating: [], count: body.outputCount)
    for position in 0..<count {
      var inputs: [Datum] = []
      for index in call.operands.indices {
        let operand = try call.operand(index)
        guard case .sequence(let tensors) = operand else {
          inputs.append(operand)
          continue
        }
        guard tensors.count == count else {
          throw call.invalid("sequences of \(count) and \(tensors.count) tensors")
        }
        inputs.append(.tensor(tensors[position]))
      }
      for (index, output) in try body.run(inputs).enumerated() {
        guard let tensor = output.tensor else {
          throw call.invalid("an output of the body is \(output.kind), expected a tensor")
        }
        results[index].append(tensor)
      }
    }
    return results.map { .sequence($0) }
  }

  /// SplitToSequence: parts of a tensor along an axis, of one extent or of the given ones.
  static func split(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    let x = try call.tensor(0)
    let axis = try call.reference().axis(call.node.attributes.int("axis") ?? 0, rank: x.rank)
    let extent = x.shape[axis]
    var extents: [Int]
    if call.optional(1) == nil {
      extents = Array(repeating: 1, count: extent)
    } else if try call.tensor(1).rank == 0 {
      let size = try call.integer(1)
      guard size > 0 else { throw call.invalid("parts of extent \(size)") }
      extents = stride(from: 0, to: extent, by: size).map { min(size, extent - $0) }
    } else {
      extents = try call.reference([nil, try call.tensor(1)]).integers(1)
      let total = extents.reduce(0) { $0.addingReportingOverflow($1).partialValue }
      guard total == extent, extents.allSatisfy({ (0...extent).contains($0) })
      else { throw call.invalid("an axis of extent \(extent) is split into \(extents.prefix(8))") }
    }
    if x.type != .string { _ = try call.reference().elementBytes(x.type) }
    guard extents.count <= lengthLimit else {
      throw call.unsupported("a sequence of more than \(lengthLimit) tensors")
    }
    let drops = call.optional(1) == nil && call.node.attributes.int("keepdims") ?? 1 == 0
    var parts: [Tensor] = []
    var start = 0
    for part in extents {
      var tensor = x.gathering(Array(start..<(start + part)), axis: axis)
      if drops {
        var shape = tensor.shape
        shape.remove(at: axis)
        tensor = tensor.reshaped(to: shape)
      }
      parts.append(tensor)
      start += part
    }
    return [.sequence(parts)]
  }

  /// ConcatFromSequence: the tensors along an axis, or along a new one.
  static func concat(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    let parts = try call.sequence(0)
    guard let number = call.node.attributes.int("axis") else {
      throw call.invalid("attribute 'axis' is missing")
    }
    if call.node.attributes.int("new_axis") ?? 0 != 0 {
      var stack = TensorStack(type: .unknown)
      for part in parts { try stack.append(.tensor(part), call) }
      return [.tensor(try stack.joined(axis: number, call))]
    }
    guard let first = parts.first else { throw call.invalid("the sequence is empty") }
    let axis = try call.reference().axis(number, rank: first.rank)
    return [.tensor(try ReferenceMovement.joined(call.reference(), parts, axis: axis))]
  }

  /// OptionalGetElement: what an optional holds.
  static func element(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    let datum = try call.operand(0)
    guard datum != .absent else { throw call.invalid("the optional is empty") }
    return [datum]
  }

  /// The position that an operand names, counted from the front; negative ones count from the end
  /// of `count` tensors.
  private static func position(
    _ call: StructuredCall, _ index: Int, below bound: Int, of count: Int? = nil
  ) throws(Diagnostic) -> Int {
    let given = try call.integer(index)
    let count = count ?? bound
    guard given >= -count, given < bound else {
      throw call.invalid("position \(given) is out of range for a sequence of \(count)")
    }
    return given < 0 ? given + count : given
  }
}
