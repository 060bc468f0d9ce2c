import IR

/// Sampling of images at computed places, as gathers of the pixels around each and their weights.
enum SamplingExpansions {
  /// How an axis of an image is read.
  struct Axis {
    let extent: Int
    let mode: String
    let padding: String
    let alignsCorners: Bool

    var low: Double { alignsCorners ? 0 : -0.5 }
    var high: Double { Double(extent) - (alignsCorners ? 1 : 0.5) }
  }

  /// Pixels along an axis: their numbers, within the extent, and their weights.
  typealias Tap = (index: ValueID, weight: ValueID)

  /// GridSample in modes linear and nearest.
  static func grid(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    let x = try b.operand(node, 0)
    let grid = try b.operand(node, 1)
    let (image, places) = (try b.shape(x), try b.shape(grid))
    let mode = node.attributes.string("mode") ?? "linear"
    guard mode != "cubic" else {
      throw .unsupported("no gradient: mode 'cubic'", at: b.site(of: node))
    }
    let axes = image.count - 2
    let count = places[1..<(places.count - 1)].reduce(1, *)
    let parts = try b.split(
      b.view(grid, [image[0], count, axes]), 2, Array(repeating: 1, count: axes))
    var all: [[Tap]] = []
    for axis in 0..<axes {
      let map = Axis(
        extent: image[axis + 2], mode: mode,
        padding: node.attributes.string("padding_mode") ?? "zeros",
        alignsCorners: node.flag("align_corners"))
      let coordinate = try b.view(parts[axes - 1 - axis], [image[0], 1, count])
      all.append(try taps(&b, map, coordinate))
    }
    let pixels = try b.view(x, [image[0], image[1], image[2...].reduce(1, *)])
    let sampled = try sum(
      &b, pixels, all, extents: Array(image[2...]), shape: [image[0], image[1], count])
    return [try b.view(sampled, Array(image[..<2]) + places[1..<(places.count - 1)])]
  }

  /// The sum over all combinations of the axes' taps of the pixels there times their weights.
  ///
  /// `pixels` has the positions of an image, of `extents`, on its last axis, `shape` the places.
  static func sum(
    _ b: inout GradientBuilder, _ pixels: ValueID, _ axes: [[Tap]], extents: [Int], shape: [Int]
  ) throws(Diagnostic) -> ValueID {
    var result = try b.zeros(shape, like: pixels)
    for combination in 0..<axes.reduce(1, { $0 * $1.count }) {
      var rest = combination / axes[0].count
      var (place, weight) = axes[0][combination % axes[0].count]
      for (taps, extent) in zip(axes, extents).dropFirst() {
        let tap = taps[rest % taps.count]
        rest /= taps.count
        let factor = b.constant(Tensor(scalar: Int64(extent)), name: b.scope + ".extent")
        place = try b.plus(b.times(place, factor), tap.index)
        weight = try b.times(weight, tap.weight)
      }
      let picked = try b.apply(
        .gatherElements, [pixels, b.spread(place, shape)], ["axis": .int(shape.count - 1)])
      result = try b.plus(result, b.times(picked, weight))
    }
    return result
  }

  /// The pixels that coordinates from -1 to 1 take along an axis.
  private static func taps(_ b: inout GradientBuilder, _ axis: Axis, _ coordinate: ValueID)
    throws(Diagnostic) -> [Tap]
  {
    let extent = Double(axis.extent)
    let factor = axis.alignsCorners ? (extent - 1) / 2 : extent / 2
    var place = try b.affine(
      coordinate, by: factor, plus: axis.alignsCorners ? factor : (extent - 1) / 2)
    if axis.mode == "nearest" { place = try b.apply(.round, [place]) }
    if axis.padding == "border" {
      place = try b.apply(
        .clip, [place, b.number(0, like: place), b.number(extent - 1, like: place)])
    } else if axis.padding == "reflection" {
      place = try reflected(&b, axis, place)
    }
    if axis.mode == "nearest" { return [try pixel(&b, axis, b.apply(.round, [place]), nil)] }
    return try neighbours(&b, axis, place)
  }

  /// The pixels on both sides of a place along an axis.
  static func neighbours(_ b: inout GradientBuilder, _ axis: Axis, _ place: ValueID)
    throws(Diagnostic) -> [Tap]
  {
    let floor = try b.apply(.floor, [place])
    let part = try b.minus(place, floor)
    return [
      try pixel(&b, axis, floor, b.affine(part, by: -1, plus: 1)),
      try pixel(&b, axis, b.affine(floor, plus: 1), part),
    ]
  }

  /// The pixel at a whole place with its weight: 0 beyond the ends where zeros stand there.
  private static func pixel(
    _ b: inout GradientBuilder, _ axis: Axis, _ place: ValueID, _ weight: ValueID?
  ) throws(Diagnostic) -> Tap {
    let last = try b.number(Double(axis.extent - 1), like: place)
    let inside = try b.apply(.clip, [place, b.number(0, like: place), last])
    let index = try b.apply(.cast, [inside], ["to": .int(Int(ElementType.int64.rawValue))])
    let isInside = try b.apply(.equal, [inside, place])
    if axis.padding != "zeros" {
      guard let weight else { return (index, try b.number(1, like: place)) }
      return (index, weight)
    }
    guard let weight else { return (index, try b.cast(isInside, like: place)) }
    return (index, try b.keep(weight, where: isInside))
  }

  /// A place reflected at the ends until it is between them: a triangle wave.
  private static func reflected(_ b: inout GradientBuilder, _ axis: Axis, _ place: ValueID)
    throws(Diagnostic) -> ValueID
  {
    let span = axis.high - axis.low
    guard span > 0 else { return try b.affine(place, by: 0) }
    let distance = try b.apply(.abs, [b.affine(place, plus: -axis.low)])
    let period = try b.number(2 * span, like: place)
    let rest = try b.apply(.mod, [distance, period], ["fmod": .int(1)])
    let back = try b.affine(rest, by: -1, plus: 2 * span)
    return try b.affine(b.apply(.min, [rest, back]), plus: axis.low)
  }

  /// AffineGrid: the places of a grid times the maps.
  static func affineGrid(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    let maps = try b.operand(node, 0)
    let shape = try b.shape(b.result(node))
    let extents = Array(shape[1..<(shape.count - 1)])
    let axes = extents.count
    let alignsCorners = node.flag("align_corners")
    var rows: [Double] = []
    for number in 0..<extents.reduce(1, *) {
      var rest = number
      var row: [Double] = []
      for extent in extents.reversed() {
        let index = Double(rest % extent)
        rest /= extent
        row.append(
          !alignsCorners
            ? (2 * index + 1) / Double(extent) - 1
            : extent == 1 ? 0 : 2 * index / Double(extent - 1) - 1)
      }
      rows += row + [1]
    }
    let table = try b.numbers(rows, [extents.reduce(1, *), axes + 1], like: maps)
    return [try b.view(b.apply(.matMul, [table, b.permuted(maps, [0, 2, 1])]), shape)]
  }
}
