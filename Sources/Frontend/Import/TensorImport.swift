import COnnx
import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A tensor with the form that the file holds it in.
struct ImportedTensor {
  var name: String
  var tensor: Tensor
  var encoding: Constant.Encoding
  var residue: Residue
}

/// Reads `TensorProto`; takes large payloads over from protobuf-c instead of copying them.
struct TensorImport {
  typealias Message = UnsafeMutablePointer<Onnx__TensorProto>

  let external: ExternalDataReader

  /// The tensor; throws if type, shape and payload do not fit each other.
  func tensor(_ proto: Message) throws(Diagnostic) -> ImportedTensor {
    let name = try Proto.text(proto.pointee.name) ?? ""
    do throws(Diagnostic) {
      return try content(proto, name)
    } catch {
      var error = error
      if error.site.value == nil, !name.isEmpty { error.site.value = name }
      throw error
    }
  }

  private func content(_ proto: Message, _ name: String) throws(Diagnostic) -> ImportedTensor {
    let source = proto.pointee
    guard source.data_type != 0 else { throw .invalid("tensor has no element type") }
    guard let type = ElementType(rawValue: source.data_type) else {
      throw .unsupported("element type \(source.data_type) of a tensor is not known")
    }
    guard source.segment == nil else { throw .unsupported("tensor is stored in segments") }
    let shape = Proto.numbers(source.n_dims, source.dims).map { Int($0) }
    guard let count = Tensor.count(of: shape), let size = type.byteCount(of: count),
      Tensor.count(of: shape.map { max($0, 1) }) != nil
    else {
      throw .invalid("tensor dimensions \(shape.prefix(16)) are negative or overflow")
    }
    let residue = Residue(
      docString: try Proto.text(source.doc_string),
      metadata: try Proto.entries(source.n_metadata_props, source.metadata_props),
      fields: WireBytes.unknownFields(of: source.base))
    func imported(_ tensor: Tensor?, _ encoding: Constant.Encoding) throws(Diagnostic)
      -> ImportedTensor
    {
      guard let tensor else { throw .invalid("tensor data does not fit \(type.textName)\(shape)") }
      return ImportedTensor(name: name, tensor: tensor, encoding: encoding, residue: residue)
    }

    let isExternal =
      source.has_data_location != 0
      && source.data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL
    let typedCount =
      source.n_float_data + source.n_int32_data + source.n_string_data + source.n_int64_data
      + source.n_double_data + source.n_uint64_data
    guard !isExternal || (typedCount == 0 && source.raw_data.len == 0) else {
      throw .invalid("tensor has external data and data of its own")
    }
    guard typedCount == 0 || source.raw_data.len == 0 else {
      throw .invalid("tensor has raw data and typed data")
    }
    if isExternal {
      guard type != .string else { throw .invalid("strings cannot be external data") }
      let fields = try Proto.entries(source.n_external_data, source.external_data)
        .map { Constant.ExternalField(key: $0.key, value: $0.value) }
      let bytes = try external.read(fields, size: size)
      return try imported(Tensor(type: type, shape: shape, bytes: bytes), .external(fields))
    }
    if type == .string {
      guard source.n_string_data == typedCount, source.raw_data.len == 0 else {
        throw .invalid("strings are expected in string_data")
      }
      let strings = UnsafeBufferPointer(start: source.string_data, count: source.n_string_data)
        .map(Proto.bytes)
      return try imported(Tensor(strings: strings, shape: shape), .typed)
    }
    if typedCount == 0 {
      guard source.raw_data.len == size else {
        throw .invalid(
          "tensor has \(source.raw_data.len) bytes of data, \(type.textName)\(shape) takes \(size)")
      }
      let bytes = TensorImport.take(&proto.pointee.raw_data.data, size)
      return try imported(
        Tensor(type: type, shape: shape, bytes: bytes), source.has_raw_data != 0 ? .raw : .typed)
    }
    return try imported(typed(proto, type, shape, count, typedCount), .typed)
  }

