import IR

/// Scan: in opset 8 each batch was scanned on its own, along the second axis; `pcc_batched` = 1 says
/// so.
enum ScanAdapter: OpsetAdapter {
  private static let batched = "pcc_batched"

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard form.attributes[batched] == nil else { return false }
    guard opset < 9 else { return form.attributes["directions"] == nil }
    form.attributes[batched] = .int(1)
    guard form.attributes["directions"] != nil else { return true }
    guard let directions = form.takeInts("directions") else { return false }
    form.attributes["scan_input_directions"] = .ints(directions)
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    let isBatched = form.attributes.int(batched) ?? 0 != 0
    form.attributes[batched] = nil
    guard isBatched == (opset < 9) else {
      throw .unsupported("opset \(opset) has another form of Scan")
    }
    guard opset < 9 else { return }
    if let directions = form.takeInts("scan_input_directions") {
      form.attributes["directions"] = .ints(directions)
    }
    for name in ["scan_input_axes", "scan_output_axes", "scan_output_directions"]
    where form.attributes[name] != nil {
      throw .unsupported("opset \(opset) has no attribute '\(name)'")
    }
  }
}
