/// Where in a model something was found: the file, the node and the value, outermost first.
public struct Site: Hashable, Sendable {
  /// The path of the file, as the user gave it.
  public var file: String?
  /// The names of the enclosing nodes (subgraphs), outermost first, and of the node itself.
  public var nodes: [String]
  /// The operator of the innermost node.
  public var op: String?
  /// The name of the value.
  public var value: String?

  /// Creates a site from the parts that are known.
  public init(
    file: String? = nil, nodes: [String] = [], op: String? = nil, value: String? = nil
  ) {
    self.file = file
    self.nodes = nodes
    self.op = op
    self.value = value
  }

  /// Nowhere in particular.
  public static let unknown = Site()
}

extension Site: CustomStringConvertible {
  /// The site as a prefix of a message, `file: node 'a/b' (Conv): value 'x'`; empty if unknown.
  public var description: String {
    var parts: [String] = []
    if let file { parts.append(file) }
    if !nodes.isEmpty {
      let path = nodes.joined(separator: "/")
      parts.append(op.map { "node '\(path)' (\($0))" } ?? "node '\(path)'")
    } else if let op {
      parts.append("operator \(op)")
    }
    if let value { parts.append("value '\(value)'") }
    return parts.joined(separator: ": ")
  }
}
