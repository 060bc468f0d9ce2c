/// Writes graphs and models in the textual form that `GraphParser` reads.
///
/// The text holds what a model computes, its names and its metadata; it leaves out how a file
/// encodes that: tensor encodings, annotations, documentation of nodes and unknown fields.
public struct GraphPrinter: Sendable {
  /// The largest number of elements spelled out; larger tensors become `splat`, `seeded` or
  /// `digest`.
  public var elementLimit: Int
  /// Digests of tensors that are not at hand, by value name, as `GraphParser` found them.
  public var digests: [String: String]

  /// Creates a printer.
  public init(elementLimit: Int = 16, digests: [String: String] = [:]) {
    self.elementLimit = elementLimit
    self.digests = digests
  }

  /// The text of a model: the header, unless it says nothing special, and the graph.
  public func print(_ model: Model) -> String {
    var lines: [String] = []
    let plain = Model(graph: model.graph)
    if model.irVersion != plain.irVersion { lines.append("ir_version: \(model.irVersion)") }
    if model.opsetImports != plain.opsetImports {
      for entry in model.opsetImports {
        lines.append("opset \(quote(entry.domain)): \(entry.version)")
      }
    }
    if let name = model.producerName { lines.append("producer_name: \(quote(name))") }
    if let version = model.producerVersion { lines.append("producer_version: \(quote(version))") }
    if let domain = model.domain { lines.append("domain: \(quote(domain))") }
    if let version = model.modelVersion { lines.append("model_version: \(version)") }
    if let text = model.residue.docString { lines.append("doc_string: \(quote(text))") }
    for (key, value) in model.residue.metadata {
      lines.append("metadata \(quote(key)): \(quote(value))")
    }
    for function in model.functions {
      lines.append("function x\"\(TextQuoting.hex(function))\"")
    }
    let graph = print(model.graph)
    if lines.isEmpty { return graph }
    return "model {\n" + lines.map { "  \($0)\n" }.joined() + "}\n" + graph
  }

  /// The text of a graph, a line a value or node.
  public func print(_ graph: Graph) -> String { nested(graph, in: graph, indent: "") + "\n" }

  /// One node as a line, without indentation.
  public func print(_ node: NodeID, in graph: Graph) -> String {
    line(graph[node], graph, indent: "")
  }

  private func quote(_ text: String) -> String { TextQuoting.quoted(Array(text.utf8)) }

  private func body(_ graph: Graph, indent: String) -> String {
    var result = ""
    for value in graph.constants {
      guard let constant = graph[value].constant else { continue }
      result +=
        "\(indent)\(typed(value, graph)) = const \(literal(constant.tensor, of: graph[value].name))"
      switch constant.origin {
      case .initializer(let isOverridable): result += isOverridable ? " overridable\n" : "\n"
      case .sparseInitializer, .node: result += "\n"
      }
    }
    for node in graph.nodes { result += indent + line(graph[node], graph, indent: indent) + "\n" }
    return result
  }

  private func typed(_ value: ValueID, _ graph: Graph) -> String {
    "%\(TextQuoting.name(graph[value].name)): \(type(graph[value].type))"
  }

  private func reference(_ value: ValueID?, _ graph: Graph) -> String {
    value.map { "%" + TextQuoting.name(graph[$0].name) } ?? "_"
  }

  private func line(_ node: Node, _ graph: Graph, indent: String) -> String {
    let results = node.outputs.map { $0.map { typed($0, graph) } ?? "_" }
    var line = results.isEmpty ? "()" : results.joined(separator: ", ")
    line += " = \(operatorName(node))("
    line += node.inputs.map { reference($0, graph) }.joined(separator: ", ") + ")"
    let attributes = self.attributes(of: node)
    let first = node.outputs.first.flatMap { $0 }.map { graph[$0].name } ?? ""
    if !attributes.isEmpty {
      line +=
        " {"
        + attributes.map { name, attribute in
          let key = "\(first).\(name)"
          return "\(TextQuoting.name(name)): \(text(attribute, key: key, graph, indent: indent))"
        }.joined(separator: ", ") + "}"
    }
    if node.name != first { line += " named \(quote(node.name))" }
    if !node.overload.isEmpty { line += " overload \(quote(node.overload))" }
    return line
  }

