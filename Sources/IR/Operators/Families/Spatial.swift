/// Operators that rearrange or sample images.
extension Schema {
  /// DepthToSpace: x[n, a·b·c, h, w] -> y[n, c, h·a, w·b], in mode CRD x[n, c·a·b, h, w].
  static let depthToSpace = Schema(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [.required("blocksize", .int), .string("mode", "DCR")],
    shape: { context throws(Diagnostic) in
      let block = try blockSize(context)
      let shape = try context.shape(0, ofRank: 4)
      if let channels = shape[1].value, channels % (block * block) != 0 {
        throw context.invalid("\(channels) channels do not fill blocks of \(block)")
      }
      let side = Dim.known(block)
      return [
        context.result(
          context.element(0),
          [shape[0], shape[1] / .known(block * block), shape[2] * side, shape[3] * side])
      ]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let deep = context.shape(0), let wide = context.resultShape(0) else {
        return AxisRules.blockAll(context, because: blocks)
      }
      return blockAxes(context, channels: wide[1], deep, isDeepFirst: true)
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.linear,
    hasBorders: Plain.noBorders)

  /// SpaceToDepth: the reverse of DepthToSpace.
  static let spaceToDepth = Schema(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [.required("blocksize", .int), .string("mode", "DCR")],
    shape: { context throws(Diagnostic) in
      let block = try blockSize(context)
      let shape = try context.shape(0, ofRank: 4)
      for extent in shape.dropFirst(2) {
        if let extent = extent.value, extent % block != 0 {
          throw context.invalid("an axis of \(extent) does not fill blocks of \(block)")
        }
      }
      let side = Dim.known(block)
      return [
        context.result(
          context.element(0),
          [shape[0], shape[1] * .known(block * block), shape[2] / side, shape[3] / side])
      ]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let wide = context.shape(0), let deep = context.resultShape(0) else {
        return AxisRules.blockAll(context, because: blocks)
      }
      return blockAxes(context, channels: wide[1], deep, isDeepFirst: false)
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.linear,
    hasBorders: Plain.noBorders)

  private static let blocks = "is taken apart into blocks"

  private static func blockSize(_ context: OperatorContext) throws(Diagnostic) -> Int {
    let size = context.int("blocksize", default: 0)
    guard size >= 1, size <= 1 << 15 else {
      throw context.invalid("blocksize is \(size), expected 1 or more")
    }
    let mode = context.string("mode", default: "DCR")
    guard mode == "DCR" || mode == "CRD" else { throw context.invalid("mode is '\(mode)'") }
    return size
  }

  /// The signature between a deep tensor of shape `deep` and the wide one of it.
  private static func blockAxes(
    _ context: OperatorContext, channels: Dim, _ deep: Shape, isDeepFirst: Bool
  ) -> AxisSignature {
    var signature = AxisSignature(operands: 1, results: 1)
    let side = Dim.known(context.int("blocksize", default: 1))
    let terms = signature.free([deep[0], channels, deep[2], deep[3]])
    let block = signature.blocked([side, side], "is a side of the blocks")
    let isOuter = context.string("mode", default: "DCR") == "DCR"
    let depth = AxisSignature.Term.product(isOuter ? block + [terms[1]] : [terms[1]] + block)
    let deepTerms = [terms[0], depth, terms[2], terms[3]]
    let wideTerms = [
      terms[0], terms[1], .product([terms[2], block[0]]), .product([terms[3], block[1]]),
    ]
    signature.operands[0] = isDeepFirst ? deepTerms : wideTerms
    signature.results[0] = isDeepFirst ? wideTerms : deepTerms
    return signature
  }

  /// GridSample: x[n, c, ~]  grid[n, ~, ~]  ->  y[n, c, ~].
  static let gridSample = Schema(
    inputs: .exactly(2), outputs: .exactly(1),
    attributes: [
      .int("align_corners", 0), .string("mode", "linear"), .string("padding_mode", "zeros"),
    ],
    shape: { context throws(Diagnostic) in
      guard let image = context.shape(0), let grid = context.shape(1) else {
        return [context.result(context.element(0), nil)]
      }
      guard image.count >= 3, grid.count == image.count else {
        throw context.invalid("a grid of rank \(grid.count) for an image of \(image.count)")
      }
      _ = try context.merge(
        grid[grid.count - 1], .known(image.count - 2), "the number of coordinates")
      let batch = try context.merge(image[0], grid[0], "the batch")
      return [context.result(context.element(0), [batch, image[1]] + grid[1..<(grid.count - 1)])]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      let reason = "is sampled along it"
      guard let image = context.shape(0), let grid = context.shape(1),
        let result = context.resultShape(0)
      else { return AxisRules.blockAll(context, because: reason) }
      var signature = AxisSignature(operands: 2, results: 1)
      let mapped = signature.free(result.prefix(2))
      signature.operands[0] = mapped + signature.blocked(image.dropFirst(2), reason)
      signature.operands[1] = [mapped[0]] + signature.blocked(grid.dropFirst(), reason)
      signature.results[0] = mapped + signature.blocked(result.dropFirst(2), reason)
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.linear,
    hasBorders: Plain.noBorders)

  /// AffineGrid: operands are the maps [n, r, r + 1] and the size [n, c, …] of the image.
  static let affineGrid = mixing(
    because: "holds coordinates", inputs: .exactly(2), outputs: .exactly(1),
    attributes: [.int("align_corners", 0)], positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    let maps = try context.shape(0, ofRank: 3)
    guard let size = context.dims(1) else {
      let rank = context.length(1)
      return [context.result(context.element(0), try context.unknownShape(ofRank: rank))]
    }
    guard size.count == 4 || size.count == 5 else {
      throw context.invalid("a size of \(size.count) extents, expected 4 or 5")
    }
    let batch = try context.merge(maps[0], size[0], "the batch")
    return [
      context.result(
        context.element(0), [batch] + size.dropFirst(2) + [.known(size.count - 2)])
    ]
  }

  /// Col2Im: adds up columns x[n, c·k, ~] to an image y[n, c, ~]; operands 1 and 2 are the extents
  /// of the image and of the blocks.
  static let columnsToImage = mixing(
    because: "adds up blocks", inputs: .exactly(3), outputs: .exactly(1),
    attributes: [
      .derived("dilations", .ints), .derived("pads", .ints), .derived("strides", .ints),
    ],
    positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    let columns = try context.shape(0, ofRank: 3)
    guard let image = context.dims(1) else {
      let rank = context.length(1).map { $0 + 2 }
      return [context.result(context.element(0), try context.unknownShape(ofRank: rank))]
    }
    let block = context.dims(2).map { $0.reduce(.known(1), *) } ?? .unknown
    return [context.result(context.element(0), [columns[0], columns[1] / block] + image)]
  }

  /// DeformConv: a convolution whose taps operand 2 moves and operand 4 weighs; operand 3 is the
  /// bias.
  static let deformableConvolution = mixing(
    because: "is sampled where offsets say", inputs: .between(3...5), outputs: .exactly(1),
    attributes: windowAttributes + [.int("offset_group", 1)],
    positions: { context in convolutionPositions(context) }
  ) { context throws(Diagnostic) in
    [try convolutionType(context.selecting([0, 1, 3]), isTransposed: false)]
  }

  /// CenterCropPad: crops or pads axes about their middles to the extents of operand 1.
  static let centerCropPad = mixing(
    because: "is cropped or padded", inputs: .exactly(2), outputs: .exactly(1),
    attributes: [.derived("axes", .ints)], positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    guard var shape = context.shape(0) else { return [context.result(context.element(0), nil)] }
    let given = context.node.attributes.ints("axes") ?? Array(shape.indices)
    let axes = try context.axes(given, rank: shape.count)
    let extents = context.dims(1) ?? axes.map { _ in .unknown }
    guard extents.count == axes.count else {
      throw context.invalid("\(extents.count) extents for \(axes.count) axes")
    }
    for (axis, extent) in zip(axes, extents) { shape[axis] = extent }
    return [context.result(context.element(0), shape)]
  }

  /// NonMaxSuppression: rows of image, class and box.
  static let nonMaxSuppression = mixing(
    because: "selects boxes", inputs: .between(2...5), outputs: .exactly(1),
    attributes: [.int("center_point_box", 0)], positions: Plain.noPositions
  ) { context throws(Diagnostic) in [.tensor(.int64, [.unknown, .known(3)])] }
}
