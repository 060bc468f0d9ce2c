/// Operators that run graphs of their own.
extension Schema {
  /// If runs one of two graphs without inputs.
  ///
  /// A branch that cannot run at the types it captures is never taken by a model that works, so the
  /// other one decides the types.
  static let `if` = control(
    .exactly(1), [.required("then_branch", .graph), .required("else_branch", .graph)]
  ) { context throws(Diagnostic) in
    let count = context.node.outputs.count
    var found: [Bool: [ValueType]] = [:]
    for (name, condition) in [("then_branch", true), ("else_branch", false)] {
      let graph = try context.body(name, inputs: 0, outputs: count)
      found[condition] = context.bodyTypes(graph, [])
    }
    if let condition = context.constants[0]?.integers, condition.count == 1 {
      return found[condition[0] != 0] ?? context.unknownTypes
    }
    guard let left = found[true] ?? found[false], let right = found[false] ?? found[true] else {
      return context.unknownTypes
    }
    return zip(left, right).map { $0.union($1) }
  }

  /// Loop runs a graph on the trip number, the condition and what it carries; what the graph returns
  /// besides is stacked along a first axis.
  static let loop = control(.atLeast(2), omitting: 2, [.required("body", .graph)]) {
    context throws(Diagnostic) in
    let carried = context.inputs.dropFirst(2).map { $0 ?? .unknown }
    let count = context.node.outputs.count
    guard carried.count <= count else {
      throw context.invalid("\(count) results for \(carried.count) operands to carry")
    }
    let graph = try context.body("body", inputs: carried.count + 2, outputs: count + 1)
    let counters: [ValueType] = [.tensor(.int64, []), .tensor(.bool, [])]
    guard
      let (state, outputs) = context.settled(
        carried,
        by: { state in
          context.bodyTypes(graph, counters + state).map { Array($0.dropFirst()) }
        })
    else { return context.unknownTypes }
    return state + outputs.dropFirst(carried.count).map { $0.inserting(.unknown, at: 0) }
  }

  /// Scan runs a graph on a state and on the slices of operands; what the graph returns besides the
  /// state is stacked.
  static let scan = control(
    .atLeast(1), omitting: 1,
    [
      .required("body", .graph), .required("num_scan_inputs", .int), .int("pcc_batched", 0),
      .derived("scan_input_axes", .ints), .derived("scan_input_directions", .ints),
      .derived("scan_output_axes", .ints), .derived("scan_output_directions", .ints),
    ]
  ) { context throws(Diagnostic) in
    let operands = context.inputs.map { $0 ?? .unknown }
    let count = context.int("num_scan_inputs", default: 0)
    let isBatched = context.flag("pcc_batched")
    guard count >= 1, count <= operands.count - (isBatched ? 1 : 0) else {
      throw context.invalid("\(count) operands to scan, of \(operands.count)")
    }
    if isBatched { return context.unknownTypes }
    let stateCount = operands.count - count
    let graph = try context.body(
      "body", inputs: operands.count, outputs: context.node.outputs.count)
    guard stateCount <= context.node.outputs.count else {
      throw context.invalid("\(context.node.outputs.count) results for a state of \(stateCount)")
    }
    let axes = context.node.attributes.ints("scan_input_axes") ?? []
    var length = Dim.unknown
    var slices: [ValueType] = []
    for (number, operand) in operands[stateCount...].enumerated() {
      let axis = number < axes.count ? axes[number] : 0
      let extent = try context.extent(of: operand, at: axis)
      length = try context.merge(length, extent, "the extent of operands to scan")
      slices.append(operand.removing(axis))
    }
    guard
      let (state, outputs) = context.settled(
        Array(operands[..<stateCount]), by: { context.bodyTypes(graph, $0 + slices) })
    else { return context.unknownTypes }
    let places = context.node.attributes.ints("scan_output_axes") ?? []
    return state
      + outputs.dropFirst(stateCount).enumerated().map { number, type in
        type.inserting(length, at: number < places.count ? places[number] : 0)
      }
  }

  private static func control(
    _ inputs: Arity, omitting count: Int = 0, _ attributes: [AttributeSpec],
    shape: @escaping ShapeRule
  ) -> Schema {
    Schema(
      inputs: Arity(minimum: inputs.minimum - count, maximum: inputs.maximum),
      outputs: .atLeast(1), attributes: attributes, shape: shape,
      shapeValues: ShapeValueRules.none, axes: AxisRules.blocked("runs a graph of its own"),
      cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
      hasBorders: { _ in true })
  }
}

extension OperatorContext {
  /// Nothing is known of any result.
  fileprivate var unknownTypes: [ValueType] { node.outputs.map { _ in .unknown } }

  /// A graph of the node; throws unless it has so many inputs and outputs.
  fileprivate func body(
    _ name: String, inputs: Int, outputs: Int
  ) throws(Diagnostic) -> Graph {
    guard case .graph(let graph)? = node.attributes[name] else {
      throw invalid("attribute '\(name)' is missing")
    }
    guard graph.inputs.count == inputs, graph.outputs.count == outputs else {
      throw invalid(
        "'\(name)' has \(graph.inputs.count) inputs and \(graph.outputs.count) outputs, expected"
          + " \(inputs) and \(outputs)")
    }
    return graph
  }

  /// The types that a state has before and after every trip, and those of all that a trip returns;
  /// nil if nothing is known of it.
  ///
  /// Extents that change from one trip to the next are unknown.
  fileprivate func settled(
    _ state: [ValueType], by trip: ([ValueType]) -> [ValueType]?
  ) -> (state: [ValueType], outputs: [ValueType])? {
    var state = state
    for _ in 0..<2 {
      guard let outputs = trip(state) else { return nil }
      let wider = zip(state, outputs).map { $0.union($1) }
      if wider == state { return (state, outputs) }
      state = wider
    }
    state = state.map { $0.element.map { .tensor($0, nil) } ?? .unknown }
    guard let outputs = trip(state), zip(state, outputs).allSatisfy({ $0.union($1) == $0 }) else {
      return nil
    }
    return (state, outputs)
  }

  /// The extent of an axis of an operand, as far as it is known.
  fileprivate func extent(of type: ValueType, at number: Int) throws(Diagnostic) -> Dim {
    guard let shape = type.shape else { return .unknown }
    return shape[try axis(number, rank: shape.count)]
  }
}

extension ValueType {
  /// What is known of a value that is of one type or the other.
  func union(_ other: ValueType) -> ValueType {
    guard let left = tensor, let right = other.tensor, left.element == right.element else {
      return .unknown
    }
    guard let a = left.shape, let b = right.shape, a.count == b.count else {
      return .tensor(left.element, nil)
    }
    return .tensor(left.element, zip(a, b).map { $0.isCertainly($1) ? $0 : .unknown })
  }

  /// The type with one more axis, before the one that bears the number in the result.
  fileprivate func inserting(_ extent: Dim, at number: Int) -> ValueType {
    guard let tensor, var shape = tensor.shape else {
      return element.map { .tensor($0, nil) } ?? .unknown
    }
    guard number >= -shape.count - 1, number <= shape.count else {
      return .tensor(tensor.element, nil)
    }
    shape.insert(extent, at: number < 0 ? number + shape.count + 1 : number)
    return .tensor(tensor.element, shape)
  }

  /// The type without an axis that is in range, if the rank is known.
  fileprivate func removing(_ number: Int) -> ValueType {
    guard let tensor, var shape = tensor.shape else { return self }
    shape.remove(at: number < 0 ? number + shape.count : number)
    return .tensor(tensor.element, shape)
  }
}
