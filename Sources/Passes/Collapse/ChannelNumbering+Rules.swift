import IR

/// How each family of operators makes channels from channels.
extension ChannelNumbering {
  /// A channel of which nothing is known.
  mutating func freshClass() -> ChannelClass {
    ChannelClass(function: functions.fresh(), scale: 1)
  }

  /// A function of known functions and numbers, made by a place's node.
  mutating func made(
    _ place: Place, _ parts: [Int], _ numbers: [Double] = [], scale: Double, part: Int = 0
  ) -> ChannelClass {
    guard scale.isFinite, numbers.allSatisfy(\.isFinite) else { return freshClass() }
    let key = FunctionTable.Key(
      origin: place.origin, functions: parts, numbers: numbers.map { ($0 + 0).bitPattern },
      part: part)
    return ChannelClass(function: functions.number(key), scale: scale)
  }

  /// A channel-wise function of operand 0 alone: constants are computed, factors pass through where
  /// the operator lets them.
  mutating func applied(_ place: Place) -> [ChannelClass] {
    let operands = contributions(0, place)
    let response = place.node.op.schema.response(place.context)
    let constants = evaluated(place, operands)
    return operands.enumerated().map { index, operand in
      guard case .channel(let channel, 0) = operand else { return freshClass() }
      if channel.constant != nil {
        if let value = constants[index] { return .constant(value) }
        return made(place, [0], [channel.scale], scale: 1)
      }
      switch response {
      case .linear: return made(place, [channel.function], scale: channel.scale)
      case .positivelyHomogeneous:
        return made(
          place, [channel.function], [channel.scale < 0 ? -1 : 1], scale: abs(channel.scale))
      case .zeroPreserving, .other:
        return made(place, [channel.function], [channel.scale], scale: 1)
      }
    }
  }

  /// The node's value for each index that is a constant.
  private func evaluated(_ place: Place, _ operands: [Contribution]) -> [Int: Double] {
    var indices: [Int] = []
    var values: [Double] = []
    for (index, operand) in operands.enumerated() {
      guard case .channel(let channel, 0) = operand, let value = channel.constant else { continue }
      indices.append(index)
      values.append(value)
    }
    guard !values.isEmpty, let element = place.context.element(0), element.isFloatingPoint,
      element.bitWidth >= 16
    else { return [:] }
    var tensors: [Tensor?] = place.node.inputs.map { graph.tensor(of: $0) }
    for (index, input) in place.node.inputs.enumerated()
    where index > 0 && input != nil && tensors[index] == nil { return [:] }
    tensors[0] = Tensor(rounding: values, to: element, shape: [values.count])
    guard let results = try? evaluator.evaluate(place.node, tensors),
      let result = results.first ?? nil, let numbers = result.doubles,
      numbers.count == values.count
    else { return [:] }
    var found: [Int: Double] = [:]
    for (index, number) in zip(indices, numbers) where number.isFinite { found[index] = number }
    return found
  }

  /// Add, Sub, Mul and Div of two operands that broadcast.
  mutating func combined(_ place: Place) -> [ChannelClass] {
    let left = contributions(0, place)
    let right = contributions(1, place)
    guard left.count == place.extent, right.count == place.extent else { return [] }
    guard place.context.element(0)?.isFloatingPoint == true else {
      return left.map { _ in freshClass() }
    }
    return zip(left, right).map { pair in
      guard case .channel(let a, let p) = pair.0, case .channel(let b, let q) = pair.1, p == q
      else {
        return freshClass()
      }
      return combine(place, a, b, p)
    }
  }

