/// The value of a node's attribute.
public enum Attribute: Sendable {
  case float(Float)
  case int(Int)
  case string(String)
  case tensor(Tensor)
  case graph(Graph)
  case floats([Float])
  case ints([Int])
  case strings([String])
  case tensors([Tensor])
  case graphs([Graph])
  /// A reference to an attribute of the enclosing model-local function.
  case reference(String, type: Int32)
  /// An `AttributeProto` that has no case here (sparse tensors, types, strings that are not UTF-8),
  /// byte for byte.
  case opaque([UInt8])
}
