import IR

/// Reference kernels of matrix products.
enum ReferenceMatMul {
  /// Gemm: `alpha · A' · B' + beta · C`, where ' is the transposition that the attributes ask for
  /// and
  /// C broadcasts to the result.
  static func gemm<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let attributes = call.node.attributes
    let shapes = (try call.operand(0).shape, try call.operand(1).shape)
    let a = try call.elements(0, type)
    let b = try call.elements(1, type)
    let turned = (attributes.int("transA") ?? 0 != 0, attributes.int("transB") ?? 0 != 0)
    guard shapes.0.count == 2, shapes.1.count == 2,
      shapes.0[turned.0 ? 0 : 1] == shapes.1[turned.1 ? 1 : 0]
    else { throw call.invalid("matrices of shapes \(shapes.0) and \(shapes.1) do not fit") }
    let (m, k) = turned.0 ? (shapes.0[1], shapes.0[0]) : (shapes.0[0], shapes.0[1])
    let n = turned.1 ? shapes.1[0] : shapes.1[1]
    let alpha = S(attributes.float("alpha") ?? 1)
    let beta = S(attributes.float("beta") ?? 1)
    var strides = [0, 0]
    var addend: UnsafeBufferPointer<S>?
    if let c = call.optional(2) {
      guard Strided.broadcast(c.shape, [m, n]) == [m, n] else {
        throw call.invalid("operand 2 of shape \(c.shape) does not broadcast to \([m, n])")
      }
      strides = Strided.strides(of: c.shape, broadcastTo: [m, n])
      addend = try call.elements(2, type)
    }
    return [
      try call.make(type, [m, n]) { y in
        for row in 0..<m {
          for column in 0..<n {
            var sum: S = 0
            for index in 0..<k {
              sum +=
                a[turned.0 ? index * m + row : row * k + index]
                * b[turned.1 ? column * k + index : index * n + column]
            }
            y[row * n + column] =
              alpha * sum
              + (addend.map { beta * $0[row * strides[0] + column * strides[1]] } ?? 0)
          }
        }
      }
    ]
  }

  /// MatMul as numpy defines it: the last two axes are matrices, the others broadcast; a vector
  /// gets
  /// an axis that the result does not have.
  static func matMul<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let given = (try call.operand(0).shape, try call.operand(1).shape)
    let a = try call.elements(0, type)
    let b = try call.elements(1, type)
    guard !given.0.isEmpty, !given.1.isEmpty else { throw call.invalid("an operand is a scalar") }
    let left = given.0.count == 1 ? [1] + given.0 : given.0
    let right = given.1.count == 1 ? given.1 + [1] : given.1
    let (m, k, n) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
    guard k == right[right.count - 2],
      let batch = Strided.broadcast(Array(left.dropLast(2)), Array(right.dropLast(2)))
    else { throw call.invalid("matrices of shapes \(given.0) and \(given.1) do not fit") }
    let strides = [left, right].map { shape in
      Strided.strides(of: Array(shape.dropLast(2)), broadcastTo: batch)
    }
    let result = batch + (given.0.count == 1 ? [] : [m]) + (given.1.count == 1 ? [] : [n])
    return [
      try call.make(type, result) { y in
        var number = 0
        WindowGeometry.forEachIndex(of: batch) { index in
          let starts = strides.map { zip($0, index).reduce(0) { $0 + $1.0 * $1.1 } }
          for row in 0..<m {
            for column in 0..<n {
              var sum: S = 0
              for inner in 0..<k {
                sum +=
                  a[starts[0] * m * k + row * k + inner]
                  * b[starts[1] * k * n + inner * n + column]
              }
              y[(number * m + row) * n + column] = sum
            }
          }
          number += 1
        }
      }
    ]
  }
}