  /// The attributes in alphabetical order, without those that only spell the default out.
  private func attributes(of node: Node) -> [(name: String, attribute: Attribute)] {
    let specs = node.op.schema.attributes
    return node.attributes.filter { entry in
      guard let spec = specs.first(where: { $0.name == entry.name }),
        case .equals(let value) = spec.absence
      else { return true }
      return !isSame(entry.attribute, value)
    }.sorted { $0.name < $1.name }.map { ($0.name, $0.attribute) }
  }

  private func isSame(_ left: Attribute, _ right: Attribute) -> Bool {
    switch (left, right) {
    case (.int(let a), .int(let b)): a == b
    case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
    case (.string(let a), .string(let b)): a == b
    case (.int, _), (.float, _), (.string, _), (.tensor, _), (.graph, _), (.floats, _), (.ints, _),
      (.strings, _), (.tensors, _), (.graphs, _), (.reference, _), (.opaque, _):
      false
    }
  }

  /// The operator as it is parsed again: `!` marks one that is opaque although pcc knows the name.
  private func operatorName(_ node: Node) -> String {
    let domain = node.domain.isEmpty ? "" : TextQuoting.name(node.domain) + "::"
    guard node.op == .opaque else { return domain + node.op.name }
    let isKnown = GraphParser.knownOperator(domain: node.domain, name: node.opaqueType) != nil
    return (isKnown ? "!" : "") + domain + TextQuoting.name(node.opaqueType)
  }

  func type(_ type: ValueType) -> String {
    switch type {
    case .unknown: return "?"
    case .opaque(let bytes): return "x\"\(TextQuoting.hex(bytes))\""
    case .tensor(let type):
      guard let shape = type.shape else { return type.element.textName + "[...]" }
      let extents = shape.map { extent in
        switch extent {
        case .known(let number): "\(number)"
        case .named(let name): TextQuoting.dimension(name)
        case .unknown: "?"
        }
      }
      return type.element.textName + "[" + extents.joined(separator: ", ") + "]"
    }
  }

  private func text(
    _ attribute: Attribute, key: String, _ graph: Graph, indent: String
  ) -> String {
    func list(_ items: [String], _ kind: String) -> String {
      items.isEmpty ? "\(kind)[]" : "[" + items.joined(separator: ", ") + "]"
    }
    switch attribute {
    case .float(let value): return number(value)
    case .int(let value): return "\(value)"
    case .string(let value): return quote(value)
    case .tensor(let value): return tensor(value, of: key)
    case .graph(let value): return nested(value, in: graph, indent: indent)
    case .floats(let values): return list(values.map(number), "floats")
    case .ints(let values): return list(values.map { "\($0)" }, "ints")
    case .strings(let values): return list(values.map(quote), "strings")
    case .tensors(let values):
      return list(values.enumerated().map { tensor($1, of: "\(key).\($0)") }, "tensors")
    case .graphs(let values):
      return list(values.map { nested($0, in: graph, indent: indent) }, "graphs")
    case .reference(let name, let type): return "ref \(quote(name)) \(type)"
    case .opaque(let bytes): return "x\"\(TextQuoting.hex(bytes))\""
    }
  }

  /// A graph within another, its captures by the names of the values they stand for there.
  private func nested(_ inner: Graph, in outer: Graph, indent: String) -> String {
    var header = "graph @\(TextQuoting.name(inner.name))("
    header += inner.inputs.map { typed($0, inner) }.joined(separator: ", ") + ")"
    if !inner.captures.isEmpty {
      let captures = inner.captures.map { capture in
        let name = outer.contains(capture.outer) ? outer[capture.outer].name : ""
        let source = name == inner[capture.inner].name ? "" : " = %\(TextQuoting.name(name))"
        return typed(capture.inner, inner) + source
      }
      header += " captures(" + captures.joined(separator: ", ") + ")"
    }
    header += " -> (" + inner.outputs.map { typed($0, inner) }.joined(separator: ", ") + ") {\n"
    return header + body(inner, indent: indent + "  ") + indent + "}"
  }
}
