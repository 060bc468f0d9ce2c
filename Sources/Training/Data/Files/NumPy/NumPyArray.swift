import IR

/// Arrays in NumPy's `.npy` format.
public enum NumPyArray {
  /// Reads the array that `bytes` hold.
  ///
  /// Throws an `invalid` diagnostic for a file that is no well-formed array or has more or fewer
  /// bytes than its shape says, an `unsupported` one for objects, structures and text.
  public static func read(_ bytes: [UInt8]) throws(Diagnostic) -> Tensor {
    let header = try NumPyHeader(bytes)
    let width = header.type.bitWidth / 8
    guard let count = Tensor.count(of: header.shape), let size = header.type.byteCount(of: count),
      size == bytes.count - header.dataOffset
    else {
      throw .invalid(
        "a .npy array of shape \(header.shape) and \(width) bytes an element, "
          + "but with \(bytes.count - header.dataOffset) bytes of elements")
    }
    let shape = header.isColumnMajor ? header.shape.reversed() : header.shape
    let tensor = Tensor(type: header.type, shape: shape) { target in
      bytes.withUnsafeBytes {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[header.dataOffset...]))
      }
      if header.isByteSwapped { swapBytes(of: target, width: width) }
      if header.type == .bool {
        for index in target.indices where target[index] > 1 { target[index] = 1 }
      }
    }
    return header.isColumnMajor ? transposed(tensor) : tensor
  }

  /// The `.npy` file of a tensor; bfloat16 becomes float32.
  ///
  /// Throws an `unsupported` diagnostic for types that NumPy lacks.
  public static func write(_ tensor: Tensor) throws(Diagnostic) -> [UInt8] {
    if tensor.type == .bfloat16, let floats = tensor.floats {
      return try write(Tensor(floats, shape: tensor.shape))
    }
    guard let code = NumPyHeader.code(of: tensor.type) else {
      throw .unsupported("a tensor of type \(tensor.type.textName) in a .npy file")
    }
    let extents = tensor.shape.map { "\($0), " }.joined()
    let shape =
      tensor.rank == 1
      ? "\(tensor.shape[0]),"
      : String(extents.dropLast(min(2, extents.count)))
    var text = "{'descr': '\(code)', 'fortran_order': False, 'shape': (\(shape)), }"
    let unpadded = 10 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = text.utf8.count
    var bytes: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]
    bytes += [UInt8(length & 0xFF), UInt8(length >> 8)]
    bytes += Array(text.utf8)
    tensor.withBytes { bytes.append(contentsOf: $0) }
    return bytes
  }

  static func swapBytes(of memory: UnsafeMutableRawBufferPointer, width: Int) {
    guard width > 1 else { return }
    for start in stride(from: 0, to: memory.count, by: width) {
      for offset in 0..<(width / 2) { memory.swapAt(start + offset, start + width - 1 - offset) }
    }
  }

  /// The tensor with its axes in reverse order.
  private static func transposed(_ tensor: Tensor) -> Tensor {
    let shape = Array(tensor.shape.reversed())
    let width = tensor.type.bitWidth / 8
    var steps = [Int](repeating: 0, count: tensor.rank)
    var stride = 1
    for axis in tensor.shape.indices.reversed() {
      steps[tensor.rank - 1 - axis] = stride
      stride *= tensor.shape[axis]
    }
    return Tensor(type: tensor.type, shape: shape) { target in
      tensor.withBytes { source in
        var index = [Int](repeating: 0, count: shape.count)
        var from = 0
        for position in 0..<tensor.count {
          for byte in 0..<width { target[position * width + byte] = source[from * width + byte] }
          for axis in shape.indices.reversed() {
            index[axis] += 1
            from += steps[axis]
            if index[axis] < shape[axis] { break }
            from -= steps[axis] * shape[axis]
            index[axis] = 0
          }
        }
      }
    }
  }
}
