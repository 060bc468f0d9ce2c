import IR

/// TopK: the number of elements was an attribute before opset 10; only the largest, and in order,
/// were to be had before 11.
enum TopKAdapter: OpsetAdapter {
  private static let young = [
    YoungAttribute.int("largest", since: 11, 1), .int("sorted", since: 11, 1),
  ]

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard young.fit(form, opset) else { return false }
    guard opset < 10 else { return true }
    guard form.operands.count == 1, case .int(let count)? = form.attributes["k"] else {
      return false
    }
    form.attributes["k"] = nil
    form.setOperand(1, "k", [count])
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    try young.remove(from: &form, opset)
    guard opset < 10, let operand = form.operand(1) else { return }
    let counts = try form.constantInts(operand, "k", opset, scope)
    guard counts.count == 1 else { throw .invalid("\(counts.count) numbers of elements") }
    form.attributes["k"] = .int(counts[0])
    form.setOperand(1, nil)
  }
}

/// Tile: before opset 6 it repeated one axis.
enum TileAdapter: OpsetAdapter {
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  { opset >= 6 }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    guard opset >= 6 else { throw .unsupported("opset \(opset) has another form of Tile") }
  }
}

/// Cast: before opset 6 the type was a name.
enum CastAdapter: OpsetAdapter {
  private static let young = [
    YoungAttribute.int("saturate", since: 19, 1), .string("round_mode", since: 24, "up"),
  ]

  private static let names: [(name: String, type: ElementType)] = [
    ("FLOAT", .float32), ("UINT8", .uint8), ("INT8", .int8), ("UINT16", .uint16),
    ("INT16", .int16), ("INT32", .int32), ("INT64", .int64), ("STRING", .string), ("BOOL", .bool),
    ("FLOAT16", .float16), ("DOUBLE", .float64), ("UINT32", .uint32), ("UINT64", .uint64),
    ("COMPLEX64", .complex64), ("COMPLEX128", .complex128),
  ]

  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool
  {
    guard young.fit(form, opset) else { return false }
    guard opset < 6 else { return true }
    guard let name = form.attributes.string("to"),
      let type = names.first(where: { $0.name == name })?.type
    else { return false }
    form.attributes["to"] = .int(Int(type.rawValue))
    return true
  }

  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
  {
    try young.remove(from: &form, opset)
    guard opset < 6 else { return }
    let code = form.attributes.int("to") ?? 0
    guard let name = names.first(where: { Int($0.type.rawValue) == code })?.name else {
      throw .unsupported("opset \(opset) has no cast to element type \(code)")
    }
    form.attributes["to"] = .string(name)
  }
}
