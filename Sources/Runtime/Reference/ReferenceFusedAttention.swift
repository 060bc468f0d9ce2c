import IR
import RealModule

/// Reference kernels of the attention operators of domain com.microsoft.
enum ReferenceFusedAttention {
  /// Attention: projects its input to queries, keys and values first.
  static func projected<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    for name in ["do_rotary", "past_present_share_buffer"] where call.flag(name) {
      throw call.unsupported("attribute '\(name)' is not supported")
    }
    let input = try call.shape(0, rank: 3)
    let weight = try call.shape(1, rank: 2)
    let heads = try call.int("num_heads", default: 0, in: 1...Int(Int32.max))
    let widths =
      call.node.attributes.ints("qkv_hidden_sizes") ?? Array(repeating: weight[1] / 3, count: 3)
    guard widths.count == 3, input[2] == weight[0],
      widths.allSatisfy({ $0 >= 0 && $0 <= weight[1] && $0 % heads == 0 }),
      widths.reduce(0, +) == weight[1], widths[0] == widths[1]
    else {
      throw call.invalid("weights of shape \(weight) do not fit an input of \(input)")
    }
    let bias = try call.optionalElements(2, type, shape: [weight[1]])
    let (rows, columns) = (input[0] * input[1], weight[1])
    let (x, w) = (try call.elements(0, type), try call.elements(1, type))
    let projection = try call.make(type, [rows, columns]) { y in
      for row in 0..<rows {
        for column in 0..<columns {
          var sum = bias?[column] ?? 0
          for index in 0..<input[2] {
            sum += x[row * input[2] + index] * w[index * columns + column]
          }
          y[row * columns + column] = sum
        }
      }
    }
    var parts: [HeadTensor<S>] = []
    projection.withElements(of: type) { source in
      var offset = 0
      for width in widths {
        parts.append(
          HeadTensor(
            source, [input[0], heads, input[1], width / heads],
            strides: (batch: input[1] * columns, head: width / heads, position: columns),
            offset: offset))
        offset += width
      }
    }
    var past: (HeadTensor<S>, HeadTensor<S>)?
    if call.optional(4) != nil {
      let shape = try call.shape(4, rank: 5)
      guard shape[0] == 2 else { throw call.invalid("a past of shape \(shape)") }
      let both = try call.elements(4, type)
      let middle = both.count / 2
      past = (
        HeadTensor(dense: UnsafeBufferPointer(rebasing: both[..<middle]), Array(shape[1...])),
        HeadTensor(dense: UnsafeBufferPointer(rebasing: both[middle...]), Array(shape[1...]))
      )
    }
    let found = try attend(call, type, parts, past: past, mask: 3, added: 5)
    let shape = [2] + found.key.shape
    return [
      found.output,
      found.key.size == found.value.size
        ? Tensor(found.key.elements + found.value.elements, shape: shape) : nil,
    ]
  }

  /// MultiHeadAttention of queries, keys and values that were projected before.
  static func multiHead<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    for index in [8, 9] where call.optional(index) != nil {
      throw call.unsupported("operand \(index) is not supported")
    }
    guard call.optional(1) != nil, call.optional(2) != nil, try call.operand(0).rank == 3 else {
      throw call.unsupported("packed queries, keys and values are not supported")
    }
    let heads = try call.int("num_heads", default: 0, in: 1...Int(Int32.max))
    var parts: [HeadTensor<S>] = []
    var offset = 0
    for index in 0..<3 {
      let shape = try call.operand(index).shape
      let elements = try call.elements(index, type)
      guard shape.count == 3, shape[2] % heads == 0 else {
        guard index > 0, shape.count == 4, shape[1] == heads else {
          throw call.invalid("operand \(index) of shape \(shape) has no \(heads) heads")
        }
        parts.append(HeadTensor(dense: elements, shape))
        offset += shape[1] * shape[3]
        continue
      }
      var part = HeadTensor(
        elements, [shape[0], heads, shape[1], shape[2] / heads],
        strides: (batch: shape[1] * shape[2], head: shape[2] / heads, position: shape[2]))
      if call.optional(3) != nil { try shift(&part, call, type, by: offset) }
      parts.append(part)
      offset += shape[2]
    }
    var past: (HeadTensor<S>, HeadTensor<S>)?
    if call.optional(6) != nil {
      past = (
        HeadTensor(dense: try call.elements(6, type), try call.shape(6, rank: 4)),
        HeadTensor(dense: try call.elements(7, type), try call.shape(7, rank: 4))
      )
    }
    let found = try attend(call, type, parts, past: past, mask: 4, added: 5)
    return [
      found.output, Tensor(found.key.elements, shape: found.key.shape),
      Tensor(found.value.elements, shape: found.value.shape),
    ]
  }

  /// Adds the bias, operand 3, from an element of it on.
  private static func shift<S: ReferenceScalar>(
    _ part: inout HeadTensor<S>, _ call: ReferenceCall, _ type: S.Type, by offset: Int
  ) throws(Diagnostic) {
    let bias = try call.elements(3, type)
    let width = part.heads * part.size
    guard offset + width <= bias.count else {
      throw call.invalid("a bias of \(bias.count) elements, expected \(offset + width) or more")
    }
    let block = part.positions * part.size
    for index in part.elements.indices {
      part.elements[index] +=
        bias[offset + index / block % part.heads * part.size + index % part.size]
    }
  }

  private struct Found<S: ReferenceScalar> {
    let output: Tensor
    let key: HeadTensor<S>
    let value: HeadTensor<S>
  }

  /// Attends with what operands `mask` and `added` say of the scores.
  private static func attend<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type, _ parts: [HeadTensor<S>],
    past: (HeadTensor<S>, HeadTensor<S>)?, mask: Int, added: Int
  ) throws(Diagnostic) -> Found<S> {
    let query = parts[0]
    var (key, value) = (parts[1], parts[2])
    if let past {
      try ReferenceAttention.fit(call, past.0, key)
      try ReferenceAttention.fit(call, past.1, value)
      key = key.following(past.0)
      value = value.following(past.1)
    }
    guard query.batch == key.batch, key.batch == value.batch, query.size == key.size,
      key.positions == value.positions
    else {
      throw call.invalid(
        "queries of \(query.shape), keys of \(key.shape), values of \(value.shape) do not fit")
    }
    let full = [query.batch, query.heads, query.positions, key.positions]
    let masked = try self.mask(call, mask, full)
    var addend: ((Int, Int, Int, Int) -> S)?
    if let tensor = call.optional(added) {
      guard tensor.rank == 4, Strided.broadcast(tensor.shape, full) == full else {
        throw call.invalid("a bias of scores of shape \(tensor.shape) does not fit \(full)")
      }
      let strides = Strided.strides(of: tensor.shape, broadcastTo: full)
      let numbers = try call.elements(added, type)
      addend = {
        numbers[$0 * strides[0] + $1 * strides[1] + $2 * strides[2] + $3 * strides[3]]
      }
    }
    let filter = S(call.node.attributes.float("mask_filter_value") ?? -10000)
    let isCausal = call.flag("unidirectional")
    let before = key.positions - query.positions
    var core = AttentionCore(
      query: query, key: key, value: value, scale: 1 / S.sqrt(S(query.size))
    ) { image, head, position, index in
      if isCausal, index > position + before { return -.infinity }
      let open = masked?(image, position, index) ?? true
      return (open ? 0 : filter) + (addend?(image, head, position, index) ?? 0)
    }
    if let scale = call.node.attributes.float("scale"), scale != 0 { core.scale = S(scale) }
    let shape = [query.batch, query.positions, query.heads * value.size]
    try call.admit(S.elementType, shape)
    return Found(output: Tensor(core.run().output.sideBySide, shape: shape), key: key, value: value)
  }

  /// Whether a mask operand lets a query of an image attend to a key: it holds lengths `[batch]`,
  /// ends and then starts `[2 · batch]`, or flags `[batch, keys]` or `[batch, queries, keys]`.
  private static func mask(_ call: ReferenceCall, _ index: Int, _ full: [Int])
    throws(Diagnostic) -> ((Int, Int, Int) -> Bool)?
  {
    guard let tensor = call.optional(index) else { return nil }
    let values = try call.integers(index)
    let (batch, queries, keys) = (full[0], full[2], full[3])
    switch tensor.shape {
    case [batch, keys]: return { image, _, key in values[image * keys + key] > 0 }
    case [batch, queries, keys]:
      return { image, query, key in values[(image * queries + query) * keys + key] > 0 }
    case [batch]: return { image, _, key in key < values[image] }
    case [2 * batch]:
      return { image, _, key in key < values[image] && key >= values[batch + image] }
    default: throw call.unsupported("a mask of shape \(tensor.shape) is not supported")
    }
  }
}
