import IR

/// Tensors of one shape that are gathered trip by trip, to become one tensor.
struct TensorStack {
  /// The declared type of each tensor, for a stack of none.
  let type: ValueType
  private var parts: [Tensor] = []
  private var bytes = 0

  /// Creates an empty stack.
  init(type: ValueType) { self.type = type }

  /// Appends a tensor; throws if it differs from the first in type or shape, or the whole becomes
  /// too large.
  mutating func append(_ datum: Datum, _ call: StructuredCall) throws(Diagnostic) {
    guard let part = datum.tensor else {
      throw call.invalid("a body's output is \(datum.kind), expected a tensor to stack")
    }
    if let first = parts.first, first.type != part.type || first.shape != part.shape {
      throw call.invalid(
        "a body's output is \(part.type.textName)\(part.shape), that of the first trip was"
          + " \(first.type.textName)\(first.shape)")
    }
    bytes += max(part.type.byteCount(of: part.count) ?? .max / 2, 1)
    guard bytes <= call.interpreter.maximumBytes else {
      throw call.unsupported(
        "what the trips return exceeds \(call.interpreter.maximumBytes) bytes")
    }
    parts.append(part)
  }

  /// The tensors stacked along a new axis, in reverse order if asked.
  func joined(
    axis number: Int, reversed: Bool = false, _ call: StructuredCall
  ) throws(Diagnostic) -> Tensor {
    guard let first = parts.first else { return try empty(axis: number, call) }
    let axis = try call.reference().axis(number, rank: first.rank + 1)
    let slices = (reversed ? parts.reversed() : parts).map { part in
      var shape = part.shape
      shape.insert(1, at: axis)
      return part.reshaped(to: shape)
    }
    return try ReferenceMovement.joined(call.reference(), slices, axis: axis)
  }

  /// A tensor with an axis of extent 0, and 0 for extents that are not declared.
  private func empty(axis number: Int, _ call: StructuredCall) throws(Diagnostic) -> Tensor {
    guard var declared = type.tensor else {
      throw call.unsupported("no trip was made, and the type of a body's output is not declared")
    }
    if call.interpreter.precision == .float64, declared.element == .float32 {
      declared.element = .float64
    }
    var shape = (declared.shape ?? []).map { $0.value ?? 0 }
    shape.insert(0, at: try call.reference().axis(number, rank: shape.count + 1))
    if declared.element == .string { return Tensor(strings: [], shape: shape) ?? Tensor([Float]()) }
    try call.reference().admit(declared.element, shape)
    return Tensor(zeros: declared.element, shape: shape)
  }
}
