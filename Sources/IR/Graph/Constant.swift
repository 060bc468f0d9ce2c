/// A tensor that is part of the model.
public struct Constant: Sendable {
  /// How the source file holds the tensor, and so how it is written back.
  public enum Encoding: Hashable, Sendable {
    /// Bytes in `raw_data`.
    case raw
    /// Numbers in `float_data`, `int64_data` and so on.
    case typed
    /// Bytes in another file beside the model; the fields of `external_data` in their order.
    case external([ExternalField])
  }

  /// One key and value of `external_data`.
  public struct ExternalField: Hashable, Sendable {
    public var key: String
    public var value: String

    /// Creates a field.
    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// What in the source file made the constant.
  public enum Origin: Sendable {
    /// An initializer; `overridable` if it is a graph input as well and the IR version is 4 or
    /// later.
    case initializer(overridable: Bool)
    /// A sparse initializer: the `SparseTensorProto`, byte for byte, emitted as it is.
    case sparseInitializer([UInt8])
    /// A `Constant` node with the attribute that held the value.
    case node(name: String, attribute: String, domain: String, residue: Residue)
  }

  public var tensor: Tensor
  public var encoding: Encoding
  public var origin: Origin
  /// Documentation, metadata and unknown fields of the `TensorProto`.
  public var residue: Residue

  /// Creates a constant; by default an initializer with raw data.
  public init(
    _ tensor: Tensor, encoding: Encoding = .raw, origin: Origin = .initializer(overridable: false),
    residue: Residue = Residue()
  ) {
    self.tensor = tensor
    self.encoding = encoding
    self.origin = origin
    self.residue = residue
  }

  /// Whether a caller may replace the value at run time, so that no pass may rely on it.
  public var isOverridable: Bool {
    if case .initializer(let overridable) = origin { overridable } else { false }
  }
}
