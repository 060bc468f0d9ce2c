import IR

/// Parts of convolutional networks, on images of one to three axes.
extension RandomNetwork {
  /// A part of a convolutional network.
  mutating func imageStructure(_ value: ValueID) {
    switch number(0...11) {
    case 10, 11: pooling(value)
    case 0, 1: keep(activation(batchNormalization(convolution(value))))
    case 2: keep(convolution(value))
    case 3, 4: residual(value)
    case 5: join(value)
    case 6: depthwise(value)
    case 7: squeezeAndExcite(value)
    case 8: keep(transposedConvolution(value))
    default:
      guard let wide = convolution(value) else { return }
      keep(wide)
      residual(wide)
    }
  }

  /// A convolution with random extents; nil if the value is no image.
  mutating func convolution(
    _ value: ValueID, to outputs: Int? = nil, kernel: Int? = nil, isPlain: Bool = false
  ) -> ValueID? {
    let shape = shape(value)
    guard shape.count > 2 else { return nil }
    let spatial = shape.count - 2
    let side = shape[2...].min() ?? 1
    let extent = kernel ?? (side >= 3 ? pick([1, 3]) : 1)
    let padding = extent == 3 ? (isPlain ? 1 : pick([0, 1, 1])) : 0
    let stride = !isPlain && side > 4 && chance(0.2) ? 2 : 1
    var channels = outputs ?? pick([2, 4, 6])
    let groups = shape[1] % 2 == 0 && channels % 2 == 0 && chance(0.2) ? 2 : 1
    if groups == 2, outputs == nil { channels = pick([4, 6]) }
    let kernels = Array(repeating: extent, count: spatial)
    let weight = weights([channels, shape[1] / groups] + kernels)
    var attributes: Attributes = [
      "group": .int(groups), "pads": .ints(Array(repeating: padding, count: 2 * spatial)),
      "strides": .ints(Array(repeating: stride, count: spatial)), "kernel_shape": .ints(kernels),
    ]
    var operands: [ValueID?] = [value, weight]
    if chance(0.5) { operands.append(weights([channels])) }
    if spatial == 2, chance(0.1) {
      attributes["activation"] = .string("Relu")
      return make(.fusedConv, operands, attributes)
    }
    return make(.conv, operands, attributes)
  }

  /// A transposed convolution, which makes small images twice as large.
  mutating func transposedConvolution(_ value: ValueID) -> ValueID? {
    let shape = shape(value)
    guard shape.count > 2, (shape[2...].max() ?? 9) <= 4 else { return nil }
    let groups = shape[1] % 2 == 0 && chance(0.2) ? 2 : 1
    let channels = pick([2, 4])
    let kernels = Array(repeating: pick([2, 3]), count: shape.count - 2)
    var operands: [ValueID?] = [value, weights([shape[1], channels / groups] + kernels)]
    if chance(0.5) { operands.append(weights([channels])) }
    return make(
      .convTranspose, operands,
      [
        "strides": .ints(Array(repeating: 2, count: kernels.count)), "kernel_shape": .ints(kernels),
        "group": .int(groups),
      ])
  }

  private mutating func depthwise(_ value: ValueID) {
    let shape = shape(value)
    guard shape.count > 2, (shape[2...].min() ?? 0) >= 3 else { return }
    let channels = shape[1] * (chance(0.2) ? 2 : 1)
    let spatial = shape.count - 2
    let padding = pick([0, 1])
    var operands: [ValueID?] = [
      value, weights([channels, 1] + Array(repeating: 3, count: spatial)),
    ]
    if chance(0.5) { operands.append(weights([channels])) }
    let result = make(
      .conv, operands,
      [
        "group": .int(shape[1]), "pads": .ints(Array(repeating: padding, count: 2 * spatial)),
      ])
    keep(chance(0.5) ? activation(batchNormalization(result)) : result)
  }

  /// BatchNormalization with random statistics.
  mutating func batchNormalization(_ value: ValueID?) -> ValueID? {
    guard let value, shape(value).count > 1 else { return nil }
    let channels = shape(value)[1]
    return make(
      .batchNormalization,
      [
        value, weights([channels], -1.5...1.5), weights([channels]), weights([channels]),
        weights([channels], 0.5...2),
      ])
  }

  /// One of the usual activations.
  mutating func activation(_ value: ValueID?) -> ValueID? {
    guard let value else { return nil }
    switch number(0...7) {
    case 0...2: return make(.relu, [value])
    case 3: return make(.clip, [value, scalar(0), scalar(6)])
    case 4: return make(.sigmoid, [value]).flatMap { make(.mul, [value, $0]) }
    case 5: return make(.leakyRelu, [value], ["alpha": .float(0.1)])
    case 6: return make(.hardSwish, [value])
    default: return make(pick([.sigmoid, .tanh]), [value])
    }
  }

