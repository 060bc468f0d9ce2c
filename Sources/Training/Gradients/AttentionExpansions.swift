import IR

/// Attention operators as projections, matrix products and a Softmax.
enum AttentionExpansions {
  /// Attention; see ONNX Attention-25.
  static func attention(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    let precision = node.attributes.int("softmax_precision") ?? 1
    guard precision == 1 || precision == 11, node.input(6) == nil else {
      throw .unsupported(
        "no gradient: Attention that counts its keys or rounds its probabilities",
        at: b.site(of: node))
    }
    let rank = try b.shape(b.operand(node, 0)).count
    let heads = node.attributes.int("kv_num_heads") ?? 1
    let query = try AttentionExpansion.split(
      b.operand(node, 0), heads: node.attributes.int("q_num_heads") ?? 1, &b)
    var key = try AttentionExpansion.split(b.operand(node, 1), heads: heads, &b)
    var value = try AttentionExpansion.split(b.operand(node, 2), heads: heads, &b)
    var offset = 0
    if let pastKey = node.input(4), let pastValue = node.input(5) {
      offset = try b.shape(pastKey)[2]
      key = try b.join([pastKey, key], 2)
      value = try b.join([pastValue, value], 2)
    }
    let (queries, keys) = (try b.shape(query)[2], try b.shape(key)[2])
    let size = Double(try b.shape(query)[3])
    var core = AttentionExpansion(
      query: query, key: key, value: value,
      scale: node.attributes.float("scale").map(Double.init) ?? 1 / size.squareRoot(),
      cap: node.number("softcap", 0), isClosed: closed(node, queries, keys, offset: offset))
    if let mask = node.input(3) { try take(mask, keys, &core, &b, node) }
    let found = try core.run(&b)
    var scores: ValueID?
    if node.output(3) != nil {
      let mode = node.attributes.int("qk_matmul_output_mode") ?? 0
      guard (0..<found.stages.count).contains(mode), mode != 2 else {
        throw .unsupported("no gradient: scores with their mask are read", at: b.site(of: node))
      }
      scores = found.stages[mode]
    }
    let output = rank == 3 ? try AttentionExpansion.joined(found.output, &b) : found.output
    return [output, key, value, scores]
  }

  /// What causality and windows forbid.
  private static func closed(_ node: Node, _ queries: Int, _ keys: Int, offset: Int) -> [Bool]? {
    let left = node.attributes.int("left_window_size") ?? -1
    let right = node.attributes.int("right_window_size") ?? -1
    let isCausal = node.flag("is_causal")
    guard isCausal || left >= 0 || right >= 0 else { return nil }
    var flags: [Bool] = []
    for query in 0..<queries {
      for key in 0..<keys {
        let distance = query + offset - key
        flags.append(
          isCausal && distance < 0 || left >= 0 && distance > left
            || right >= 0 && -distance > right)
      }
    }
    return flags
  }

  private static func take(
    _ mask: ValueID, _ keys: Int, _ core: inout AttentionExpansion, _ b: inout GradientBuilder,
    _ node: Node
  ) throws(Diagnostic) {
    guard try b.shape(mask).last == keys else {
      throw .unsupported("no gradient: a mask of fewer keys than there are", at: b.site(of: node))
    }
    if try b.element(mask) == .bool {
      core.closed.append(try b.apply(.not, [mask]))
    } else {
      core.biases.append(mask)
      core.closed.append(try b.apply(.isInf, [mask], ["detect_positive": .int(0)]))
    }
  }

  /// Attention of domain com.microsoft: projects its input to queries, keys and values first.
  static func projected(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    guard !node.flag("do_rotary"), !node.flag("past_present_share_buffer"), node.input(6) == nil
    else {
      throw .unsupported("no gradient: Attention with a shared cache", at: b.site(of: node))
    }
    let heads = node.attributes.int("num_heads") ?? 1
    let weight = try b.operand(node, 1)
    var projection = try b.apply(.matMul, [b.operand(node, 0), weight])
    if let bias = node.input(2) { projection = try b.plus(projection, bias) }
    let width = try b.shape(weight)[1]
    let sizes = node.attributes.ints("qkv_hidden_sizes") ?? [width / 3, width / 3, width / 3]
    var parts: [ValueID] = []
    for part in try b.split(projection, 2, sizes) {
      parts.append(try AttentionExpansion.split(part, heads: heads, &b))
    }
    if let past = node.input(4) {
      let shape = Array(try b.shape(past).dropFirst())
      for (index, half) in try b.split(past, 0, [1, 1]).enumerated() {
        parts[index + 1] = try b.join([b.view(half, shape), parts[index + 1]], 2)
      }
    }
    let output = try attend(&b, node, parts, mask: 3, added: 5)
    guard node.output(1) != nil else { return [output] }
    let key = try b.view(parts[1], [1] + b.shape(parts[1]))
    let value = try b.view(parts[2], [1] + b.shape(parts[2]))
    return [output, try b.join([key, value], 0)]
  }