  private mutating func combine(
    _ place: Place, _ a: ChannelClass, _ b: ChannelClass, _ part: Int
  ) -> ChannelClass {
    if place.node.op == .mul {
      if a.isZero || b.isZero { return .zero }
      if let x = a.constant, let y = b.constant { return .constant(x * y) }
      return made(place, [a.function, b.function], scale: a.scale * b.scale, part: part)
    }
    if place.node.op == .div {
      guard !b.isZero else { return freshClass() }
      if let x = a.constant, let y = b.constant { return .constant(x / y) }
      if a.isZero, b.constant == nil {
        return ranges.isPositive(place.node.input(1)) ? .zero : freshClass()
      }
      return made(place, [a.function, b.function], scale: a.scale / b.scale, part: part)
    }
    let sign: Double = place.node.op == .sub ? -1 : 1
    let y = b.scale * sign
    if let x = a.constant, b.constant != nil { return .constant(x + y) }
    if a.isZero { return made(place, [-1, b.function], scale: y, part: part) }
    if b.isZero { return made(place, [a.function, -1], scale: a.scale, part: part) }
    return made(place, [a.function, b.function], [y / a.scale], scale: a.scale, part: part)
  }

  /// BatchNormalization with constant parameters: an affine map of each channel.
  mutating func normalized(_ place: Place) -> [ChannelClass] {
    let operands = contributions(0, place)
    guard place.result == 0, place.axis == 1,
      let norm = BatchNorm(place.node, graph), norm.factors.count == place.extent
    else { return operands.map { _ in freshClass() } }
    return operands.enumerated().map { index, operand in
      let factor = norm.factors[index]
      let offset = norm.offsets[index]
      guard case .channel(let channel, 0) = operand else { return freshClass() }
      if norm.isTraining {
        guard channel.constant != nil else { return freshClass() }
        return .constant(offset)
      }
      if let value = channel.constant { return .constant(factor * value + offset) }
      if factor == 0 { return .constant(offset) }
      let scale = factor * channel.scale
      return made(place, [channel.function], [offset / scale], scale: scale)
    }
  }

  /// Concat: along the axis the operands' channels follow one another, on others they are combined.
  mutating func joined(_ place: Place) -> [ChannelClass] {
    let rank = place.context.resultShape(0)?.count ?? 0
    let number = place.node.attributes.int("axis") ?? 0
    let isAlong = (number < 0 ? number + rank : number) == place.axis
    var result = [ChannelClass?](repeating: nil, count: place.extent)
    if isAlong {
      for operand in place.node.inputs.indices {
        for (index, contribution) in along(operand, place) { result[index] = contribution }
      }
      return result.map { $0 ?? freshClass() }
    }
    let all = place.node.inputs.indices.map { contributions($0, place) }
    return (0..<place.extent).map { index in
      var channels: [ChannelClass] = []
      for operand in all {
        guard index < operand.count, case .channel(let channel, 0) = operand[index] else {
          return freshClass()
        }
        channels.append(channel)
      }
      return bundled(place, channels, part: 0)
    }
  }

  /// The indices of a concatenation that an operand fills, with their channels.
  private mutating func along(_ operand: Int, _ place: Place) -> [(Int, ChannelClass)] {
    guard let value = place.node.input(operand),
      let terms = place.signature.operands[operand], place.axis < terms.count,
      let correspondence = AxisCorrespondence(
        from: terms[place.axis], to: place.term, place.signature),
      let entries = sliceClasses(value, place.axis)
    else { return [] }
    var found: [(Int, ChannelClass)] = []
    for (index, sources) in correspondence.sources.enumerated()
    where sources.count == 1 && sources[0] < entries.count && index < place.extent {
      found.append((index, entries[sources[0]]))
    }
    return found
  }

  /// One function of several channels.
  private mutating func bundled(_ place: Place, _ channels: [ChannelClass], part: Int)
    -> ChannelClass
  {
    if let first = channels.first?.constant, channels.allSatisfy({ $0.constant == first }) {
      return .constant(first)
    }
    guard let lead = channels.first(where: { !$0.isZero }) else { return .zero }
    return made(
      place, channels.map { $0.isZero ? -1 : $0.function }, channels.map { $0.scale / lead.scale },
      scale: lead.scale, part: part)
  }

