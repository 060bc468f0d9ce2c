/// Reads the textual form that `GraphPrinter` writes; `Docs/TextFormat.md` describes it.
///
/// Errors are `invalid` diagnostics that name line and column. No text makes the parser trap.
public struct GraphParser {
  /// The digests the text has in place of tensors, by value name (`result.attribute` in
  /// attributes). The tensors themselves are zeros: such a model can be printed, but not run.
  public internal(set) var digests: [String: String] = [:]
  var scanner: TextScanner
  let allowsDigests: Bool
  /// The enclosing graphs of the one being read.
  var depth = 0

  /// The deepest nesting of graphs.
  static let depthLimit = 32
  /// The most elements a tensor may have.
  static let elementLimit = 1 << 28

  /// Prepares to read a text; digests are errors unless they are allowed.
  public init(_ text: String, allowingDigests: Bool = false) {
    scanner = TextScanner(text)
    allowsDigests = allowingDigests
  }

  /// Reads a model, or a graph without a header, and nothing after it.
  public static func model(_ text: String) throws(Diagnostic) -> Model {
    var parser = GraphParser(text)
    return try parser.parseModel()
  }

  /// Reads the model.
  public mutating func parseModel() throws(Diagnostic) -> Model {
    var model = Model(graph: Graph(name: ""))
    if scanner.take("model") { try header(&model) }
    model.graph = try GraphBuilder(scanner: scanner).build(try graph(), in: nil)
    guard scanner.isAtEnd else { throw scanner.error("expected the end, found \(scanner.found)") }
    return model
  }

  /// The operator that a name stands for; nil for one that pcc does not know.
  static func knownOperator(domain: String, name: String) -> Operator? {
    if domain == Operator.gradientDomain { return Operator(rawValue: "\(domain)::\(name)") }
    let op = Operator(domain: domain, name: name)
    return op == .opaque ? nil : op
  }

  private mutating func header(_ model: inout Model) throws(Diagnostic) {
    var imports: [Model.OpsetImport] = []
    try scanner.expect("{")
    while !scanner.take("}") {
      if scanner.take("ir_version") {
        try scanner.expect(":")
        model.irVersion = try scanner.integer()
      } else if scanner.take("opset") {
        let domain = try scanner.name()
        try scanner.expect(":")
        imports.append(Model.OpsetImport(domain: domain, version: try scanner.integer()))
      } else if scanner.take("producer_name") {
        try scanner.expect(":")
        model.producerName = try scanner.string()
      } else if scanner.take("producer_version") {
        try scanner.expect(":")
        model.producerVersion = try scanner.string()
      } else if scanner.take("domain") {
        try scanner.expect(":")
        model.domain = try scanner.string()
      } else if scanner.take("model_version") {
        try scanner.expect(":")
        model.modelVersion = try scanner.integer()
      } else if scanner.take("doc_string") {
        try scanner.expect(":")
        model.residue.docString = try scanner.string()
      } else if scanner.take("metadata") {
        let key = try scanner.string()
        try scanner.expect(":")
        model.residue.metadata.append((key, try scanner.string()))
      } else if scanner.take("function") {
        model.functions.append(try scanner.hexBytes())
      } else {
        throw scanner.error("expected a property of the model, found \(scanner.found)")
      }
    }
    if !imports.isEmpty { model.opsetImports = imports }
  }

  mutating func graph() throws(Diagnostic) -> GraphSyntax {
    depth += 1
    defer { depth -= 1 }
    guard depth <= GraphParser.depthLimit else {
      throw scanner.error("graphs are nested deeper than \(GraphParser.depthLimit)")
    }
    try scanner.expect("graph")
    try scanner.expect("@")
    var result = GraphSyntax(name: try scanner.name())
    result.inputs = try definitions()
    if scanner.take("captures") { result.captures = try captures() }
    try scanner.expect("->")
    result.outputs = try definitions()
    try scanner.expect("{")
    while !scanner.take("}") { try line(&result) }
    return result
  }

  private mutating func definitions() throws(Diagnostic) -> [GraphSyntax.Definition] {
    var result: [GraphSyntax.Definition] = []
    try scanner.expect("(")
    while !scanner.take(")") {
      result.append(try definition())
      try separator(before: ")")
    }
    return result
  }

