import IR

/// Why all indices of a channel group stay.
public struct BlockReason: Hashable, Sendable {
  /// The name of the node at fault; nil where a value itself is.
  public var node: String?
  /// The node's operator.
  public var op: String?
  /// The value at fault.
  public var value: String?
  /// What is the matter: a phrase that continues the operator or the value.
  public var rule: String

  /// Creates a reason.
  public init(node: String? = nil, op: String? = nil, value: String? = nil, rule: String) {
    self.node = node
    self.op = op
    self.value = value
    self.rule = rule
  }
}

extension BlockReason: CustomStringConvertible {
  /// The reason as a phrase, `Softmax 'attn' normalises over it`.
  public var description: String {
    var parts: [String] = []
    if let op { parts.append(node.map { $0.isEmpty ? op : "\(op) '\($0)'" } ?? op) }
    if let value { parts.append(op == nil ? "'\(value)'" : "at '\(value)'") }
    parts.append(rule)
    return parts.joined(separator: " ")
  }
}
