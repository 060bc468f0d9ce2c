import IR

/// An output that is trained on, and the weight of its loss.
public struct OutputShare: Hashable, Sendable {
  /// Its name.
  public var name: String
  public var weight: Double

  /// Creates a share.
  public init(name: String, weight: Double = 1) {
    self.name = name
    self.weight = weight
  }

  /// Reads `name` or `name:weight`, split at the last colon before a number; throws `usage` for a
  /// weight that is not positive.
  public init(parsing text: String) throws(Diagnostic) {
    self.init(name: text)
    guard let colon = text.lastIndex(of: ":"),
      let weight = Double(text[text.index(after: colon)...])
    else { return }
    guard weight > 0, weight.isFinite else {
      throw Diagnostic(kind: .usage, "the weight of output '\(text)' is not positive")
    }
    self.init(name: String(text[..<colon]), weight: weight)
  }

  /// The position of the output of that name, the first one's without a name.
  ///
  /// Throws `invalid` if there is none.
  static func index(of name: String?, in graph: Graph) throws(Diagnostic) -> Int {
    guard let name else {
      guard !graph.outputs.isEmpty else { throw .invalid("the model has no output") }
      return 0
    }
    let names = graph.outputs.map { graph[$0].name }
    guard let index = names.firstIndex(of: name) else {
      throw .invalid("the model has no output '\(name)', but \(names.joined(separator: ", "))")
    }
    return index
  }
}
