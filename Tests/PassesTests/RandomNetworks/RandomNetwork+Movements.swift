import IR

/// Operators that move elements, and contractions other than convolutions.
extension RandomNetwork {
  /// An operator that moves elements.
  mutating func movement(_ value: ValueID) {
    let shape = shape(value)
    guard shape.count > 1 else { return }
    switch number(0...29) {
    case 24 where shape.count == 3:
      keep(make(.causalConvolution, [value, weights([shape[1], 1, 3])]))
    case 25 where shape.count > 2:
      keep(make(.det, [value]).flatMap { make(.tanh, [$0]) })
    case 0: split(value)
    case 1: slice(value)
    case 2: pad(value)
    case 3, 26: resize(value)
    case 4: shuffle(value)
    case 5: gather(value)
    case 6: merge(value)
    case 7:
      let axes = integers([number(0...(shape.count - 1))])
      keep(make(.unsqueeze, [value, axes]).flatMap { make(.squeeze, [$0, axes]) })
    case 8 where shape.count == 3: keep(make(.transpose, [value], ["perm": .ints([0, 2, 1])]))
    case 9 where shape.count == 4:
      guard let last = make(.transpose, [value], ["perm": .ints([0, 2, 3, 1])]),
        let scaled = make(.mul, [last, weights([shape[1]])])
      else { return }
      keep(make(.transpose, [scaled], ["perm": .ints([0, 3, 1, 2])]))
    case 10, 27, 28:
      guard shape.count == 4, shape[1] < 4 || shape[1] % 4 != 0 else {
        return keep(make(.depthToSpace, [value], ["blocksize": .int(2)]))
      }
      guard let wide = convolution(value, to: pick([4, 8]), kernel: 1, isPlain: true) else {
        return
      }
      keep(
        make(
          .depthToSpace, [wide],
          ["blocksize": .int(2), "mode": .string(pick(["DCR", "CRD"]))]))
    case 11 where shape.count == 4 && shape[2] % 2 == 0:
      keep(make(.spaceToDepth, [value], ["blocksize": .int(2)]))
    case 12:
      var repeats = shape.map { _ in 1 }
      repeats[number(1...(shape.count - 1))] = 2
      keep(make(.tile, [value, integers(repeats)]))
    case 13 where shape.last == 1:
      keep(make(.expand, [value, integers(shape.dropLast() + [2])]))
    case 14 where shape.count > 2: keep(make(.trilu, [value]))
    case 15 where shape.count > 2:
      let lengths = integers((0..<shape[0]).map { _ in 2 })
      guard shape[2] > 1 else { return }
      keep(
        make(
          .reverseSequence, [value, lengths], ["batch_axis": .int(0), "time_axis": .int(2)]))
    case 16 where shape.count > 2:
      keep(make(pick([.cumSum, .cumProd]), [value, integers([2], shape: [])]))
    case 17 where shape.count == 4:
      keep(
        make(
          .centerCropPad, [value, integers([5, 5])], ["axes": .ints([2, 3])]))
    case 18 where shape.count == 4:
      keep(make(.gridSample, [value, weights([shape[0], 2, 3, 2], -1.2...1.2)]))
    case 19:
      let axis = shape.count - 1
      let indices = integers(
        (0..<shape.reduce(1, *)).map { _ in number(0...(shape[axis] - 1)) }, shape: shape)
      keep(make(.gatherElements, [value, indices], ["axis": .int(axis)]))
    case 20:
      let update = weights(shape.dropLast() + [1])
      let indices = integers(
        Array(repeating: 0, count: shape.dropLast().reduce(1, *)), shape: shape.dropLast() + [1])
      keep(make(.scatterElements, [value, indices, update], ["axis": .int(-1)]))
    case 21:
      keep(make(.gatherND, [value, integers([0], shape: [1, 1])]))
    case 22:
      let update = weights([1] + shape.dropFirst())
      keep(make(.scatterND, [value, integers([0], shape: [1, 1]), update]))
    default: quantize(value)
    }
  }

  private mutating func quantize(_ value: ValueID) {
    let channels = shape(value)[1]
    let isPerChannel = chance(0.5)
    let scale = isPerChannel ? weights([channels], 0.05...0.2) : scalar(0.0713)
    let zero = constant(
      isPerChannel ? Tensor([Int8](repeating: 3, count: channels)) : Tensor(scalar: Int8(3)))
    let attributes: Attributes = isPerChannel ? ["axis": .int(1)] : [:]
    guard let shifted = make(.add, [value, scalar(0.0123)]),
      let levels = make(.quantizeLinear, [shifted, scale, zero], attributes)
    else { return }
    keep(make(.dequantizeLinear, [levels, scale, zero], attributes))
  }