  /// Operators that move the elements of operand 0 or average them within each channel.
  mutating func moved(_ place: Place) -> [ChannelClass] {
    let schema = place.node.op.schema
    let countsPadding =
      place.node.op == .averagePool && place.context.flag("count_include_pad")
      && place.context.flag("ceil_mode")
    let hasBorders = schema.hasBorders(place.context) || countsPadding
    let keepsSign = schema.response(place.context) == .positivelyHomogeneous
    let fill = place.node.op == .pad ? place.context.constants[2]?.doubles?.first ?? 0 : 0
    if place.node.op == .pad, place.node.input(2) != nil, place.context.constants[2] == nil {
      return (0..<place.extent).map { _ in freshClass() }
    }
    let sums = place.node.op == .reduceSum || hasBorders
    return contributions(0, place).map { contribution in
      let channel: ChannelClass
      let part: Int
      switch contribution {
      case .nothing where place.node.op == .pad && hasBorders: return .constant(fill)
      case .nothing, .unknown: return freshClass()
      case .channel(let single, let index): (channel, part) = (single, index)
      case .channels(let several, let index):
        if several.allSatisfy({ $0.constant != nil && $0.constant == several[0].constant }) {
          (channel, part) = (several[0], index)
        } else {
          return bundled(place, several, part: index)
        }
      }
      if place.node.op == .pad, hasBorders {
        return padded(place, channel, fill, part)
      }
      if let value = channel.constant {
        if !sums || value == 0 { return .constant(value) }
        return made(place, [0], scale: value)
      }
      if keepsSign {
        return made(
          place, [channel.function], [channel.scale < 0 ? -1 : 1], scale: abs(channel.scale),
          part: part)
      }
      return made(place, [channel.function], scale: channel.scale, part: part)
    }
  }

  /// A channel with borders of a constant round it.
  private mutating func padded(
    _ place: Place, _ channel: ChannelClass, _ fill: Double, _ part: Int
  ) -> ChannelClass {
    if let value = channel.constant {
      if value == fill { return channel }
      if value == 0 { return made(place, [-1], scale: fill, part: part) }
    }
    return made(
      place, [channel.function], [fill / channel.scale], scale: channel.scale, part: part)
  }

  /// Any operator that computes each channel from the same channel of its operands, in one way for
  /// all channels: equal operands give equal results.
  mutating func mapped(_ place: Place) -> [ChannelClass] {
    let all = place.node.inputs.indices.filter { place.node.input($0) != nil }
      .map { contributions($0, place) }
    return (0..<place.extent).map { index in
      var parts: [Int] = []
      var numbers: [Double] = []
      for operand in all {
        guard index < operand.count, case .channel(let channel, 0) = operand[index] else {
          return freshClass()
        }
        parts.append(channel.function)
        numbers.append(channel.scale)
      }
      return made(place, parts, numbers, scale: 1)
    }
  }

  /// The classes of a value's slices along an axis; nil if nothing is known.
  func sliceClasses(_ value: ValueID, _ axis: Int) -> [ChannelClass]? {
    classes[ValueAxis(value: value, axis: axis)]
  }
}

/// A BatchNormalization with constant parameters as a factor and an offset for each channel.
struct BatchNorm {
  let factors: [Double]
  let offsets: [Double]
  /// Whether the statistics are those of the batch; then a constant channel becomes its offset.
  let isTraining: Bool

  /// Reads a node; nil if a parameter is no constant.
  init?(_ node: Node, _ graph: Graph) {
    guard let scale = graph.tensor(of: node.input(1))?.doubles,
      let bias = graph.tensor(of: node.input(2))?.doubles,
      let mean = graph.tensor(of: node.input(3))?.doubles,
      let variance = graph.tensor(of: node.input(4))?.doubles, scale.count == bias.count,
      scale.count == mean.count, scale.count == variance.count
    else { return nil }
    isTraining = node.attributes.int("training_mode") ?? 0 != 0
    let epsilon = Double(node.attributes.float("epsilon") ?? 1e-5)
    let factors = zip(scale, variance).map { $0 / ($1 + epsilon).squareRoot() }
    self.factors = factors
    offsets = isTraining ? bias : zip(bias, zip(mean, factors)).map { $0 - $1.0 * $1.1 }
  }
}
