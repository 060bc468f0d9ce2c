import IR

/// The attributes that a `Constant` node may hold its value in.
enum ConstantForm {
  /// The value of a `Constant` node's attribute; nil for sparse tensors and unknown attributes.
  static func tensor(_ attribute: Attribute?, _ name: String) -> Tensor? {
    switch (name, attribute) {
    case ("value", .tensor(let tensor)?): tensor
    case ("value_float", .float(let number)?): Tensor(scalar: number)
    case ("value_floats", .floats(let numbers)?): Tensor(numbers)
    case ("value_int", .int(let number)?): Tensor(scalar: Int64(number))
    case ("value_ints", .ints(let numbers)?): Tensor(numbers.map { Int64($0) })
    case ("value_string", .string(let text)?): Tensor(strings: [Array(text.utf8)], shape: [])
    case ("value_strings", .strings(let texts)?):
      Tensor(strings: texts.map { Array($0.utf8) }, shape: [texts.count])
    default: nil
    }
  }

  /// The attribute of that name that holds the tensor; nil where it cannot, and `value` must.
  static func attribute(_ tensor: Tensor, _ name: String) -> Attribute? {
    switch (name, tensor.type, tensor.rank) {
    case ("value_float", .float32, 0): tensor.floats?.first.map(Attribute.float)
    case ("value_floats", .float32, 1): tensor.floats.map(Attribute.floats)
    case ("value_int", .int64, 0): tensor.integers?.first.map(Attribute.int)
    case ("value_ints", .int64, 1): tensor.integers.map(Attribute.ints)
    case ("value_string", .string, 0): texts(tensor)?.first.map(Attribute.string)
    case ("value_strings", .string, 1): texts(tensor).map(Attribute.strings)
    default: nil
    }
  }

  private static func texts(_ tensor: Tensor) -> [String]? {
    let texts = tensor.strings.compactMap { String(validating: $0, as: UTF8.self) }
    return texts.count == tensor.strings.count ? texts : nil
  }
}
