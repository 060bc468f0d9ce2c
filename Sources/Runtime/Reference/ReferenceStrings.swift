import IR

/// Reference kernels of operators on strings.
enum ReferenceStrings {
  /// StringConcat: the strings of operand 1 after those of operand 0, which broadcast.
  static func concat(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let (first, second) = (try strings(call, 0), try strings(call, 1))
    let shape = try ReferenceElementwise.broadcast(call).shape
    try call.admit(.string, shape)
    let left = Strided.offsets(of: try call.operand(0).shape, broadcastTo: shape)
    let right = Strided.offsets(of: try call.operand(1).shape, broadcastTo: shape)
    var room = call.maximumBytes
    for (a, b) in zip(left, right) {
      room -= first[a].count + second[b].count
      guard room >= 0 else {
        throw call.unsupported("strings of more than \(call.maximumBytes) bytes")
      }
    }
    return [try made(call, zip(left, right).map { first[$0] + second[$1] }, shape)]
  }

  /// StringSplit: the parts of each string, filled up with empty ones, and how many there are.
  static func split(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let source = try strings(call, 0)
    let shape = try call.operand(0).shape
    let most = call.node.attributes.int("maxsplit") ?? .max
    guard most >= 0 else { throw call.invalid("maxsplit is \(most), expected 0 or more") }
    let delimiter = Array((call.node.attributes.string("delimiter") ?? "").utf8)
    var lists: [[[UInt8]]] = []
    for text in source {
      if delimiter.isEmpty {
        lists.append(words(try unicode(call, text), splits: most))
      } else if text.isEmpty {
        throw call.unsupported("runtimes disagree on the parts of an empty string")
      } else {
        lists.append(pieces(text, by: delimiter, splits: most))
      }
    }
    let width = lists.map(\.count).max() ?? 0
    try call.admit(.string, shape + [width])
    let filled = lists.flatMap { $0 + Array(repeating: [], count: width - $0.count) }
    return [
      try made(call, filled, shape + [width]), Tensor(lists.map { Int64($0.count) }, shape: shape),
    ]
  }

  /// What lies between runs of white space, at either end too; after so many splits the rest is one
  /// part.
  private static func words(_ text: String, splits: Int) -> [[UInt8]] {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
    var rest = text.unicodeScalars.drop(while: isSpace)
    var parts: [[UInt8]] = []
    while !rest.isEmpty {
      let end = parts.count == splits ? rest.endIndex : rest.firstIndex(where: isSpace)
      parts.append(Array(String(rest[..<(end ?? rest.endIndex)]).utf8))
      rest = rest[(end ?? rest.endIndex)...].drop(while: isSpace)
    }
    return parts
  }

  /// What lies between occurrences of a delimiter, from the left; after so many splits the rest is
  /// one part.
  private static func pieces(_ text: [UInt8], by delimiter: [UInt8], splits: Int) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var (start, place) = (0, 0)
    while place + delimiter.count <= text.count, parts.count < splits {
      if text[place..<(place + delimiter.count)].elementsEqual(delimiter) {
        parts.append(Array(text[start..<place]))
        place += delimiter.count
        start = place
      } else {
        place += 1
      }
    }
    return parts + [Array(text[start...])]
  }

  /// StringNormalizer: the strings that are no stop words, in another case; one empty string if
  /// none is left.
  static func normalize(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let source = try strings(call, 0)
    let shape = try call.operand(0).shape
    guard shape.count == 1 || shape.count == 2 && shape[0] == 1 else {
      throw call.invalid("strings of shape \(shape), expected [c] or [1, c]")
    }
    let action = call.node.attributes.string("case_change_action") ?? "NONE"
    guard ["NONE", "LOWER", "UPPER"].contains(action) else {
      throw call.invalid("case_change_action is '\(action)', expected LOWER, UPPER or NONE")
    }
    var stops: [String] = []
    if case .strings(let given)? = call.node.attributes["stopwords"] { stops = given }
    let ignoresCase = !call.flag("is_case_sensitive") && !stops.isEmpty
    if ignoresCase || action != "NONE" { try checkLocale(call) }
    func changed(_ text: String) -> String {
      action == "UPPER" ? text.uppercased() : text.lowercased()
    }
    let unwanted = Set(stops.map { Array((ignoresCase ? changed($0) : $0).utf8) })
    var kept: [[UInt8]] = []
    for bytes in source {
      let text = try unicode(call, bytes)
      if unwanted.contains(Array((ignoresCase ? changed(text) : text).utf8)) { continue }
      kept.append(action == "NONE" ? bytes : Array(changed(text).utf8))
    }
    if kept.isEmpty { kept.append([]) }
    return [try made(call, kept, shape.count == 1 ? [kept.count] : [1, kept.count])]
  }

  /// Throws for the languages that do not change case as the rest do.
  private static func checkLocale(_ call: ReferenceCall) throws(Diagnostic) {
    let locale = call.node.attributes.string("locale") ?? ""
    let language = locale.lowercased().prefix { $0.isLetter }
    guard !["az", "lt", "tr"].contains(language) else {
      throw call.unsupported("case of locale '\(locale)' is not supported")
    }
  }

  private static func strings(_ call: ReferenceCall, _ index: Int) throws(Diagnostic) -> [[UInt8]] {
    let tensor = try call.operand(index)
    guard tensor.type == .string else { throw call.unsupportedType(tensor.type) }
    return tensor.strings
  }

  /// The text of bytes; throws unless they are UTF-8.
  private static func unicode(_ call: ReferenceCall, _ bytes: [UInt8]) throws(Diagnostic)
    -> String
  {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw call.invalid("a string is not UTF-8")
    }
    return text
  }

  private static func made(
    _ call: ReferenceCall, _ strings: [[UInt8]], _ shape: [Int]
  ) throws(Diagnostic) -> Tensor {
    guard let tensor = Tensor(strings: strings, shape: shape) else {
      throw call.invalid("\(strings.count) strings do not fill shape \(shape)")
    }
    return tensor
  }
}
