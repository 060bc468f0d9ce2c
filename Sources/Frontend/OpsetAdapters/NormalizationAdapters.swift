import IR

/// BatchNormalization: per-activation statistics before opset 9, another training form before 14.
enum BatchNormalizationAdapter: OpsetAdapter {
  private static let young = [YoungAttribute.int("training_mode", since: 14, 0)]

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 14 else { return true }
    guard young.fit(form, opset), !form.results.dropFirst().contains(true),
      TestFlag.take(&form, opset)
    else { return false }
    guard opset < 9, let spatial = form.attributes["spatial"] else { return true }
    guard case .int(1) = spatial else { return false }
    form.attributes["spatial"] = nil
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    try young.remove(from: &form, opset)
    TestFlag.put(&form, opset)
  }
}

/// The attribute by which operator sets before 7 told inference from training.
private enum TestFlag {
  private static let name = "is_test"

  /// Removes the flag; false if the node trains.
  static func take(_ form: inout NodeForm, _ opset: Int) -> Bool {
    guard opset < 7 else { return form.attributes[name] == nil }
    guard form.attributes.int(name) ?? 0 != 0 else { return false }
    form.attributes[name] = nil
    return true
  }

  /// Sets the flag where the operator set has it.
  static func put(_ form: inout NodeForm, _ opset: Int) {
    if opset < 7 { form.attributes[name] = .int(1) }
  }
}

/// Dropout: before opset 12 the ratio was an attribute, there was no training mode, and the text
/// left open what the mask holds.
enum DropoutAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard opset < 12 else { return true }
    guard form.operands.count == 1, form.attributes["seed"] == nil,
      !form.readResults.dropFirst().contains(true), TestFlag.take(&form, opset)
    else { return false }
    guard let ratio = form.attributes["ratio"] else { return true }
    guard case .float(let value) = ratio else { return false }
    form.attributes["ratio"] = nil
    form.setOperand(1, .constant(role: "ratio", Tensor(scalar: value)))
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset < 12 else { return }
    if let mode = form.operand(2), scope.tensor(of: mode)?.integers != [0] {
      throw .unsupported("opset \(opset) has no training mode in Dropout")
    }
    if form.readResults.dropFirst().contains(true) {
      throw .unsupported("opset \(opset) leaves open what the mask of Dropout holds")
    }
    if let ratio = form.operand(1) {
      form.attributes["ratio"] = .float(try form.constantFloat(ratio, "ratio", opset, scope))
    }
    form.attributes["seed"] = nil
    form.operands = Array(form.operands.prefix(1))
    TestFlag.put(&form, opset)
  }
}

/// Softmax and LogSoftmax: before opset 13 all axes from `axis` (1 by default) on were one.
///
/// That is the form of opset 13 where `axis` is the last; elsewhere `pcc_flatten` = 1 says so.
enum SoftmaxAdapter: OpsetAdapter {
  private static let flatten = "pcc_flatten"

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard form.attributes[flatten] == nil else { return false }
    guard opset < 13 else { return true }
    if let axis = form.attributes["axis"] {
      guard case .int = axis else { return false }
    }
    let axis = form.attributes.int("axis") ?? 1
    let rank = scope.type(of: form.operand(0)).rank
    if axis == -1 || rank.map({ axis == $0 - 1 }) ?? false {
      form.attributes["axis"] = .int(-1)
    } else {
      form.attributes["axis"] = .int(axis)
      form.attributes[flatten] = .int(1)
    }
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    let flattens = form.attributes.int(flatten) ?? 0 != 0
    form.attributes[flatten] = nil
    let axis = form.attributes.int("axis") ?? -1
    let rank = scope.type(of: form.operand(0)).rank
    let isLast = axis == -1 || rank.map { axis == $0 - 1 } ?? false
    if opset >= 13 {
      guard !flattens || isLast else {
        throw .unsupported("opset \(opset) has no \(form.op.name) over several axes")
      }
      return
    }
    guard !flattens else { return }
    guard isLast else {
      throw .unsupported("opset \(opset) has no \(form.op.name) over an axis that is not the last")
    }
    guard let number = rank.map({ $0 - 1 }) ?? (opset >= 11 ? -1 : nil) else {
      throw .unsupported("opset \(opset) wants a positive axis, and the rank is unknown")
    }
    form.attributes["axis"] = .int(number)
  }
}

/// GroupNormalization: before opset 21 scale and bias had an element a group, which `pcc_per_group`
/// = 1 says.
enum GroupNormalizationAdapter: OpsetAdapter {
  private static let perGroup = "pcc_per_group"
  private static let young = [YoungAttribute.int("stash_type", since: 21, 1)]

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard form.attributes[perGroup] == nil, young.fit(form, opset) else { return false }
    if opset < 21 { form.attributes[perGroup] = .int(1) }
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    let isPerGroup = form.attributes.int(perGroup) ?? 0 != 0
    form.attributes[perGroup] = nil
    try young.remove(from: &form, opset)
    if isPerGroup != (opset < 21) {
      let unit = isPerGroup ? "group" : "channel"
      throw .unsupported("opset \(opset) has no GroupNormalization with a scale a \(unit)")
    }
  }
}
