import IR

/// Reference kernels of If and Loop.
enum ReferenceControl {
  /// If: the outputs of one of two graphs.
  static func branch(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    let condition = try call.flag(try call.operand(0), "the condition")
    let body = try call.body(condition ? "then_branch" : "else_branch")
    guard body.inputCount == 0, body.outputCount == call.node.outputs.count else {
      throw call.invalid(
        "a branch has \(body.inputCount) inputs and \(body.outputCount) outputs, expected none and"
          + " \(call.node.outputs.count)")
    }
    return try body.run([])
  }

  /// Loop: runs a graph on the trip number, the condition and what it carries, until the trips are
  /// done or the condition fails; what it returns besides is stacked along a first axis.
  static func loop(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    let body = try call.body("body")
    let trips = try call.optional(0) == nil ? Int.max : call.integer(0)
    var goesOn = try call.optional(1).map { condition throws(Diagnostic) in
      try call.flag(condition, "the condition")
    }
    var carried: [Datum] = []
    for index in call.operands.indices.dropFirst(2) { carried.append(try call.operand(index)) }
    let stackCount = call.node.outputs.count - carried.count
    guard body.inputCount == carried.count + 2, stackCount >= 0,
      body.outputCount == call.node.outputs.count + 1
    else {
      throw call.invalid(
        "the body has \(body.inputCount) inputs and \(body.outputCount) outputs, the node"
          + " \(carried.count) operands to carry and \(call.node.outputs.count) results")
    }
    var stacks = (0..<stackCount).map { index in
      TensorStack(type: body.outputType(1 + carried.count + index))
    }
    var trip = 0
    while trip < trips, goesOn ?? true {
      let inputs: [Datum] = [
        .tensor(Tensor(scalar: Int64(trip))), .tensor(Tensor(scalar: goesOn ?? true)),
      ]
      let outputs = try body.run(inputs + carried)
      let condition = try call.flag(outputs[0], "the body's condition")
      goesOn = condition
      for index in carried.indices { carried[index] = outputs[1 + index] }
      for index in stacks.indices {
        try stacks[index].append(outputs[1 + carried.count + index], call)
      }
      trip += 1
    }
    var results: [Datum?] = carried
    for stack in stacks { results.append(.tensor(try stack.joined(axis: 0, call))) }
    return results
  }
}
