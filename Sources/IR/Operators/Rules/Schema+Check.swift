extension Schema {
  /// Checks a node's arity and attributes, so that the rules may rely on them.
  public func check(_ node: Node) throws(Diagnostic) {
    guard node.op != .opaque else { return }
    try check(
      operands: node.inputs.map { $0 != nil }, results: node.outputs.count,
      attributes: node.attributes, at: Site(nodes: [node.name], op: node.type))
  }

  /// Checks arity and attributes of a node to be; `operands` says which are given.
  public func check(
    operands: [Bool], results: Int, attributes given: Attributes, at site: Site
  ) throws(Diagnostic) {
    try check(operands.count, inputs, "operand", site)
    for index in 0..<inputs.minimum where !operands[index] {
      throw .invalid("operand \(index) is left out, but required", at: site)
    }
    try check(results, outputs, "result", site)
    for (name, attribute) in given {
      guard let spec = attributes.first(where: { $0.name == name }) else {
        throw .invalid("the operator has no attribute '\(name)'", at: site)
      }
      guard spec.kind.accepts(attribute) else {
        throw .invalid("attribute '\(name)' is not of kind '\(spec.kind.rawValue)'", at: site)
      }
    }
    for spec in attributes {
      if case .invalid = spec.absence, given[spec.name] == nil {
        throw .invalid("attribute '\(spec.name)' is required", at: site)
      }
    }
  }

  private func check(
    _ count: Int, _ arity: Arity, _ what: String, _ site: Site
  ) throws(Diagnostic) {
    if count < arity.minimum {
      throw .invalid("\(count) \(what)s, expected at least \(arity.minimum)", at: site)
    }
    if let maximum = arity.maximum, count > maximum {
      throw .invalid("\(count) \(what)s, expected at most \(maximum)", at: site)
    }
  }
}

extension Schema.AttributeSpec.Kind {
  /// Whether the attribute's value is of this kind.
  func accepts(_ attribute: Attribute) -> Bool {
    switch attribute {
    case .float: self == .float
    case .int: self == .int
    case .string: self == .string
    case .tensor: self == .tensor
    case .graph: self == .graph
    case .floats: self == .floats
    case .ints: self == .ints
    case .strings: self == .strings
    case .opaque: self == .type
    case .tensors, .graphs, .reference: false
    }
  }
}

extension Schema.AttributeSpec {
  /// An attribute that must be given.
  static func required(_ name: String, _ kind: Kind) -> Self {
    Self(name: name, kind: kind, absence: .invalid)
  }

  /// An attribute without which the operator does, or derives a value from its operands.
  static func derived(_ name: String, _ kind: Kind) -> Self {
    Self(name: name, kind: kind, absence: .derived)
  }

  /// An integer attribute with a default.
  static func int(_ name: String, _ value: Int) -> Self {
    Self(name: name, kind: .int, absence: .equals(.int(value)))
  }

  /// A float attribute with a default.
  static func float(_ name: String, _ value: Float) -> Self {
    Self(name: name, kind: .float, absence: .equals(.float(value)))
  }

  /// A string attribute with a default.
  static func string(_ name: String, _ value: String) -> Self {
    Self(name: name, kind: .string, absence: .equals(.string(value)))
  }
}
