import IR

/// Pad: widths and value were attributes before opset 11; axes came with opset 18.
enum PadAdapter: OpsetAdapter {
  /// The name of the attribute that held the widths.
  private static func widths(_ opset: Int) -> String { opset < 2 ? "paddings" : "pads" }

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 18 else { return true }
    guard form.operands.count <= 3 else { return false }
    guard opset < 11 else { return true }
    guard form.operands.count == 1, let pads = form.takeInts(widths(opset)) else { return false }
    form.setOperand(1, "pads", pads)
    guard let attribute = form.attributes["value"] else { return true }
    guard case .float(let value) = attribute else { return false }
    form.attributes["value"] = nil
    if value == 0 { return true }
    guard let scalar = NodeForm.scalar(value, as: scope.type(of: form.operand(0)).element) else {
      return false
    }
    form.setOperand(2, .constant(role: "value", scalar))
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    if opset < 19, form.attributes.string("mode") == "wrap" {
      throw .unsupported("opset \(opset) has no Pad of mode 'wrap'")
    }
    if opset < 18, form.operand(3) != nil { try spreadAxes(&form, opset, scope) }
    guard opset < 11 else { return }
    guard let pads = form.operand(1) else { return }
    form.attributes[widths(opset)] = .ints(try form.constantInts(pads, "pads", opset, scope))
    if let operand = form.operand(2) {
      form.attributes["value"] = .float(try form.constantFloat(operand, "value", opset, scope))
    }
    form.operands = Array(form.operands.prefix(1))
  }

  /// Writes pads of some axes as pads of all.
  private static func spreadAxes(_ form: inout NodeForm, _ opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard let axesOperand = form.operand(3), let padsOperand = form.operand(1),
      let rank = scope.type(of: form.operand(0)).rank
    else { throw .unsupported("opset \(opset) has no axes in Pad, and the rank is unknown") }
    let axes = try form.constantInts(axesOperand, "axes", opset, scope)
    let pads = try form.constantInts(padsOperand, "pads", opset, scope)
    guard pads.count == 2 * axes.count else {
      throw .invalid("\(pads.count) pads for \(axes.count) axes")
    }
    var spread = [Int](repeating: 0, count: 2 * rank)
    for (index, axis) in axes.enumerated() {
      let position = axis < 0 ? axis + rank : axis
      guard (0..<rank).contains(position) else {
        throw .invalid("axis \(axis) is out of range for rank \(rank)")
      }
      spread[position] = pads[index]
      spread[rank + position] = pads[axes.count + index]
    }
    form.setOperand(3, nil)
    form.setOperand(1, "pads", spread)
  }
}
