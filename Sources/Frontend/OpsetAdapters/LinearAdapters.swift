import IR

/// Gemm: the summand was required before opset 11.
enum GemmAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  { true }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 11, form.operand(2) == nil else { return }
    let element = scope.type(of: form.operand(0)).element ?? scope.type(of: form.operand(1)).element
    guard let element else {
      throw .unsupported("opset \(opset) wants a summand in Gemm, and its type is unknown")
    }
    form.setOperand(2, .constant(role: "C", Tensor(zeros: element, shape: [1])))
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
