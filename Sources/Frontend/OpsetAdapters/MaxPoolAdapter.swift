import IR

/// MaxPool: indices came with opset 8, dilations and rounding up with 10.
enum MaxPoolAdapter: OpsetAdapter {
  private static let young = [
    YoungAttribute.int("storage_order", since: 8, 0), .int("ceil_mode", since: 10, 0),
    .ones("dilations", since: 10),
  ]

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    young.fit(form, opset) && (opset >= 8 || !form.results.dropFirst().contains(true))
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    try young.remove(from: &form, opset)
    if opset < 8, form.results.dropFirst().contains(true) {
      throw .unsupported("opset \(opset) has no indices of MaxPool")
    }
  }
}
