import IR

/// ScatterElements and ScatterND: named Scatter before opset 11, with reductions from 16 on, and
/// smallest and largest from 18 on.
enum ScatterAdapter: OpsetAdapter {
  /// The name of ScatterElements before opset 11.
  static let oldType = "Scatter"

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    if form.op == .scatterElements {
      guard (form.type == oldType) == (opset < 11) else { return false }
    }
    guard let reduction = form.attributes["reduction"] else { return true }
    guard case .string(let name) = reduction else { return false }
    return opset >= first(with: name)
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    if let name = form.attributes.string("reduction") {
      guard name == "none" || opset >= first(with: name) else {
        throw .unsupported("opset \(opset) has no reduction '\(name)' in \(form.op.name)")
      }
      if opset < 16 { form.attributes["reduction"] = nil }
    }
    if form.op == .scatterElements, opset < 11 { form.type = oldType }
  }

  /// The first operator set with a reduction; the attribute itself came with 16.
  private static func first(with reduction: String) -> Int {
    reduction == "min" || reduction == "max" ? 18 : 16
  }
}
