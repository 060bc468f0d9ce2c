import IR

/// A node while its form changes between that of a model's operator set and that of opset 28.
struct NodeForm {
  /// An operand.
  enum Operand {
    case value(ValueID)
    /// A tensor that is to become a constant named after the node and `role`.
    case constant(role: String, Tensor)
  }

  var op: Operator
  /// The operator's name in the file.
  var type: String
  /// The operands; nil where an optional one is left out.
  var operands: [Operand?]
  /// Which results are given.
  let results: [Bool]
  /// Which results something reads.
  let readResults: [Bool]
  var attributes: Attributes

  /// Operand number `index`; nil if it is left out or there are not so many.
  func operand(_ index: Int) -> Operand? { index < operands.count ? operands[index] : nil }

  /// Sets operand number `index`; those before it that are missing are left out, trailing ones
  /// dropped.
  mutating func setOperand(_ index: Int, _ operand: Operand?) {
    while operands.count <= index { operands.append(nil) }
    operands[index] = operand
    while let last = operands.last, last == nil { operands.removeLast() }
  }

  /// Makes operand number `index` a constant list of integers.
  mutating func setOperand(_ index: Int, _ role: String, _ values: [Int]) {
    setOperand(index, .constant(role: role, Tensor(values.map { Int64($0) })))
  }

  /// Removes an attribute and returns it, if it is an integer list; false in `isAbsent` if it is
  /// something else.
  mutating func takeInts(_ name: String) -> [Int]? {
    guard let values = attributes.ints(name) else { return nil }
    attributes[name] = nil
    return values
  }
}

/// What an adapter may ask about the graph round a node.
protocol FormScope {
  /// The type of a value as far as it is known.
  func type(of value: ValueID) -> ValueType
  /// The tensor of a constant that no caller may override.
  func tensor(of value: ValueID?) -> Tensor?
}

extension FormScope {
  /// The tensor of an operand that is constant.
  func tensor(of operand: NodeForm.Operand?) -> Tensor? {
    switch operand {
    case .value(let value)?: tensor(of: value)
    case .constant(_, let tensor)?: tensor
    case nil: nil
    }
  }

  /// The type of an operand.
  func type(of operand: NodeForm.Operand?) -> ValueType {
    switch operand {
    case .value(let value)?: type(of: value)
    case .constant(_, let tensor)?: .tensor(tensor.type, Shape(tensor.shape))
    case nil: .unknown
    }
  }
}

/// Brings the nodes of some operators from the form of an older operator set into that of opset 28,
/// and back.
protocol OpsetAdapter {
  /// Brings a node of `opset` into the form of opset 28; returns false where that is not
  /// possible, and the node stays opaque.
  static func raise(_ form: inout NodeForm, from opset: Int, _ scope: any FormScope)
    throws(Diagnostic) -> Bool

  /// Brings a node of the form of opset 28 into that of `opset`; throws an `unsupported` diagnostic
  /// where `opset` cannot express it.
  static func lower(_ form: inout NodeForm, to opset: Int, _ scope: any FormScope)
    throws(Diagnostic)
}
