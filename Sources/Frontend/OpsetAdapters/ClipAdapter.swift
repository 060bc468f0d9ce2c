import IR

/// Clip: bounds were float attributes before opset 11.
enum ClipAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 11 else { return true }
    guard form.operands.count == 1 else { return false }
    for (index, name) in ["min", "max"].enumerated() {
      guard let attribute = form.attributes[name] else { continue }
      guard case .float(let value) = attribute,
        let scalar = NodeForm.scalar(value, as: scope.type(of: form.operand(0)).element)
      else { return false }
      form.attributes[name] = nil
      form.setOperand(index + 1, .constant(role: name, scalar))
    }
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 11 else { return }
    for (index, name) in ["min", "max"].enumerated() {
      guard let operand = form.operand(index + 1) else { continue }
      form.attributes[name] = .float(try form.constantFloat(operand, name, opset, scope))
    }
    form.operands = Array(form.operands.prefix(1))
  }
}
