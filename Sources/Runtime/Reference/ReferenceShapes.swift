import IR

/// Reference kernels of operators that make tensors from shapes and attributes.
enum ReferenceShapes {
  /// Shape: the extents of axes `start` up to `end`.
  static func shape(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.operand(0).shape
    func placed(_ index: Int) -> Int {
      min(
        max(index < 0 ? index.addingReportingOverflow(shape.count).partialValue : index, 0),
        shape.count)
    }
    let start = placed(call.node.attributes.int("start") ?? 0)
    let end = placed(call.node.attributes.int("end") ?? shape.count)
    return [Tensor(shape[start..<max(start, end)].map { Int64($0) })]
  }

  /// Constant: the tensor, number or list of its attribute.
  static func constant(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let attributes = call.node.attributes
    if let tensor = attributes.tensor("value") { return [tensor] }
    if let value = attributes.int("value_int") { return [Tensor(scalar: Int64(value))] }
    if let values = attributes.ints("value_ints") { return [Tensor(values.map { Int64($0) })] }
    if let value = attributes.float("value_float") { return [Tensor(scalar: value)] }
    if let values = attributes.floats("value_floats") { return [Tensor(values)] }
    throw call.unsupported("a constant without a tensor, number or list is not supported")
  }

  /// ConstantOfShape: the element of `value`, 0 in float32 by default, in the shape of operand 0.
  static func constantOfShape(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.integers(0)
    var value = call.node.attributes.tensor("value") ?? Tensor([Float(0)])
    guard value.count == 1 else {
      throw call.invalid("attribute 'value' has \(value.count) elements, expected 1")
    }
    if call.isWidened, value.type == .float32, let wide = value.doubles {
      value = Tensor(wide, shape: value.shape)
    }
    let width = try call.elementBytes(value.type)
    return [
      try call.makeBytes(value.type, shape) { target in
        value.withBytes { source in
          Strided.copy(
            source, offset: 0, strides: Array(repeating: 0, count: shape.count), shape: shape,
            width: width, to: target)
        }
      }
    ]
  }
}
