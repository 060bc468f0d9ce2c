import IR

/// Gradients of operators that move elements: the gradient moves back.
enum MovementGradients {
  /// Flatten, Reshape, Squeeze and Unsqueeze.
  static let reshape: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    return [
      try builder.reshape(
        builder.resultGradient(request), to: builder.shape(operand),
        name: builder.gradientName(operand))
    ]
  }

  /// Transpose: the inverse permutation.
  static let transpose: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    let rank = try builder.shape(operand).count
    let order = request.node.attributes.ints("perm") ?? Array((0..<rank).reversed())
    var inverse = Array(repeating: 0, count: rank)
    for (position, axis) in order.enumerated() { inverse[axis] = position }
    return [
      builder.add(
        .transpose, [try builder.resultGradient(request)], attributes: ["perm": .ints(inverse)],
        name: builder.gradientName(operand), like: operand)
    ]
  }

  /// Concat: a split.
  static let concat: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let dy = try builder.resultGradient(request)
    let rank = try builder.shape(dy).count
    let given = request.node.attributes.int("axis") ?? 0
    let axis = given < 0 ? given + rank : given
    var sizes: [Int64] = []
    var results: [(name: String, like: ValueID)?] = []
    for index in request.node.inputs.indices {
      let operand = try builder.operand(request, index)
      sizes.append(Int64(try builder.shape(operand)[axis]))
      results.append((builder.gradientName(operand), operand))
    }
    if results.count == 1 { return [dy] }
    let name = builder.gradientName(try builder.result(request))
    let parts = builder.constant(Tensor(sizes), name: name + ".sizes")
    let gradients = builder.add(
      .split, [dy, parts], attributes: ["axis": .int(axis)], results: results)
    return zip(gradients, request.needs).map { $1 ? $0 : nil }
  }

  /// Split: a concatenation, with zeros for results the loss does not depend on.
  static let split: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    var parts: [ValueID] = []
    for (result, gradient) in zip(request.node.outputs, request.results) {
      guard let result else {
        throw .unsupported("a result is left out", at: builder.site(of: request.node))
      }
      if let gradient {
        parts.append(gradient)
      } else {
        let name = builder.gradientName(result) + ".zero"
        parts.append(try zeros(like: result, name: name, &builder))
      }
    }
    return [
      builder.add(
        .concat, parts,
        attributes: ["axis": .int(request.node.attributes.int("axis") ?? 0)],
        name: builder.gradientName(operand), like: operand)
    ]
  }

  private static func zeros(
    like value: ValueID, name: String, _ builder: inout GradientBuilder
  ) throws(Diagnostic) -> ValueID {
    let shape = try builder.shape(value)
    return builder.constant(Tensor(zeros: try builder.element(value), shape: shape), name: name)
  }

  /// Slice with constant bounds.
  static let slice: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    let shape = try builder.shape(operand)
    let starts = try builder.integers(request, 1) ?? []
    let axes = try builder.integers(request, 3) ?? Array(starts.indices)
    let steps = try builder.integers(request, 4) ?? Array(repeating: 1, count: starts.count)
    var firsts = Array(repeating: 0, count: shape.count)
    var strides = Array(repeating: 1, count: shape.count)
    for (index, given) in axes.enumerated() where index < starts.count && index < steps.count {
      let axis = given < 0 ? given + shape.count : given
      let start = starts[index] < 0 ? starts[index] + shape[axis] : starts[index]
      let limit = steps[index] < 0 ? shape[axis] - 1 : shape[axis]
      firsts[axis] = min(max(start, 0), limit)
      strides[axis] = steps[index]
    }
    return [
      builder.add(
        .sliceGradient, [try builder.resultGradient(request)],
        attributes: [
          "input_shape": .ints(shape), "starts": .ints(firsts), "steps": .ints(strides),
        ], name: builder.gradientName(operand), like: operand)
    ]
  }

  /// Gather.
  static let gather: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    return [
      builder.add(
        .gatherGradient,
        [try builder.resultGradient(request), try builder.operand(request, 1)],
        attributes: [
          "input_shape": .ints(try builder.shape(operand)),
          "axis": .int(request.node.attributes.int("axis") ?? 0),
        ], name: builder.gradientName(operand), like: operand)
    ]
  }

  /// Expand: a sum over the axes it spread.
  static let expand: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    return [
      try builder.unbroadcast(
        builder.resultGradient(request), to: builder.shape(operand),
        name: builder.gradientName(operand))
    ]
  }
}
