import IR

/// Gradients of matrix products.
enum MatMulGradients {
  /// `Y = alpha · A' B' + beta · C`, where A' and B' are A and B or their transposes.
  static let gemm: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let attributes = request.node.attributes
    let left = try builder.operand(request, 0)
    let right = try builder.operand(request, 1)
    let dy = try builder.resultGradient(request)
    let transposesLeft = attributes.int("transA") == 1
    let transposesRight = attributes.int("transB") == 1
    let alpha = attributes.float("alpha") ?? 1
    func product(
      _ a: ValueID, transposed: Bool, _ b: ValueID, transposed other: Bool, like: ValueID
    ) -> ValueID {
      builder.add(
        .gemm, [a, b],
        attributes: [
          "alpha": .float(alpha), "transA": .int(transposed ? 1 : 0),
          "transB": .int(other ? 1 : 0),
        ], name: builder.gradientName(like), like: like)
    }
    var gradients: [ValueID?] = [nil, nil, nil]
    if request.needs(0) {
      gradients[0] =
        transposesLeft
        ? product(right, transposed: transposesRight, dy, transposed: true, like: left)
        : product(dy, transposed: false, right, transposed: !transposesRight, like: left)
    }
    if request.needs(1) {
      gradients[1] =
        transposesRight
        ? product(dy, transposed: true, left, transposed: transposesLeft, like: right)
        : product(left, transposed: !transposesLeft, dy, transposed: false, like: right)
    }
    if request.needs(2) {
      let bias = try builder.operand(request, 2)
      let name = builder.gradientName(bias)
      var sum = try builder.unbroadcast(dy, to: builder.shape(bias), name: name)
      if let beta = attributes.float("beta"), beta != 1 {
        let factor = builder.scalar(
          Double(beta), try builder.element(bias), name: name + ".factor")
        sum = builder.add(.mul, [sum, factor], name: name + ".scaled", like: bias)
      }
      gradients[2] = sum
    }
    return gradients
  }

  /// `Y = A B` over batches; one-dimensional operands are a row or a column.
  static let matMul: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let left = try builder.operand(request, 0)
    let right = try builder.operand(request, 1)
    let leftShape = try builder.shape(left)
    let rightShape = try builder.shape(right)
    let rows = leftShape.count == 1 ? [1] + leftShape : leftShape
    let columns = rightShape.count == 1 ? rightShape + [1] : rightShape
    let result = try builder.result(request)
    let name = builder.gradientName(result)
    var full = try builder.shape(result)
    if rightShape.count == 1 { full.append(1) }
    if leftShape.count == 1 { full.insert(1, at: full.count - 1) }
    let dy = try builder.reshape(
      try builder.resultGradient(request), to: full, name: name + ".matrix")
    var gradients: [ValueID?] = [nil, nil]
    if request.needs(0) {
      let matrix = try builder.reshape(right, to: columns, name: name + ".right")
      let other = try transposed(matrix, name: name + ".right.transposed", &builder)
      gradients[0] = try product(dy, other, for: left, as: rows, &builder)
    }
    if request.needs(1) {
      let matrix = try builder.reshape(left, to: rows, name: name + ".left")
      let other = try transposed(matrix, name: name + ".left.transposed", &builder)
      gradients[1] = try product(other, dy, for: right, as: columns, &builder)
    }
    return gradients
  }

  /// The product of two batches of matrices, summed to `matrix`, in the shape of `operand`.
  private static func product(
    _ left: ValueID, _ right: ValueID, for operand: ValueID, as matrix: [Int],
    _ builder: inout GradientBuilder
  ) throws(Diagnostic) -> ValueID {
    let name = builder.gradientName(operand)
    let a = try builder.shape(left)
    let b = try builder.shape(right)
    var shape: [Int] = []
    for axis in 0..<(max(a.count, b.count) - 2) {
      let i = axis - (max(a.count, b.count) - a.count)
      let j = axis - (max(a.count, b.count) - b.count)
      let extents = (i < 0 ? 1 : a[i], j < 0 ? 1 : b[j])
      shape.append(extents.0 == 1 ? extents.1 : extents.0)
    }
    shape += [a[a.count - 2], b[b.count - 1]]
    let full = builder.add(
      .matMul, [left, right], name: name + ".product", try builder.element(operand), shape)
    let sum = try builder.unbroadcast(full, to: matrix, name: name + ".matrix")
    return try builder.reshape(sum, to: builder.shape(operand), name: name)
  }

  /// A value with its last two axes exchanged.
  private static func transposed(
    _ value: ValueID, name: String, _ builder: inout GradientBuilder
  ) throws(Diagnostic) -> ValueID {
    var shape = try builder.shape(value)
    var order = Array(shape.indices)
    order.swapAt(order.count - 2, order.count - 1)
    shape.swapAt(shape.count - 2, shape.count - 1)
    return builder.add(
      .transpose, [value], attributes: ["perm": .ints(order)], name: name,
      try builder.element(value), shape)
  }
}
