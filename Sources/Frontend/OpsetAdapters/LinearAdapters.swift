import IR

/// Gemm: the summand was required before opset 11, and before 7 spread over rows only if `broadcast`
/// was 1.
enum GemmAdapter: OpsetAdapter {
  private static let broadcast = "broadcast"

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 7, let attribute = form.attributes[broadcast] else { return true }
    guard case .int = attribute else { return false }
    form.attributes[broadcast] = nil
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 11 else { return }
    if form.operand(2) == nil {
      let element =
        scope.type(of: form.operand(0)).element ?? scope.type(of: form.operand(1)).element
      guard let element else {
        throw .unsupported("opset \(opset) wants a summand in Gemm, and its type is unknown")
      }
      form.setOperand(2, .constant(role: "C", Tensor(zeros: element, shape: [1])))
    }
    guard opset < 7 else { return }
    guard let shape = scope.type(of: form.operand(2)).shape else {
      throw .unsupported("opset \(opset) wants to know the shape of Gemm's summand")
    }
    guard shape.count < 2 || shape[0] == .known(1) || shape[1] != .known(1) else {
      throw .unsupported("opset \(opset) has no Gemm whose summand spreads over columns")
    }
    form.attributes[broadcast] = .int(1)
  }
}

/// Concat: before opset 4 the axis was 1 by default.
enum ConcatAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    if opset < 4, form.attributes["axis"] == nil { form.attributes["axis"] = .int(1) }
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {}
}

/// Reshape: the shape was an attribute before opset 5; zeros were always copies before 14.
enum ReshapeAdapter: OpsetAdapter {
  private static let young = [YoungAttribute.int("allowzero", since: 14, 0)]

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard young.fit(form, opset) else { return false }
    guard opset < 5 else { return true }
    guard form.operands.count == 1, let shape = form.takeInts("shape") else { return false }
    form.setOperand(1, "shape", shape)
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    try young.remove(from: &form, opset)
    guard opset < 5, let shape = form.operand(1) else { return }
    form.attributes["shape"] = .ints(try form.constantInts(shape, "shape", opset, scope))
    form.setOperand(1, nil)
  }
}

/// ConvTranspose: before opset 11 the text leaves open where an odd padding goes.
enum ConvTransposeAdapter: OpsetAdapter {
  private static func isSettled(_ form: NodeForm) -> Bool {
    let padding = form.attributes.string("auto_pad") ?? "NOTSET"
    return form.attributes["output_shape"] == nil && (padding == "NOTSET" || padding == "VALID")
  }

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  { opset >= 11 || isSettled(form) }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset >= 11 || isSettled(form) else {
      throw .unsupported("opset \(opset) leaves open where ConvTranspose pads")
    }
  }
}
