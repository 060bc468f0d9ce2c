import IR

extension ReferenceCall {
  /// The elements of an operand of a certain shape; nil if it is left out.
  func optionalElements<Element: TensorElement>(
    _ index: Int, _ type: Element.Type, shape: [Int]
  ) throws(Diagnostic) -> UnsafeBufferPointer<Element>? {
    try optional(index) == nil ? nil : elements(index, type, shape: shape)
  }

  /// The shape of an operand that must have `rank` axes.
  func shape(_ index: Int, rank: Int) throws(Diagnostic) -> [Int] {
    let shape = try operand(index).shape
    guard shape.count == rank else {
      throw invalid("operand \(index) has shape \(shape), expected \(rank) axes")
    }
    return shape
  }

  /// The number that an operand of one element holds; nil if it is left out.
  func scalar(_ index: Int) throws(Diagnostic) -> Double? {
    guard let tensor = optional(index) else { return nil }
    guard let values = tensor.doubles, values.count == 1 else {
      throw invalid("operand \(index) has \(tensor.count) elements, expected one number")
    }
    return values[0]
  }

  /// The integer that an operand of one element holds; nil if it is left out.
  func integer(_ index: Int) throws(Diagnostic) -> Int? {
    guard optional(index) != nil else { return nil }
    let values = try integers(index)
    guard values.count == 1 else {
      throw invalid("operand \(index) has \(values.count) elements, expected one integer")
    }
    return values[0]
  }

  /// The integer attribute; throws unless it is within `range`.
  func int(_ name: String, default value: Int, in range: ClosedRange<Int>) throws(Diagnostic)
    -> Int
  {
    let number = node.attributes.int(name) ?? value
    guard range.contains(number) else {
      throw invalid("attribute '\(name)' is \(number), expected \(range)")
    }
    return number
  }

  /// Whether an integer attribute is given and not 0.
  func flag(_ name: String) -> Bool { node.attributes.int(name) ?? 0 != 0 }

  /// A floating-point tensor in another floating-point type, but as it is where `isWidened` holds
  /// float32 as float64.
  func converted(_ tensor: Tensor, to type: ElementType) -> Tensor {
    if type == tensor.type || (type == .float32 && isWidened) { return tensor }
    guard let values = tensor.doubles else { return tensor }
    return Tensor(rounding: values, to: type, shape: tensor.shape)
  }

  /// The element type an integer attribute names; nil if it is left out or 0.
  func elementType(_ name: String) throws(Diagnostic) -> ElementType? {
    let number = node.attributes.int(name) ?? 0
    if number == 0 { return nil }
    guard let code = Int32(exactly: number), let type = ElementType(rawValue: code) else {
      throw invalid("attribute '\(name)' names no element type")
    }
    return type
  }
}
