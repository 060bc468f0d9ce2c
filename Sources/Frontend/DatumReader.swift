import COnnx
import IR

/// Reads files that hold one `TensorProto`, `SequenceProto` or `OptionalProto`, as ONNX's test cases
/// have them.
public struct DatumReader: Sendable {
  /// The element types that `SequenceProto` and `OptionalProto` name.
  private enum Kind: Int32 {
    case none = 0
    case tensor = 1
    case sequence = 3
  }

  /// Creates a reader.
  public init() {}

  /// Reads the file at `path`, which holds a value of `type`; throws an environment error if it
  /// cannot be read, an invalid one if it holds something else, an unsupported one for maps, sparse
  /// tensors and element types that are not known.
  public func read(_ path: String, as type: ValueType) throws(Diagnostic) -> Datum {
    do throws(Diagnostic) {
      switch type {
      case .unknown, .tensor: return .tensor(try tensor(in: path))
      case .opaque(let encoded): return try datum(in: path, as: encoded)
      }
    } catch {
      throw error.inFile(path)
    }
  }

  private func tensor(in path: String) throws(Diagnostic) -> Tensor {
    let message = try ProtoFile(path, onnx__tensor_proto__descriptor) {
      onnx__tensor_proto__unpack($0, $1, $2)
    }
    defer { onnx__tensor_proto__free_unpacked(message.content, nil) }
    return try tensor(message.content)
  }

  private func tensor(_ proto: UnsafeMutablePointer<Onnx__TensorProto>) throws(Diagnostic) -> Tensor
  {
    let external = ExternalDataReader(directory: nil, allowsSymlinks: false)
    return try TensorImport(external: external).tensor(proto).tensor
  }

  /// The value of a type that is no tensor, by its encoding.
  private func datum(in path: String, as type: [UInt8]) throws(Diagnostic) -> Datum {
    switch type.withUnsafeBytes({ WireReader.fields(of: $0).first?.number }) {
    case 4:
      let message = try ProtoFile(path, onnx__sequence_proto__descriptor) {
        onnx__sequence_proto__unpack($0, $1, $2)
      }
      defer { onnx__sequence_proto__free_unpacked(message.content, nil) }
      return .sequence(try sequence(message.content))
    case 9:
      let message = try ProtoFile(path, onnx__optional_proto__descriptor) {
        onnx__optional_proto__unpack($0, $1, $2)
      }
      defer { onnx__optional_proto__free_unpacked(message.content, nil) }
      return try optional(message.content)
    default: throw .unsupported("a map or sparse tensor cannot be read")
    }
  }

  private func sequence(
    _ proto: UnsafeMutablePointer<Onnx__SequenceProto>
  ) throws(Diagnostic) -> [Tensor] {
    guard Kind(rawValue: proto.pointee.elem_type) == .tensor else {
      throw .unsupported("a sequence of something else than tensors cannot be read")
    }
    var tensors: [Tensor] = []
    for item in Proto.list(proto.pointee.n_tensor_values, proto.pointee.tensor_values) {
      tensors.append(try tensor(item))
    }
    return tensors
  }

  private func optional(
    _ proto: UnsafeMutablePointer<Onnx__OptionalProto>
  ) throws(Diagnostic) -> Datum {
    switch Kind(rawValue: proto.pointee.elem_type) {
    case Kind.none?: return .absent
    case .tensor?:
      return try proto.pointee.tensor_value.map { item throws(Diagnostic) in
        .tensor(try tensor(item))
      } ?? .absent
    case .sequence?:
      return try proto.pointee.sequence_value.map { item throws(Diagnostic) in
        .sequence(try sequence(item))
      } ?? .absent
    case nil:
      throw .unsupported("an optional of something else than a tensor or a sequence")
    }
  }
}