  private mutating func captures() throws(Diagnostic) -> [GraphSyntax.Capture] {
    var result: [GraphSyntax.Capture] = []
    try scanner.expect("(")
    while !scanner.take(")") {
      let inner = try definition()
      var outer = inner.name
      if scanner.take("=") {
        try scanner.expect("%")
        outer = try scanner.name()
      }
      result.append(GraphSyntax.Capture(inner: inner, outer: outer))
      try separator(before: ")")
    }
    return result
  }

  /// Consumes a comma, unless the closing bracket comes.
  mutating func separator(before close: String) throws(Diagnostic) {
    guard scanner.take(",") || scanner.sees(close) else {
      throw scanner.error("expected ',' or '\(close)', found \(scanner.found)")
    }
  }

  /// A value's name and, after a colon, its type.
  private mutating func definition() throws(Diagnostic) -> GraphSyntax.Definition {
    try scanner.expect("%")
    let position = scanner.position
    let name = try scanner.name()
    let type = scanner.take(":") ? try self.type() : .unknown
    return GraphSyntax.Definition(name: name, type: type, position: position)
  }

  /// A type: `?`, encoded bytes, or an element type with extents.
  private mutating func type() throws(Diagnostic) -> ValueType {
    if scanner.take("?") { return .unknown }
    if scanner.sees("x") { return .opaque(try scanner.hexBytes()) }
    return .tensor(try tensorType())
  }

  mutating func tensorType() throws(Diagnostic) -> TensorType {
    scanner.skipSpace()
    let start = scanner.position
    let name = try scanner.name()
    guard let element = ElementType(textName: name) else {
      throw scanner.error("'\(name)' is no element type", at: start)
    }
    try scanner.expect("[")
    if scanner.take("...") {
      try scanner.expect("]")
      return TensorType(element, nil)
    }
    var shape: Shape = []
    while !scanner.take("]") {
      shape.append(try extent())
      try separator(before: "]")
    }
    return TensorType(element, shape)
  }

  private mutating func extent() throws(Diagnostic) -> Dim {
    if scanner.take("?") { return .unknown }
    let first = scanner.next ?? 0
    let isNumber =
      first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    return isNumber ? .known(try scanner.integer()) : .named(try scanner.name())
  }

  private mutating func line(_ graph: inout GraphSyntax) throws(Diagnostic) {
    scanner.skipSpace()
    let position = scanner.position
    var results: [GraphSyntax.Definition?] = []
    if scanner.take("(") {
      try scanner.expect(")")
    } else {
      repeat {
        results.append(scanner.take("_") ? nil : try definition())
      } while scanner.take(",")
    }
    try scanner.expect("=")
    if results.count == 1, let value = results[0], scanner.take("const") {
      graph.constants.append(try constant(value))
    } else {
      graph.nodes.append(try node(results, position))
    }
  }

  private mutating func constant(
    _ definition: GraphSyntax.Definition
  ) throws(Diagnostic) -> GraphSyntax.ConstantLine {
    guard let type = definition.type.tensor else {
      throw scanner.error("a constant needs a tensor type", at: definition.position)
    }
    let tensor = try literal(type, key: definition.name)
    return GraphSyntax.ConstantLine(
      definition: definition, tensor: tensor, isOverridable: scanner.take("overridable"))
  }

  private mutating func node(
    _ results: [GraphSyntax.Definition?], _ position: Int
  ) throws(Diagnostic) -> NodeSyntax {
    let isOpaque = scanner.take("!")
    var type = try scanner.name()
    var domain = ""
    if scanner.take("::") {
      domain = type
      type = try scanner.name()
    }
    var node = NodeSyntax(
      results: results, isOpaque: isOpaque, domain: domain, type: type, operands: [],
      attributes: [], overload: "", position: position)
    try scanner.expect("(")
    while !scanner.take(")") {
      let position = scanner.position
      if scanner.take("_") {
        node.operands.append(.init(name: nil, position: position))
      } else {
        try scanner.expect("%")
        node.operands.append(.init(name: try scanner.name(), position: position))
      }
      try separator(before: ")")
    }
    if scanner.sees("{") { node.attributes = try attributes(of: results.first??.name ?? "") }
    if scanner.take("named") { node.name = try scanner.string() }
    if scanner.take("overload") { node.overload = try scanner.string() }
    return node
  }
}
