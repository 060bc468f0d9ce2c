/// How attributes are read.
extension GraphParser {
  mutating func attributes(
    of node: String
  ) throws(Diagnostic) -> [NodeSyntax.NamedAttribute] {
    var result: [NodeSyntax.NamedAttribute] = []
    try scanner.expect("{")
    while !scanner.take("}") {
      scanner.skipSpace()
      let position = scanner.position
      let name = try scanner.name()
      guard !result.contains(where: { $0.name == name }) else {
        throw scanner.error("attribute '\(name)' is given twice", at: position)
      }
      try scanner.expect(":")
      result.append(.init(name: name, value: try attribute(key: "\(node).\(name)")))
      try separator(before: "}")
    }
    return result
  }

  private mutating func attribute(
    key: String
  ) throws(Diagnostic) -> AttributeSyntax {
    if scanner.sees("graph") { return .graph(try graph()) }
    if scanner.sees("x") { return .plain(.opaque(try scanner.hexBytes())) }
    if scanner.take("ref") {
      let name = try scanner.string()
      let start = scanner.position
      guard let type = Int32(exactly: try scanner.integer()) else {
        throw scanner.error("attribute type is out of range", at: start)
      }
      return .plain(.reference(name, type: type))
    }
    for (word, empty) in GraphParser.emptyLists where scanner.take(word) {
      try scanner.expect("[")
      try scanner.expect("]")
      return empty
    }
    if scanner.sees("[") { return try list(key: key) }
    return .plain(try single(key: key))
  }

  private static let emptyLists: [(String, AttributeSyntax)] = [
    ("ints", .plain(.ints([]))), ("floats", .plain(.floats([]))), ("strings", .plain(.strings([]))),
    ("tensors", .plain(.tensors([]))), ("graphs", .graphs([])),
  ]

  private mutating func list(key: String) throws(Diagnostic) -> AttributeSyntax {
    try scanner.expect("[")
    if scanner.sees("graph") {
      var graphs: [GraphSyntax] = []
      while !scanner.take("]") {
        graphs.append(try graph())
        try separator(before: "]")
      }
      return .graphs(graphs)
    }
    let start = scanner.position
    var items: [Attribute] = []
    while !scanner.take("]") {
      items.append(try single(key: "\(key).\(items.count)"))
      try separator(before: "]")
    }
    let ints = items.compactMap { if case .int(let value) = $0 { value } else { nil } }
    let floats = items.compactMap { if case .float(let value) = $0 { value } else { nil } }
    let strings = items.compactMap { if case .string(let value) = $0 { value } else { nil } }
    let tensors = items.compactMap { if case .tensor(let value) = $0 { value } else { nil } }
    if items.isEmpty { throw scanner.error("an empty list needs its kind, as 'ints[]'", at: start) }
    if ints.count == items.count { return .plain(.ints(ints)) }
    if floats.count == items.count { return .plain(.floats(floats)) }
    if strings.count == items.count { return .plain(.strings(strings)) }
    if tensors.count == items.count { return .plain(.tensors(tensors)) }
    throw scanner.error("the items of a list are of different kinds", at: start)
  }

  /// An integer, a float, a string or a tensor.
  private mutating func single(key: String) throws(Diagnostic) -> Attribute {
    if scanner.sees("\"") { return .string(try scanner.string()) }
    scanner.skipSpace()
    let start = scanner
    let word = try scanner.numeral()
    if let number = Int(word) { return .int(number) }
    if ElementType(textName: word) != nil {
      scanner = start
      let type = try tensorType()
      return .tensor(try literal(type, key: key))
    }
    scanner = start
    return .float(try float())
  }
}
