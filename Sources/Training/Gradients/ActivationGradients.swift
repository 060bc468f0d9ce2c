import IR

/// Gradients of activations: one elementwise node each.
enum ActivationGradients {
  /// The rule of an activation whose derivative follows from its result.
  static func ofResult(_ op: Operator, keeping attributes: [String] = []) -> GradientRule.Builder {
    { (builder, request) throws(Diagnostic) in
      try apply(op, builder.result(request), attributes, &builder, request)
    }
  }

  /// The rule of an activation whose derivative follows from its operand.
  static func ofOperand(_ op: Operator, keeping attributes: [String] = []) -> GradientRule.Builder {
    { (builder, request) throws(Diagnostic) in
      try apply(op, builder.operand(request, 0), attributes, &builder, request)
    }
  }

  private static func apply(
    _ op: Operator, _ value: ValueID, _ attributes: [String], _ builder: inout GradientBuilder,
    _ request: GradientRequest
  ) throws(Diagnostic) -> [ValueID?] {
    let operand = try builder.operand(request, 0)
    var kept = Attributes()
    for name in attributes { kept[name] = request.node.attributes[name] }
    let gradient = builder.add(
      op, [try builder.resultGradient(request), value], attributes: kept,
      name: builder.gradientName(operand), like: operand)
    return [gradient]
  }
}
