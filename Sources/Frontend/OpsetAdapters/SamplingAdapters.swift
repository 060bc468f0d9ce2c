import IR

/// RoiAlign: before opset 16 it sampled as if `coordinate_transformation_mode` were
/// `output_half_pixel`.
enum RoiAlignAdapter: OpsetAdapter {
  private static let name = "coordinate_transformation_mode"

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 16 else { return true }
    guard form.attributes[name] == nil else { return false }
    form.attributes[name] = .string("output_half_pixel")
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 16 else { return }
    guard form.attributes.string(name) == "output_half_pixel" else {
      throw .unsupported("opset \(opset) has no half-pixel RoiAlign")
    }
    form.attributes[name] = nil
  }
}

/// GridSample: before opset 20 the modes were named after images.
enum GridSampleAdapter: OpsetAdapter {
  private static let names = ["bilinear": "linear", "bicubic": "cubic", "nearest": "nearest"]

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 20, let mode = form.attributes.string("mode") else { return true }
    guard let name = names[mode] else { return false }
    form.attributes["mode"] = .string(name)
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 20, let mode = form.attributes.string("mode") else { return }
    guard let old = names.first(where: { $0.value == mode })?.key else {
      throw .unsupported("opset \(opset) has no GridSample of mode '\(mode)'")
    }
    form.attributes["mode"] = .string(old)
  }
}

/// DFT: the axis was an attribute before opset 20, 1 by default.
enum FourierAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 20 else { return true }
    guard form.operands.count <= 2 else { return false }
    let axis = form.attributes.int("axis")
    guard axis != nil || form.attributes["axis"] == nil else { return false }
    form.attributes["axis"] = nil
    form.setOperand(2, .constant(role: "axis", Tensor(scalar: Int64(axis ?? 1))))
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 20 else { return }
    var axis = -2
    if let operand = form.operand(2) {
      let given = try form.constantInts(operand, "axis", opset, scope)
      guard given.count == 1 else {
        throw .unsupported("opset \(opset) wants one axis, found \(given)")
      }
      axis = given[0]
    }
    form.attributes["axis"] = .int(axis)
    form.setOperand(2, nil)
  }
}
