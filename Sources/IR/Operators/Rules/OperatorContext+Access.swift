/// How rules read attributes and operands; what cannot be right is an `invalid` diagnostic.
extension OperatorContext {
  /// The integer attribute, or what holds without it.
  public func int(_ name: String, default value: Int) -> Int {
    node.attributes.int(name) ?? value
  }

  /// Whether the integer attribute is given and not 0.
  public func flag(_ name: String) -> Bool { int(name, default: 0) != 0 }

  /// The float attribute, or what holds without it.
  public func float(_ name: String, default value: Float) -> Float {
    node.attributes.float(name) ?? value
  }

  /// The string attribute, or what holds without it.
  public func string(_ name: String, default value: String) -> String {
    node.attributes.string(name) ?? value
  }

  /// An axis number counted from the front.
  public func axis(_ number: Int, rank: Int) throws(Diagnostic) -> Int {
    guard number >= -rank, number < rank else {
      throw invalid("axis \(number) is outside a rank of \(rank)")
    }
    return number < 0 ? number + rank : number
  }

  /// Distinct axis numbers, each counted from the front, in the given order.
  public func axes(_ numbers: [Int], rank: Int) throws(Diagnostic) -> [Int] {
    var result: [Int] = []
    for number in numbers {
      let axis = try axis(number, rank: rank)
      if result.contains(axis) { throw invalid("axis \(number) is named twice") }
      result.append(axis)
    }
    return result
  }

  /// The elements of an integer operand; nil unless all are known.
  public func integers(_ index: Int) -> [Int]? {
    shapeValues[index]?.known ?? constants[index]?.integers
  }

  /// The elements of an integer operand, each perhaps symbolic; nil if nothing is known of it.
  public func dims(_ index: Int) -> [Dim]? {
    shapeValues[index] ?? constants[index]?.integers.map { $0.map(Dim.known) }
  }

  /// The edit that makes the elements of a computed shape operand the numbers among `extents`; its
  /// elements 0 and -1 stay where `copies` says that they copy and derive extents.
  func patch(_ index: Int, to extents: some Collection<Dim>, copies: Bool = false)
    -> Schema.ExtentEdit
  {
    let old = shapeValues[index]
    var elements: [Int: Int] = [:]
    for (place, extent) in extents.enumerated() {
      guard let number = extent.value else { continue }
      let known = old.flatMap { place < $0.count ? $0[place] : nil }
      if known == extent || copies && (known == .known(0) || known == .known(-1)) { continue }
      elements[place] = number
    }
    return elements.isEmpty ? .none : Schema.ExtentEdit(elements: [index: elements])
  }

  /// The number of elements of a one-dimensional operand, if known.
  func length(_ index: Int) -> Int? {
    guard let shape = shape(index), shape.count == 1 else { return nil }
    return shape[0].value
  }

  /// The first known element type among the operands.
  func commonElement(_ indices: some Sequence<Int>) -> ElementType? {
    for index in indices {
      if let element = element(index) { return element }
    }
    return nil
  }

  /// A result type; nothing is known if the element type is not.
  func result(_ element: ElementType?, _ shape: Shape?) -> ValueType {
    element.map { .tensor($0, shape) } ?? .unknown
  }

  /// Checks that two extents can be equal, and returns what is known of them together.
  func merge(_ left: Dim, _ right: Dim, _ what: String) throws(Diagnostic) -> Dim {
    guard let merged = left.merged(with: right) else {
      throw invalid("\(what) is \(left) and \(right), expected equal extents")
    }
    return merged
  }
}

extension OperatorContext {
  /// What is known of a node when its operands are tensors.
  public init(_ node: Node, operands: [Tensor?]) {
    var constants: [Int: Tensor] = [:]
    var values: [Int: [Dim]] = [:]
    for (index, operand) in operands.enumerated() {
      guard let operand else { continue }
      constants[index] = operand
      values[index] = OperatorContext.shapeValue(of: operand)
    }
    self.init(
      node: node,
      inputs: operands.map { $0.map { .tensor($0.type, Shape($0.shape)) } },
      outputs: node.outputs.map { $0.map { _ in .unknown } },
      constants: constants, shapeValues: values)
  }

  /// The elements of an integer tensor that can be a shape, axes or indices: at most one axis and
  /// 1,024 elements; nil for other tensors.
  static func shapeValue(of tensor: Tensor) -> [Dim]? {
    guard tensor.rank <= 1, tensor.count <= 1024, tensor.type == .int64 || tensor.type == .int32
    else { return nil }
    return tensor.integers.map { $0.map(Dim.known) }
  }
}