  /// MultiHeadAttention of queries, keys and values that were projected before.
  static func multiHead(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    guard node.input(1) != nil, node.input(2) != nil, node.input(8) == nil, node.input(9) == nil
    else {
      throw .unsupported(
        "no gradient: MultiHeadAttention with packed operands or a shared cache",
        at: b.site(of: node))
    }
    let heads = node.attributes.int("num_heads") ?? 1
    var parts: [ValueID] = []
    var offset = 0
    for index in 0..<3 {
      var part = try b.operand(node, index)
      let shape = try b.shape(part)
      let width = shape.count == 3 ? shape[2] : shape[1] * shape[3]
      if let bias = node.input(3), shape.count == 3 {
        part = try b.plus(part, b.slice(bias, 0, offset..<(offset + width)))
      }
      parts.append(try AttentionExpansion.split(part, heads: heads, &b))
      offset += width
    }
    if let key = node.input(6), let value = node.input(7) {
      parts[1] = try b.join([key, parts[1]], 2)
      parts[2] = try b.join([value, parts[2]], 2)
    }
    return [try attend(&b, node, parts, mask: 4, added: 5), parts[1], parts[2]]
  }

  /// Attends with what operands `mask` and `added` say of the scores.
  private static func attend(
    _ b: inout GradientBuilder, _ node: Node, _ parts: [ValueID], mask: Int, added: Int
  ) throws(Diagnostic) -> ValueID {
    let query = try b.shape(parts[0])
    let keys = try b.shape(parts[1])[2]
    let given = node.attributes.float("scale").flatMap { $0 == 0 ? nil : Double($0) }
    var core = AttentionExpansion(
      query: parts[0], key: parts[1], value: parts[2],
      scale: given ?? 1 / Double(query[3]).squareRoot())
    if node.flag("unidirectional") {
      var flags: [Bool] = []
      for position in 0..<query[2] {
        for key in 0..<keys { flags.append(key > position + keys - query[2]) }
      }
      core.isClosed = flags
    }
    if let mask = node.input(mask) {
      let isOpen = try open(&b, node, mask, query, keys)
      let filter = try b.number(node.number("mask_filter_value", -10000), like: parts[0])
      core.biases.append(try b.drop(filter, where: isOpen))
    }
    if let added = node.input(added) { core.biases.append(added) }
    return try AttentionExpansion.joined(core.run(&b).output, &b)
  }

  /// Whether a mask lets a query attend to a key: it holds lengths `[batch]`, ends and then starts
  /// `[2 · batch]`, or flags `[batch, keys]` or `[batch, queries, keys]`.
  private static func open(
    _ b: inout GradientBuilder, _ node: Node, _ mask: ValueID, _ query: [Int], _ keys: Int
  ) throws(Diagnostic) -> ValueID {
    let shape = try b.shape(mask)
    let batch = query[0]
    let zero = try b.cast(b.integers([0]), like: mask)
    if shape == [batch, keys] {
      return try b.apply(.greater, [b.view(mask, [batch, 1, 1, keys]), zero])
    }
    if shape == [batch, query[2], keys] {
      return try b.apply(.greater, [b.view(mask, [batch, 1, query[2], keys]), zero])
    }
    guard shape == [batch] || shape == [2 * batch] else {
      throw .unsupported("no gradient: a mask of shape \(shape)", at: b.site(of: node))
    }
    let places = try b.cast(b.integers(Array(0..<keys)), like: mask)
    let ends = try b.view(b.slice(mask, 0, 0..<batch), [batch, 1, 1, 1])
    let isBefore = try b.apply(.less, [places, ends])
    if shape == [batch] { return isBefore }
    let starts = try b.view(b.slice(mask, 0, batch..<(2 * batch)), [batch, 1, 1, 1])
    return try b.apply(.and, [isBefore, b.apply(.greaterOrEqual, [places, starts])])
  }

  /// RotaryEmbedding: rotates pairs of the first elements of each head.
  static func rotary(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    let x = try b.operand(node, 0)
    let shape = try b.shape(x)
    let heads = shape.count == 4 ? shape[1] : max(node.attributes.int("num_heads") ?? 1, 1)
    let size = shape.count == 4 ? shape[3] : shape[2] / heads
    let positions = shape.count == 4 ? shape[2] : shape[1]
    let asked = node.attributes.int("rotary_embedding_dim") ?? 0
    let width = asked == 0 ? size : asked
    let half = width / 2
    let grid =
      shape.count == 4
      ? [shape[0], heads, positions] : [shape[0], positions, heads]
    let angles =
      shape.count == 4
      ? [shape[0], 1, positions, half] : [shape[0], positions, 1, half]
    var waves: [ValueID] = []
    for index in 1...2 {
      var table = try b.operand(node, index)
      if let places = node.input(3) { table = try b.apply(.gather, [table, places]) }
      waves.append(try b.view(table, angles))
    }
    let rows = try b.view(x, grid + [size])
    let pieces = try b.split(rows, 3, size == width ? [width] : [width, size - width])
    let isInterleaved = node.flag("interleaved")
    var pairs: [ValueID]
    if isInterleaved {
      pairs = try b.split(b.view(pieces[0], grid + [half, 2]), 4, [1, 1])
      for index in pairs.indices { pairs[index] = try b.view(pairs[index], grid + [half]) }
    } else {
      pairs = try b.split(pieces[0], 3, [half, half])
    }
    let first = try b.minus(b.times(pairs[0], waves[0]), b.times(pairs[1], waves[1]))
    let second = try b.plus(b.times(pairs[0], waves[1]), b.times(pairs[1], waves[0]))
    var turned: ValueID
    if isInterleaved {
      let column = grid + [half, 1]
      turned = try b.join([b.view(first, column), b.view(second, column)], 4)
      turned = try b.view(turned, grid + [width])
    } else {
      turned = try b.join([first, second], 3)
    }
    return [try b.view(b.join([turned] + pieces.dropFirst(), 3), shape)]
  }
}
