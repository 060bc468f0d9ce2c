import IR

/// Slice: starts, ends and axes were attributes before opset 10, and there were no steps.
enum SliceAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 10 else { return true }
    guard form.operands.count == 1, let starts = form.takeInts("starts"),
      let ends = form.takeInts("ends")
    else { return false }
    form.setOperand(1, "starts", starts)
    form.setOperand(2, "ends", ends)
    if form.attributes["axes"] != nil {
      guard let axes = form.takeInts("axes") else { return false }
      form.setOperand(3, "axes", axes)
    }
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 10 else { return }
    if let steps = form.operand(4),
      try form.constantInts(steps, "steps", opset, scope).contains(where: { $0 != 1 })
    {
      throw .unsupported("opset \(opset) has no steps in Slice")
    }
    for (index, name) in ["starts", "ends", "axes"].enumerated() {
      guard let operand = form.operand(index + 1) else { continue }
      form.attributes[name] = .ints(try form.constantInts(operand, name, opset, scope))
    }
    form.operands = Array(form.operands.prefix(1))
  }
}
