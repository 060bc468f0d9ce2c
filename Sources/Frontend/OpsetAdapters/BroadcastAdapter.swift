import IR

/// Functions of two tensors: before opset 7 operand 1 spread over operand 0 only if `broadcast` was
/// 1, and then from `axis` on if that was given.
enum BroadcastAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 7 else { return true }
    guard form.attributes.names.allSatisfy({ $0 == "axis" || $0 == "broadcast" }) else {
      return false
    }
    let spreads = form.attributes.int("broadcast") ?? 0 != 0
    let axis = form.attributes.int("axis")
    form.attributes["axis"] = nil
    form.attributes["broadcast"] = nil
    if spreads, let axis, !place(&form, 1, at: axis, scope) { return false }
    var copy = form
    let restored: Void? = try? lower(&copy, to: opset, scope)
    return restored != nil
  }

  /// Has the axes of a constant operand stand at `axis` of operand 0; false if that is not possible.
  static func place(_ form: inout NodeForm, _ index: Int, at axis: Int, _ scope: any FormScope)
    -> Bool
  {
    guard let rank = scope.type(of: form.operand(0)).rank,
      let own = scope.type(of: form.operand(index)).rank
    else { return false }
    let first = axis < 0 ? axis + rank : axis
    let trailing = rank - own - first
    guard first >= 0, trailing >= 0 else { return false }
    if trailing == 0 || own == 0 { return true }
    guard let tensor = scope.tensor(of: form.operand(index)) else { return false }
    let shape = tensor.shape + Array(repeating: 1, count: trailing)
    form.setOperand(index, .constant(role: "placed", tensor.reshaped(to: shape)))
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 7 else { return }
    let (left, right) = (scope.type(of: form.operand(0)), scope.type(of: form.operand(1)))
    guard let a = left.shape, let b = right.shape else {
      throw .unsupported("opset \(opset) says where operands broadcast, and a rank is unknown")
    }
    if a.count == b.count, zip(a, b).allSatisfy({ $0.isCertainly($1) }) { return }
    let inner = Array(b.drop { $0 == .known(1) })
    let core = Array(inner.prefix((inner.lastIndex { $0 != .known(1) } ?? -1) + 1))
    let first = a.count - inner.count
    guard b.count <= a.count,
      zip(a.dropFirst(first), core).allSatisfy({ $0.isCertainly($1) })
    else {
      throw .unsupported("opset \(opset) cannot broadcast shapes \(a) and \(b)")
    }
    form.attributes["broadcast"] = .int(1)
    if core.isEmpty || core.count == b.count { return }
    let known = core.compactMap(\.value)
    // The text leaves extents of 1 open; ONNX's own test models have them in operands like these.
    guard let tensor = scope.tensor(of: form.operand(1)), known.count == core.count else { return }
    form.setOperand(1, .constant(role: "core", tensor.reshaped(to: known)))
    if core.count < inner.count { form.attributes["axis"] = .int(first) }
  }
}

/// PRelu: before opset 7 a list of slopes stood along axis 1.
enum PReluAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 7 else { return true }
    guard let slope = scope.type(of: form.operand(1)).shape else { return false }
    if slope.allSatisfy({ $0 == .known(1) }) { return true }
    guard slope.count == 1, BroadcastAdapter.place(&form, 1, at: 1, scope) else { return false }
    var copy = form
    let restored: Void? = try? lower(&copy, to: opset, scope)
    return restored != nil
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 7 else { return }
    guard let shape = scope.type(of: form.operand(1)).shape?.known else {
      throw .unsupported("opset \(opset) wants a slope of known shape in PRelu")
    }
    let count = shape.reduce(1, *)
    if shape == [count], count == 1 { return }
    let rank = scope.type(of: form.operand(0)).rank ?? 0
    guard let tensor = scope.tensor(of: form.operand(1)),
      count == 1 || rank > 1 && shape == [count] + Array(repeating: 1, count: rank - 2)
    else { throw .unsupported("opset \(opset) has slopes of PRelu along axis 1 only") }
    form.setOperand(1, .constant(role: "slope", tensor.reshaped(to: [count])))
  }
}

/// Selu: before opset 6 the defaults had fewer digits.
enum SeluAdapter: OpsetAdapter {
  private static let old: [(name: String, value: Float)] = [("alpha", 1.6732), ("gamma", 1.0507)]
  private static let new: [String: Float] = ["alpha": 1.67326319, "gamma": 1.05070102]

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 6 else { return true }
    for (name, value) in old where form.attributes[name] == nil {
      form.attributes[name] = .float(value)
    }
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 6 else { return }
    for (name, value) in new where form.attributes[name] == nil {
      form.attributes[name] = .float(value)
    }
  }
}

/// Sum, Mean, Min and Max: operands did not broadcast before opset 8.
enum VariadicAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  { true }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 8 else { return }
    let shapes = form.operands.compactMap { scope.type(of: $0).shape }
    for shape in shapes where shape.count != shapes[0].count || shape.known != shapes[0].known {
      throw .unsupported("opset \(opset) does not broadcast in \(form.op.name)")
    }
  }
}
