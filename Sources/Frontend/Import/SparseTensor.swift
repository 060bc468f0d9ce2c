import COnnx
import IR

/// Reads `SparseTensorProto`.
enum SparseTensor {
  /// The largest dense form, in bytes.
  private static let limit = 1 << 30

  /// The dense tensor of the same elements; throws if indices do not fit.
  static func dense(
    _ proto: UnsafeMutablePointer<Onnx__SparseTensorProto>, _ tensors: TensorImport
  ) throws(Diagnostic) -> (name: String, tensor: Tensor) {
    let source = proto.pointee
    guard let valuesProto = source.values else { throw .invalid("sparse tensor has no values") }
    let values = try tensors.tensor(valuesProto)
    let site = Site(value: values.name)
    let shape = Proto.numbers(source.n_dims, source.dims).map { Int($0) }
    guard values.tensor.type.bitWidth >= 8, values.tensor.rank == 1 else {
      throw .unsupported("sparse tensor of \(values.tensor.type.textName)", at: site)
    }
    guard let count = Tensor.count(of: shape), let size = values.tensor.type.byteCount(of: count)
    else { throw .invalid("sparse tensor dimensions are negative or overflow", at: site) }
    guard size <= limit else {
      throw .unsupported("sparse tensor takes \(size) bytes when dense", at: site)
    }
    let indices = try source.indices.map(tensors.tensor)?.tensor ?? Tensor([Int64]())
    let positions = try self.positions(indices, values.tensor.count, shape, site)
    let width = values.tensor.type.bitWidth / 8
    var tensor = Tensor(zeros: values.tensor.type, shape: shape)
    tensor.withMutableBytes { target in
      values.tensor.withBytes { source in
        for (index, position) in positions.enumerated() {
          target[(position * width)..<((position + 1) * width)].copyBytes(
            from: source[(index * width)..<((index + 1) * width)])
        }
      }
    }
    return (values.name, tensor)
  }

  /// Whether an encoded `SparseTensorProto` still stands for the tensor.
  static func isUnchanged(_ encoded: [UInt8], _ tensor: Tensor) -> Bool {
    guard let proto = onnx__sparse_tensor_proto__unpack(nil, encoded.count, encoded) else {
      return false
    }
    defer { onnx__sparse_tensor_proto__free_unpacked(proto, nil) }
    let external = ExternalDataReader(directory: nil, allowsSymlinks: false)
    guard let source = try? dense(proto, TensorImport(external: external)) else { return false }
    return source.tensor == tensor
  }

  /// The linear positions of the values; each must lie within the shape.
  private static func positions(
    _ indices: Tensor, _ count: Int, _ shape: [Int], _ site: Site
  ) throws(Diagnostic) -> [Int] {
    guard indices.type == .int64, let numbers = indices.integers else {
      throw .invalid("indices of a sparse tensor are not int64", at: site)
    }
    let isLinear = indices.shape == [count]
    guard isLinear || indices.shape == [count, shape.count] else {
      throw .invalid("\(indices.shape) indices for \(count) values of a sparse tensor", at: site)
    }
    let extents = isLinear ? [shape.reduce(1, *)] : shape
    var positions: [Int] = []
    for row in 0..<count {
      var position = 0
      for (axis, extent) in extents.enumerated() {
        let index = numbers[row * extents.count + axis]
        guard (0..<extent).contains(index) else {
          throw .invalid("index \(index) of a sparse tensor is out of range", at: site)
        }
        position = position * extent + index
      }
      positions.append(position)
    }
    return positions
  }
}
