import COnnx
import IR

/// Writes tensors in the form they came in.
struct TensorEmit {
  typealias Message = UnsafeMutablePointer<Onnx__TensorProto>

  let arena: ProtoArena
  let external: ExternalDataWriter

  /// The message of a tensor; large payloads are not copied.
  func tensor(
    _ tensor: Tensor, name: String, encoding: Constant.Encoding, residue: Residue
  ) -> Message {
    let proto = arena.message(onnx__tensor_proto__init)
    proto.pointee.n_dims = tensor.rank
    proto.pointee.dims = arena.array(tensor.shape.map { Int64($0) })
    proto.pointee.has_data_type = 1
    proto.pointee.data_type = tensor.type.rawValue
    if !name.isEmpty { proto.pointee.name = arena.string(name) }
    proto.pointee.doc_string = residue.docString.map(arena.string)
    proto.pointee.n_metadata_props = residue.metadata.count
    proto.pointee.metadata_props = arena.entries(residue.metadata)
    arena.splice(residue.fields, into: proto)
    if tensor.type == .string {
      proto.pointee.n_string_data = tensor.count
      proto.pointee.string_data = arena.array(tensor.strings.map(arena.bytes))
      return proto
    }
    switch encoding {
    case .raw:
      let memory = arena.memory(of: tensor)
      proto.pointee.has_raw_data = 1
      proto.pointee.raw_data = ProtobufCBinaryData(
        len: memory.count, data: memory.baseAddress?.assumingMemoryBound(to: UInt8.self))
    case .typed: setTyped(proto, tensor)
    case .external(let fields):
      proto.pointee.has_data_location = 1
      proto.pointee.data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL
      external.add(arena.memory(of: tensor), fields, to: proto, arena)
    }
    return proto
  }

  private func setTyped(_ proto: Message, _ tensor: Tensor) {
    let memory = arena.memory(of: tensor)
    // Safety: the pointer is only read, and the arena keeps the tensor alive.
    func view<Element>(_: Element.Type) -> (Int, UnsafeMutablePointer<Element>?) {
      let bound = memory.bindMemory(to: Element.self)
      return (bound.count, bound.baseAddress)
    }
    func widen<Bits: FixedWidthInteger & BitwiseCopyable>(_: Bits.Type) -> (
      Int, UnsafeMutablePointer<Int32>?
    ) {
      let bound = UnsafeRawBufferPointer(memory).bindMemory(to: Bits.self)
      return (bound.count, arena.array(bound.map { Int32($0) }))
    }
    switch tensor.type {
    case .float32, .complex64:
      (proto.pointee.n_float_data, proto.pointee.float_data) = view(Float.self)
    case .float64, .complex128:
      (proto.pointee.n_double_data, proto.pointee.double_data) = view(Double.self)
    case .int64: (proto.pointee.n_int64_data, proto.pointee.int64_data) = view(Int64.self)
    case .uint64: (proto.pointee.n_uint64_data, proto.pointee.uint64_data) = view(UInt64.self)
    case .int32: (proto.pointee.n_int32_data, proto.pointee.int32_data) = view(Int32.self)
    case .uint32:
      let numbers = tensor.withElements(of: UInt32.self) { $0.map { UInt64($0) } }
      proto.pointee.n_uint64_data = numbers.count
      proto.pointee.uint64_data = arena.array(numbers)
    case .int16: (proto.pointee.n_int32_data, proto.pointee.int32_data) = widen(Int16.self)
    case .uint16, .float16, .bfloat16:
      (proto.pointee.n_int32_data, proto.pointee.int32_data) = widen(UInt16.self)
    case .int8: (proto.pointee.n_int32_data, proto.pointee.int32_data) = widen(Int8.self)
    case .uint8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0,
      .uint4, .int4, .float4e2m1, .uint2, .int2:
      (proto.pointee.n_int32_data, proto.pointee.int32_data) = widen(UInt8.self)
    case .float6e2m3, .float6e3m2:
      let codes = (tensor.codes ?? []).map { Int32($0) }
      (proto.pointee.n_int32_data, proto.pointee.int32_data) = (codes.count, arena.array(codes))
    case .string: break
    }
  }
}
