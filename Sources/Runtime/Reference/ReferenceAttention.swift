import IR
import RealModule

/// The reference kernel of Attention.
enum ReferenceAttention {
  /// Attention; see ONNX Attention-25.
  static func attention<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let rank = try call.operand(0).rank
    let query = try heads(call, 0, type, "q_num_heads")
    var key = try heads(call, 1, type, "kv_num_heads")
    var value = try heads(call, 2, type, "kv_num_heads")
    let past = try self.past(call, type)
    if let past {
      try fit(call, past.key, key)
      try fit(call, past.value, value)
      try call.admit(S.elementType, [key.batch, key.heads, past.key.positions, key.size])
      key = key.following(past.key)
      value = value.following(past.value)
    }
    guard query.batch == key.batch, key.batch == value.batch, query.size == key.size,
      key.positions == value.positions, key.heads == value.heads, key.heads > 0,
      query.heads % key.heads == 0
    else {
      throw call.invalid(
        "queries of \(query.shape), keys of \(key.shape), values of \(value.shape) do not fit")
    }
    let bias = try self.bias(call, type, query, key, past: past?.key.positions)
    var core = AttentionCore(
      query: query, key: key, value: value, scale: 1 / S.sqrt(S(query.size)), bias: bias)
    try configure(&core, call)
    try call.admit(S.elementType, [query.batch, query.heads, query.positions, value.size])
    if core.keeps != nil {
      try call.admit(S.elementType, [query.batch, query.heads, query.positions, key.positions])
    }
    let (output, scores) = core.run()
    let result =
      rank == 3
      ? Tensor(
        output.sideBySide, shape: [query.batch, query.positions, query.heads * value.size])
      : Tensor(output.elements, shape: output.shape)
    return [
      result, Tensor(key.elements, shape: key.shape), Tensor(value.elements, shape: value.shape),
      core.keeps.map { _ in
        Tensor(scores, shape: [query.batch, query.heads, query.positions, key.positions])
      },
    ]
  }

  private static func configure<S: ReferenceScalar>(
    _ core: inout AttentionCore<S>, _ call: ReferenceCall
  ) throws(Diagnostic) {
    if let scale = call.node.attributes.float("scale") { core.scale = S(scale) }
    core.cap = S(call.node.attributes.float("softcap") ?? 0)
    if call.node.output(3) != nil {
      let mode = try call.int("qk_matmul_output_mode", default: 0, in: 0...3)
      core.keeps = AttentionCore<S>.Stage(rawValue: mode)
    }
    let named = try call.elementType("softmax_precision")
    guard let precision = AttentionCore<S>.Rounding(named ?? .float32) else {
      throw call.invalid("attribute 'softmax_precision' is \(named?.textName ?? "")")
    }
    core.precision = precision
  }

  /// An operand of shape `[batch, heads, positions, size]` or `[batch, positions, heads · size]`.
  private static func heads<S: ReferenceScalar>(
    _ call: ReferenceCall, _ index: Int, _ type: S.Type, _ name: String
  ) throws(Diagnostic) -> HeadTensor<S> {
    let shape = try call.operand(index).shape
    let elements = try call.elements(index, type)
    if shape.count == 4 { return HeadTensor(dense: elements, shape) }
    let count = call.node.attributes.int(name) ?? 0
    guard shape.count == 3, count >= 1, shape[2] % count == 0 else {
      throw call.invalid("operand \(index) of shape \(shape) has no \(count) heads")
    }
    let size = shape[2] / count
    return HeadTensor(
      elements, [shape[0], count, shape[1], size],
      strides: (batch: shape[1] * shape[2], head: size, position: shape[2]))
  }

  private static func past<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> (key: HeadTensor<S>, value: HeadTensor<S>)?
  {
    guard call.optional(4) != nil || call.optional(5) != nil else { return nil }
    return (
      HeadTensor(dense: try call.elements(4, type), try call.shape(4, rank: 4)),
      HeadTensor(dense: try call.elements(5, type), try call.shape(5, rank: 4))
    )
  }

  /// Throws unless one tensor can follow the other.
  static func fit<S: ReferenceScalar>(
    _ call: ReferenceCall, _ past: HeadTensor<S>, _ present: HeadTensor<S>
  ) throws(Diagnostic) {
    guard past.batch == present.batch, past.heads == present.heads, past.size == present.size else {
      throw call.invalid("a past of shape \(past.shape) does not fit \(present.shape)")
    }
  }

  /// What masks, causality, windows and padding add to the scores.
  private static func bias<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type, _ query: HeadTensor<S>, _ key: HeadTensor<S>, past: Int?
  ) throws(Diagnostic) -> (Int, Int, Int, Int) -> S {
    let mask = try self.mask(call, type, query, key)
    let lengths = try call.optional(6) == nil ? nil : call.integers(6)
    guard lengths?.count ?? query.batch == query.batch else {
      throw call.invalid("\(lengths?.count ?? 0) numbers of keys for a batch of \(query.batch)")
    }
    let isCausal = call.flag("is_causal")
    let bound = -1...(1 << 40)
    let left = try call.int("left_window_size", default: -1, in: bound)
    let right = try call.int("right_window_size", default: -1, in: bound)
    let queries = query.positions
    return { image, head, position, index in
      let offset = past ?? lengths.map { max($0[image], -(1 << 40)) - queries } ?? 0
      let distance = position + min(offset, 1 << 40) - index
      if isCausal, distance < 0 { return -.infinity }
      if left >= 0, distance > left { return -.infinity }
      if right >= 0, -distance > right { return -.infinity }
      if let lengths, index >= lengths[image] { return -.infinity }
      return mask?(image, head, position, index) ?? 0
    }
  }

  /// What the mask, operand 3, adds: numbers, or -inf where it is false; -inf behind its end.
  private static func mask<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type, _ query: HeadTensor<S>, _ key: HeadTensor<S>
  ) throws(Diagnostic) -> ((Int, Int, Int, Int) -> S)? {
    guard let tensor = call.optional(3) else { return nil }
    let full = [query.batch, query.heads, query.positions, key.positions]
    guard let width = tensor.shape.last, tensor.rank <= 4, width <= key.positions,
      Strided.broadcast(Array(tensor.shape.dropLast()), Array(full.dropLast()))
        == Array(full.dropLast())
    else { throw call.invalid("a mask of shape \(tensor.shape) does not fit \(full)") }
    let strides = Strided.strides(
      of: tensor.shape, broadcastTo: Array(full.dropLast()) + [width])
    let step = width == 1 ? 0 : strides[3]
    func place(_ image: Int, _ head: Int, _ position: Int, _ index: Int) -> Int {
      image * strides[0] + head * strides[1] + position * strides[2] + index * step
    }
    if tensor.type == .bool {
      let flags = try call.elements(3, Bool.self)
      return { image, head, position, index in
        index < width && flags[place(image, head, position, index)] ? 0 : -.infinity
      }
    }
    let numbers = try call.elements(3, type)
    return { image, head, position, index in
      index < width ? numbers[place(image, head, position, index)] : -.infinity
    }
  }
}
