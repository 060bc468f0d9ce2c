import IR

/// The reference kernel of Det, by elimination with partial pivots.
struct ReferenceDeterminant: ScalarKernel {
  func run<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    guard shape.count >= 2, shape[shape.count - 1] == shape[shape.count - 2] else {
      throw call.invalid("operand 0 of shape \(shape) holds no square matrices")
    }
    let x = try call.elements(0, type)
    let size = shape[shape.count - 1]
    return [
      try call.make(type, Array(shape.dropLast(2))) { y in
        for index in y.indices {
          let start = index * size * size
          y[index] = S(determinant(x[start..<(start + size * size)].map { Double($0) }, size))
        }
      }
    ]
  }

  private func determinant(_ elements: [Double], _ size: Int) -> Double {
    var matrix = elements
    var result = 1.0
    for column in 0..<size {
      let pivot = (column..<size).max {
        matrix[$0 * size + column].magnitude < matrix[$1 * size + column].magnitude
      }
      guard let pivot, matrix[pivot * size + column] != 0 else { return 0 }
      if pivot != column {
        for index in 0..<size {
          matrix.swapAt(pivot * size + index, column * size + index)
        }
        result = -result
      }
      let head = matrix[column * size + column]
      result *= head
      for row in stride(from: column + 1, to: size, by: 1) {
        let factor = matrix[row * size + column] / head
        for index in column..<size {
          matrix[row * size + index] -= factor * matrix[column * size + index]
        }
      }
    }
    return result
  }
}
