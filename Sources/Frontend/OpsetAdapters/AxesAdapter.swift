import IR

/// Squeeze, Unsqueeze and reductions: axes were an attribute before they were an operand.
enum AxesAdapter: OpsetAdapter {
  private static let early: Set<Operator> = [.squeeze, .unsqueeze, .reduceSum]

  private static func firstWithOperand(_ op: Operator) -> Int { early.contains(op) ? 13 : 18 }

  private static func isReduction(_ op: Operator) -> Bool { op != .squeeze && op != .unsqueeze }

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < firstWithOperand(form.op) else { return true }
    guard form.operands.count == 1, form.attributes["noop_with_empty_axes"] == nil else {
      return false
    }
    guard form.attributes["axes"] != nil else { return form.op != .unsqueeze }
    guard let axes = form.takeInts("axes") else { return false }
    if axes.isEmpty { return isReduction(form.op) }
    form.setOperand(1, "axes", axes)
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < firstWithOperand(form.op) else { return }
    var axes: [Int]?
    if let operand = form.operand(1) {
      axes = try form.constantInts(operand, "axes", opset, scope)
      form.setOperand(1, nil)
    }
    if isReduction(form.op) {
      if axes?.isEmpty ?? true, form.attributes.int("noop_with_empty_axes") ?? 0 != 0 {
        throw .unsupported("opset \(opset) cannot express a reduction over no axes")
      }
      form.attributes["noop_with_empty_axes"] = nil
      if axes?.isEmpty ?? false { axes = nil }
    }
    if let axes { form.attributes["axes"] = .ints(axes) }
  }
}
