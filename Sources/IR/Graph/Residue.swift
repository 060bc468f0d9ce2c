/// What a message of the source file holds beyond its meaning, kept so that nothing is lost.
public struct Residue: Hashable, Sendable {
  /// The documentation string.
  public var docString: String?
  /// The metadata properties, in their order.
  public var metadata: [(key: String, value: String)]
  /// Encoded fields, tags included, that pcc has no other place for: device configurations,
  /// quantisation annotations, and fields of a later schema.
  public var fields: [UInt8]

  /// Creates a residue; empty by default.
  public init(
    docString: String? = nil, metadata: [(key: String, value: String)] = [], fields: [UInt8] = []
  ) {
    self.docString = docString
    self.metadata = metadata
    self.fields = fields
  }

  /// Whether there is nothing in it.
  public var isEmpty: Bool { docString == nil && metadata.isEmpty && fields.isEmpty }

  public static func == (left: Residue, right: Residue) -> Bool {
    left.docString == right.docString && left.fields == right.fields
      && left.metadata.elementsEqual(right.metadata, by: ==)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(docString)
    hasher.combine(fields)
    for (key, value) in metadata {
      hasher.combine(key)
      hasher.combine(value)
    }
  }
}