  private mutating func split(_ value: ValueID) {
    let channels = shape(value)[1]
    guard channels >= 4 else { return }
    let first = number(1...(channels - 1))
    let sizes = integers([first, channels - first])
    guard let parts = make(.split, [value, sizes], ["axis": .int(1)], results: 2) else { return }
    parts.forEach { keep($0) }
    if chance(0.5) { keep(make(.concat, parts.reversed(), ["axis": .int(1)])) }
  }

  private mutating func slice(_ value: ValueID) {
    let axis = chance(0.7) ? 1 : shape(value).count - 1
    let extent = shape(value)[axis]
    guard extent >= 3 else { return }
    if chance(0.2) {
      return keep(
        make(
          .slice,
          [value, integers([-1]), integers([-extent - 1]), integers([axis]), integers([-1])]))
    }
    let start = number(0...(extent - 2))
    let end = number((start + 1)...extent)
    let steps = chance(0.3) ? [integers([2])] : []
    keep(make(.slice, [value, integers([start]), integers([end]), integers([axis])] + steps))
  }

  private mutating func pad(_ value: ValueID) {
    let shape = shape(value)
    guard shape.count > 2 else { return }
    var pads = Array(repeating: 0, count: 2 * shape.count)
    pads[2] = 1
    pads[2 * shape.count - 1] = pick([0, 2])
    let mode = pick(["constant", "constant", "edge", "reflect", "wrap"])
    if mode == "constant", chance(0.4) { pads[1] = 2 }
    let fill: [ValueID?] = mode == "constant" && chance(0.5) ? [scalar(0.5)] : []
    keep(make(.pad, [value, integers(pads)] + fill, ["mode": .string(mode)]))
  }

  private mutating func resize(_ value: ValueID) {
    let shape = shape(value)
    guard shape.count == 4, shape[2] < 8 else { return }
    let scales = floats([1, 1, 2, pick([1.5, 2])])
    keep(
      make(.resize, [value, nil, scales], ["mode": .string(pick(["nearest", "linear", "cubic"]))]))
  }

  private mutating func gather(_ value: ValueID) {
    let axis = chance(0.7) ? 1 : shape(value).count - 1
    let extent = shape(value)[axis]
    let indices = (0..<number(1...(extent + 1))).map { _ in number(0...(extent - 1)) }
    keep(make(.gather, [value, integers(indices)], ["axis": .int(axis)]))
  }

  private mutating func merge(_ value: ValueID) {
    let shape = shape(value)
    guard shape.count > 2 else { return }
    let merged = [shape[0], shape[1] * shape[2]] + shape[3...]
    guard let flat = make(.reshape, [value, integers(merged)]) else { return }
    guard merged.count > 2 || chance(0.5) else {
      return keep(make(.reshape, [flat, integers([shape[0], shape[1], -1])]))
    }
    keep(flat)
  }

  private mutating func shuffle(_ value: ValueID) {
    let shape = shape(value)
    guard shape[1] % 2 == 0, shape.count > 2 else { return }
    let rest = Array(shape[2...])
    let order = [0, 2, 1] + (3..<(shape.count + 1))
    guard
      let apart = make(.reshape, [value, integers([shape[0], 2, shape[1] / 2] + rest)]),
      let swapped = make(.transpose, [apart], ["perm": .ints(order)])
    else { return }
    keep(make(.reshape, [swapped, integers(shape)]))
  }

  /// A matrix product or another contraction.
  mutating func contraction(_ value: ValueID) {
    let shape = shape(value)
    switch number(0...3) {
    case 0 where shape.count > 2:
      guard let other = partner(of: value) else { return }
      let order = Array(0..<(shape.count - 2)) + [shape.count - 1, shape.count - 2]
      guard let turned = make(.transpose, [other], ["perm": .ints(order)]) else { return }
      keep(make(.matMul, [value, turned]))
    case 1 where shape.count == 4:
      keep(
        make(
          .einsum, [value, weights([shape[1], 3])], ["equation": .string("nchw,cd->ndhw")]))
    case 2 where shape.count == 3:
      guard let other = partner(of: value) else { return }
      keep(make(.einsum, [value, other], ["equation": .string("nct,ncs->nts")]))
    default: keep(linear(value, to: pick([3, 4])))
    }
  }
}
