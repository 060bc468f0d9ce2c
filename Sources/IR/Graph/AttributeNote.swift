/// What the source file says of an attribute besides its name and value.
public struct AttributeNote: Sendable {
  /// What it says of a tensor within the attribute besides the elements.
  public struct TensorNote: Sendable {
    public var name: String
    public var encoding: Constant.Encoding
    public var residue: Residue

    /// Creates a note.
    public init(name: String, encoding: Constant.Encoding, residue: Residue) {
      self.name = name
      self.encoding = encoding
      self.residue = residue
    }
  }

  /// Documentation and unknown fields; attributes have no metadata.
  public var residue: Residue
  /// A note for every tensor of the attribute, in order.
  public var tensors: [TensorNote]

  /// Creates a note.
  public init(residue: Residue = Residue(), tensors: [TensorNote] = []) {
    self.residue = residue
    self.tensors = tensors
  }
}