  private mutating func residual(_ value: ValueID) {
    let shape = shape(value)
    guard shape.count > 2, (shape[2...].min() ?? 0) >= 3 else { return }
    var branch = convolution(value, kernel: 3, isPlain: true)
    if chance(0.7) { branch = batchNormalization(branch) }
    if chance(0.7) { branch = activation(branch) }
    branch = branch.flatMap { convolution($0, to: shape[1], kernel: 1, isPlain: true) }
    if chance(0.5) { branch = batchNormalization(branch) }
    guard let branch, self.shape(branch) == shape else { return }
    let sum = make(.add, chance(0.5) ? [branch, value] : [value, branch])
    keep(sum)
    if chance(0.6) { keep(sum.flatMap { make(.relu, [$0]) }) }
  }

  private mutating func join(_ value: ValueID) {
    let shape = shape(value)
    let partners = values.dropFirst().filter {
      let other = self.shape($0)
      return other.count == shape.count && other.count > 1 && other[0] == shape[0]
        && other[2...] == shape[2...]
    }
    guard !partners.isEmpty else { return }
    let other = pick(Array(partners))
    guard shape[1] + self.shape(other)[1] <= 16 else { return }
    keep(make(.concat, [value, other], ["axis": .int(1)]))
  }

  private mutating func squeezeAndExcite(_ value: ValueID) {
    let channels = shape(value)[1]
    guard let pooled = make(.globalAveragePool, [value]),
      let hidden = activation(convolution(pooled, to: 4, kernel: 1, isPlain: true)),
      let expanded = convolution(hidden, to: channels, kernel: 1, isPlain: true),
      shape(expanded)[1] == channels
    else { return }
    keep(make(.sigmoid, [expanded]).flatMap { make(.mul, [value, $0]) })
  }

  /// Pooling of any kind.
  mutating func pooling(_ value: ValueID) {
    let shape = shape(value)
    guard shape.count > 2 else { return }
    let spatial = shape.count - 2
    let pair = Array(repeating: 2, count: spatial)
    let three = Array(repeating: 3, count: spatial)
    let ones = Array(repeating: 1, count: 2 * spatial)
    switch number(0...9) {
    case 0, 1: keep(make(.maxPool, [value], ["kernel_shape": .ints(pair), "strides": .ints(pair)]))
    case 2, 3:
      keep(
        make(
          .averagePool, [value],
          [
            "kernel_shape": .ints(three), "pads": .ints(ones), "ceil_mode": .int(pick([0, 1])),
            "count_include_pad": .int(pick([0, 1])),
            "strides": .ints(Array(repeating: pick([1, 2]), count: spatial)),
          ]))
    case 4: keep(make(.lpPool, [value], ["kernel_shape": .ints(pair), "p": .int(pick([1, 2]))]))
    case 5: keep(make(.globalMaxPool, [value]))
    case 6: keep(make(.globalLpPool, [value], ["p": .int(2)]))
    case 7: keep(make(.globalAveragePool, [value]))
    case 8 where spatial == 2 && shape[0] == 1:
      let boxes = constant(Tensor([Float(0), 0, 0, 3, 3, 0, 1, 1, 4, 2], shape: [2, 5]))
      keep(make(.maxRoiPool, [value, boxes], ["pooled_shape": .ints([2, 2])]))
    case 9 where spatial == 2:
      let boxes = constant(Tensor([Float(0), 0, 3, 3, 1, 1, 4, 2], shape: [2, 4]))
      keep(
        make(
          .roiAlign, [value, boxes, integers([0, shape[0] - 1])],
          ["output_height": .int(2), "output_width": .int(2)]))
    default: return
    }
  }

  /// A norm of any kind, over the axes it is made for.
  mutating func normalization(_ value: ValueID) {
    let shape = shape(value)
    guard shape.count > 1, let last = shape.last else { return }
    let channels = shape[1]
    switch number(0...12) {
    case 0: keep(batchNormalization(value))
    case 1 where shape.count > 2:
      keep(
        make(.instanceNormalization, [value, weights([channels], 0.5...1.5), weights([channels])]))
    case 2:
      keep(make(.layerNormalization, [value, weights([last], 0.5...1.5), weights([last])]))
    case 3: keep(make(.rmsNormalization, [value, weights([last], 0.5...1.5)]))
    case 4 where channels % 2 == 0 && shape.count > 2:
      keep(
        make(
          .groupNormalization, [value, weights([channels], 0.5...1.5), weights([channels])],
          ["num_groups": .int(2)]))
    case 5: keep(make(.localResponseNormalization, [value], ["size": .int(3)]))
    case 6:
      guard let positive = argument(value, .positive) else { return }
      keep(make(.lpNormalization, [positive], ["axis": .int(pick([1, -1])), "p": .int(2)]))
    case 7 where shape.count == 4, 12 where shape.count == 4:
      keep(make(.meanVarianceNormalization, [value]))
    case 8: keep(make(.softmax, [value], ["axis": .int(pick([1, -1]))]))
    case 9: keep(make(.logSoftmax, [value], ["axis": .int(pick([1, -1]))]))
    case 10: keep(make(.hardmax, [value], ["axis": .int(-1)]))
    default: keep(make(.simplifiedLayerNormalization, [value, weights([last], 0.5...1.5)]))
    }
  }
}
