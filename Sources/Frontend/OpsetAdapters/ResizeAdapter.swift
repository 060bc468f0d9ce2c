import IR

/// Resize: `Upsample` before opset 10, without coordinate modes before 11, without axes before 18.
enum ResizeAdapter: OpsetAdapter {
  /// The operator's name before opset 10.
  static let oldType = "Upsample"

  private static let young = [
    YoungAttribute.int("antialias", since: 18, 0), .new("axes", since: 18),
    .string("keep_aspect_ratio_policy", since: 18, "stretch"),
  ]

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 18 else { return true }
    guard young.fit(form, opset) else { return false }
    guard opset < 11 else {
      return form.attributes.string("coordinate_transformation_mode") != "tf_half_pixel_for_nn"
    }
    let mode = form.attributes.string("mode") ?? "nearest"
    guard mode == "nearest" || mode == "linear" else { return false }
    var scales = form.operand(1)
    if opset < 9 {
      guard form.operands.count == 1, let factors = form.attributes.floats("scales") else {
        return false
      }
      scales = .constant(role: "scales", Tensor(factors))
      form.attributes["scales"] = nil
    }
    guard form.attributes.names.allSatisfy({ $0 == "mode" }), form.operands.count <= 2,
      enlarges(scope.tensor(of: scales), opset)
    else { return false }
    form.setOperand(1, nil)
    form.setOperand(2, scales)
    form.attributes["coordinate_transformation_mode"] = .string("asymmetric")
    if mode == "nearest" { form.attributes["nearest_mode"] = .string("floor") }
    return true
  }

  /// Whether no scale is below 1: only then old and new forms agree. Those of Upsample need not be
  /// constant, because it allows no others.
  private static func enlarges(_ scales: Tensor?, _ opset: Int) -> Bool {
    guard let factors = scales?.floats else { return opset < 10 }
    return factors.allSatisfy { $0 >= 1 }
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 18 else { return }
    try young.remove(from: &form, opset)
    if opset >= 13 { return }
    if opset >= 11 {
      for (index, role) in [(1, "roi"), (2, "scales")] where form.operand(index) == nil {
        form.setOperand(index, .constant(role: role, Tensor([Float]())))
      }
      return
    }
    let mode = form.attributes.string("mode") ?? "nearest"
    let coordinates = form.attributes.string("coordinate_transformation_mode")
    let rounding = form.attributes.string("nearest_mode")
    guard coordinates == "asymmetric",
      mode == "linear" || (mode == "nearest" && rounding == "floor"),
      form.operand(3) == nil, let scales = form.operand(2),
      enlarges(scope.tensor(of: scales), opset),
      form.attributes.int("exclude_outside") ?? 0 == 0
    else { throw .unsupported("opset \(opset) cannot express this Resize") }
    for name in form.attributes.names where name != "mode" { form.attributes[name] = nil }
    form.operands = Array(form.operands.prefix(1))
    if opset < 10 { form.type = oldType }
    if opset >= 9 {
      form.setOperand(1, scales)
    } else if let factors = scope.tensor(of: scales)?.floats {
      form.attributes["scales"] = .floats(factors)
    }
  }
}
