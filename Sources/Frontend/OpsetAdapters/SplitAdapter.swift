import IR

/// Split: sizes were an attribute before opset 13; the number of parts became one in opset 18.
enum SplitAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 18 else { return true }
    guard form.attributes["num_outputs"] == nil else { return false }
    if opset < 13 {
      guard form.operands.count == 1 || opset < 2 else { return false }
      if form.attributes["split"] != nil {
        guard let sizes = form.takeInts("split") else { return false }
        form.setOperand(1, "split", sizes)
      }
    }
    if form.operand(1) == nil { form.attributes["num_outputs"] = .int(form.results.count) }
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 18 else { return }
    if let parts = form.attributes.int("num_outputs") {
      form.attributes["num_outputs"] = nil
      if form.operand(1) == nil, let sizes = unevenSizes(form, parts, scope) {
        form.setOperand(1, "split", sizes)
      }
    }
    guard opset < 13, let operand = form.operand(1) else { return }
    form.attributes["split"] = .ints(try form.constantInts(operand, "sizes", opset, scope))
    form.setOperand(1, nil)
  }

  /// The sizes where the extent does not divide evenly, as opsets before 18 require.
  private static func unevenSizes(_ form: NodeForm, _ parts: Int, _ scope: any FormScope) -> [Int]?
  {
    guard parts > 0, let shape = scope.type(of: form.operand(0)).shape else { return nil }
    let axis = form.attributes.int("axis") ?? 0
    let index = axis < 0 ? axis + shape.count : axis
    guard shape.indices.contains(index), let extent = shape[index].value,
      !extent.isMultiple(of: parts)
    else { return nil }
    let size = extent / parts + 1
    return (0..<parts).map { max(0, min(size, extent - $0 * size)) }
  }
}
