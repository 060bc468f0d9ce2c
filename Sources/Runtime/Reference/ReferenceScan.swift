import IR

/// The reference kernel of Scan.
enum ReferenceScan {
  /// Scan: runs a graph on a state and on slices of operands, one slice after the other; what it
  /// returns besides the state is stacked.
  ///
  /// With `pcc_batched` = 1 the form of opset 8: operand 0 is left out, each batch along axis 0 is
  /// scanned on its own, along its first axis.
  static func scan(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    let count = call.node.attributes.int("num_scan_inputs") ?? 0
    let isBatched = call.node.attributes.int("pcc_batched") ?? 0 != 0
    guard !isBatched || call.optional(0) == nil else {
      throw call.unsupported("lengths of sequences in Scan are not supported")
    }
    var operands: [Datum] = []
    for index in call.operands.indices.dropFirst(isBatched ? 1 : 0) {
      operands.append(try call.operand(index))
    }
    guard count >= 1, count <= operands.count else {
      throw call.invalid("\(count) operands to scan, of \(operands.count)")
    }
    let body = try call.body("body")
    guard isBatched else { return try scan(call, body, operands, count).map { $0 } }
    var tensors: [Tensor] = []
    for operand in operands {
      guard let tensor = operand.tensor, let batch = tensor.shape.first,
        batch == operands[0].tensor?.shape.first
      else { throw call.invalid("operands have different batches") }
      tensors.append(tensor)
    }
    var stacks = (0..<body.outputCount).map { TensorStack(type: body.outputType($0)) }
    for batch in 0..<tensors[0].shape[0] {
      let slices = tensors.map { Datum.tensor(slice($0, batch, axis: 0)) }
      let results = try scan(call, body, slices, count)
      for (index, result) in results.enumerated() { try stacks[index].append(result, call) }
    }
    var results: [Datum?] = []
    for stack in stacks { results.append(.tensor(try stack.joined(axis: 0, call))) }
    return results
  }

  private static func scan(
    _ call: StructuredCall, _ body: StructuredCall.Body, _ operands: [Datum], _ count: Int
  ) throws(Diagnostic) -> [Datum] {
    let stateCount = operands.count - count
    let stackCount = body.outputCount - stateCount
    guard body.inputCount == operands.count, stackCount >= 0,
      body.outputCount == call.node.outputs.count
    else {
      throw call.invalid(
        "the body has \(body.inputCount) inputs and \(body.outputCount) outputs, the node"
          + " \(operands.count) operands and \(call.node.outputs.count) results")
    }
    let directions = try list("scan_input_directions", call, count)
    let axes = try list("scan_input_axes", call, count)
    var scanned: [(tensor: Tensor, axis: Int)] = []
    for (number, operand) in operands[stateCount...].enumerated() {
      guard let tensor = operand.tensor else {
        throw call.invalid("an operand to scan is \(operand.kind), expected a tensor")
      }
      scanned.append((tensor, try call.reference().axis(axes[number], rank: tensor.rank)))
    }
    let length = scanned[0].tensor.shape[scanned[0].axis]
    guard scanned.allSatisfy({ $0.tensor.shape[$0.axis] == length }) else {
      throw call.invalid("operands are scanned along axes of different extents")
    }
    var state = Array(operands[..<stateCount])
    var stacks = (0..<stackCount).map { TensorStack(type: body.outputType(stateCount + $0)) }
    for step in 0..<length {
      let slices = scanned.enumerated().map { number, source in
        Datum.tensor(
          slice(
            source.tensor, directions[number] == 0 ? step : length - 1 - step, axis: source.axis))
      }
      let outputs = try body.run(state + slices)
      state = Array(outputs[..<stateCount])
      for index in stacks.indices { try stacks[index].append(outputs[stateCount + index], call) }
    }
    let outputAxes = try list("scan_output_axes", call, stackCount)
    let outputDirections = try list("scan_output_directions", call, stackCount)
    var results = state
    for (index, stack) in stacks.enumerated() {
      results.append(
        .tensor(
          try stack.joined(
            axis: outputAxes[index], reversed: outputDirections[index] != 0, call)))
    }
    return results
  }

  /// The integers of an attribute, one an operand or result; zeros by default.
  private static func list(
    _ name: String, _ call: StructuredCall, _ count: Int
  ) throws(Diagnostic) -> [Int] {
    guard let values = call.node.attributes.ints(name) else {
      return Array(repeating: 0, count: count)
    }
    guard values.count == count else {
      throw call.invalid("attribute '\(name)' has \(values.count) elements, expected \(count)")
    }
    return values
  }

  /// The part of a tensor at one index of an axis, without the axis.
  private static func slice(_ tensor: Tensor, _ index: Int, axis: Int) -> Tensor {
    var shape = tensor.shape
    shape.remove(at: axis)
    return tensor.gathering([index], axis: axis).reshaped(to: shape)
  }
}