  /// Takes memory that protobuf-c allocated out of a message.
  private static func take<Element>(_ pointer: inout UnsafeMutablePointer<Element>?, _ size: Int)
    -> TensorBytes
  {
    guard let memory = pointer else {
      // Safety: an empty block; `bytes` stays alive for as long as the memory is used.
      let memory = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 64)
      let address = UInt(bitPattern: memory)
      return TensorBytes(adopting: memory, count: 0) {
        UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
      }
    }
    pointer = nil
    let address = UInt(bitPattern: memory)
    // Safety: protobuf-c's default allocator is malloc, and the message no longer points here.
    return TensorBytes(adopting: memory, count: size) {
      free(UnsafeMutableRawPointer(bitPattern: address))
    }
  }

  /// The tensor of a typed field; nil if the field is the wrong one or its length does not fit.
  private func typed(
    _ proto: Message, _ type: ElementType, _ shape: [Int], _ count: Int, _ total: Int
  ) throws(Diagnostic) -> Tensor? {
    let source = proto.pointee
    guard let size = type.byteCount(of: count) else { return nil }
    func adopt<Element>(
      _ entries: inout Int, _ field: inout UnsafeMutablePointer<Element>?, parts: Int = 1
    ) -> Tensor? {
      let (expected, overflow) = count.multipliedReportingOverflow(by: parts)
      guard !overflow, entries == total, total == expected else { return nil }
      entries = 0
      return Tensor(type: type, shape: shape, bytes: TensorImport.take(&field, size))
    }
    switch type {
    case .float32: return adopt(&proto.pointee.n_float_data, &proto.pointee.float_data)
    case .complex64: return adopt(&proto.pointee.n_float_data, &proto.pointee.float_data, parts: 2)
    case .float64: return adopt(&proto.pointee.n_double_data, &proto.pointee.double_data)
    case .complex128:
      return adopt(&proto.pointee.n_double_data, &proto.pointee.double_data, parts: 2)
    case .int64: return adopt(&proto.pointee.n_int64_data, &proto.pointee.int64_data)
    case .uint64: return adopt(&proto.pointee.n_uint64_data, &proto.pointee.uint64_data)
    case .int32: return adopt(&proto.pointee.n_int32_data, &proto.pointee.int32_data)
    case .uint32:
      guard source.n_uint64_data == total, total == count else { return nil }
      let numbers = UnsafeBufferPointer(start: source.uint64_data, count: total)
      guard numbers.allSatisfy({ $0 <= UInt64(UInt32.max) }) else { return nil }
      return Tensor(numbers.map { UInt32($0) }, shape: shape)
    case .int16, .uint16, .float16, .bfloat16:
      guard source.n_int32_data == total, total == count else { return nil }
      return narrow(source, type, shape, to: UInt16.self)
    case .int8, .uint8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .float8e8m0, .uint4, .int4, .float4e2m1, .uint2, .int2:
      guard source.n_int32_data == total, total == size else { return nil }
      return narrow(source, type, shape, to: UInt8.self)
    case .float6e2m3, .float6e3m2:
      guard source.n_int32_data == total, total == count else { return nil }
      let codes = UnsafeBufferPointer(start: source.int32_data, count: total)
      guard codes.allSatisfy({ (0..<64).contains($0) }) else { return nil }
      return Tensor(codes: codes.map { UInt8($0) }, type: type, shape: shape)
    case .string: return nil
    }
  }

  /// The low bits of each entry of `int32_data`; nil if one has others.
  private func narrow<Bits: FixedWidthInteger & UnsignedInteger>(
    _ source: Onnx__TensorProto, _ type: ElementType, _ shape: [Int], to bits: Bits.Type
  ) -> Tensor? {
    let numbers = UnsafeBufferPointer(start: source.int32_data, count: source.n_int32_data)
    let range = -(Int32(1) << (Bits.bitWidth - 1))..<(Int32(1) << Bits.bitWidth)
    guard numbers.allSatisfy(range.contains) else { return nil }
    return Tensor(type: type, shape: shape) { memory in
      for (index, number) in numbers.enumerated() {
        memory.storeBytes(
          of: Bits(truncatingIfNeeded: number), toByteOffset: index * MemoryLayout<Bits>.size,
          as: Bits.self)
      }
    }
  }
}
