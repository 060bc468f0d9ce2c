import IR

/// DeformConv as gathers of the pixels around the places of its taps, and a matrix product.
enum DeformableExpansion {
  /// The extents of a node.
  private struct Extents {
    let image: [Int]
    let kernel: [Int]
    let output: [Int]
    let parts: Int
    let groups: Int
    var taps: Int { kernel[0] * kernel[1] }
    var count: Int { output[0] * output[1] }
  }

  /// DeformConv: operand 2 moves each tap, operand 4 weighs it.
  static func run(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    let x = try b.operand(node, 0)
    let weight = try b.operand(node, 1)
    let form = try b.shape(weight)
    let result = try b.shape(b.result(node))
    let extents = Extents(
      image: try b.shape(x), kernel: Array(form.dropFirst(2)), output: Array(result.dropFirst(2)),
      parts: node.attributes.int("offset_group") ?? 1, groups: node.attributes.int("group") ?? 1)
    let (image, taps, count) = (extents.image, extents.taps, extents.count)
    guard image.count == 4 else {
      throw .unsupported("no gradient: images of \(image.count - 2) axes", at: b.site(of: node))
    }
    var values = try sampled(&b, node, x, extents)
    if let mask = node.input(4) {
      values = try b.times(
        values, b.view(mask, [image[0], extents.parts, 1, taps * count]))
    }
    let width = form[1] * taps
    let columns = try b.view(values, [image[0], extents.groups, width, count])
    let matrix = try b.view(weight, [extents.groups, form[0] / extents.groups, width])
    let y = try b.view(b.apply(.matMul, [matrix, columns]), result)
    guard let bias = node.input(3) else { return [y] }
    return [try b.plus(y, b.view(bias, [form[0], 1, 1]))]
  }

  /// What every channel holds at the place of every tap: [batch, parts, channels a part, taps ·
  /// positions].
  private static func sampled(
    _ b: inout GradientBuilder, _ node: Node, _ x: ValueID, _ extents: Extents
  ) throws(Diagnostic) -> ValueID {
    let (image, taps, count) = (extents.image, extents.taps, extents.count)
    let offsets = try b.split(
      b.view(b.operand(node, 2), [image[0], extents.parts, taps, 2, count]), 3, [1, 1])
    let full = [image[0], extents.parts, 1, taps * count]
    var axes: [[SamplingExpansions.Tap]] = []
    for axis in 0..<2 {
      let place = try b.plus(
        b.view(offsets[axis], [image[0], extents.parts, taps, count]),
        starts(&b, node, axis, extents, like: x))
      let map = SamplingExpansions.Axis(
        extent: image[axis + 2], mode: "linear", padding: "zeros", alignsCorners: false)
      axes.append(try SamplingExpansions.neighbours(&b, map, b.view(place, full)))
    }
    let channels = image[1] / extents.parts
    let pixels = try b.view(x, [image[0], extents.parts, channels, image[2] * image[3]])
    return try SamplingExpansions.sum(
      &b, pixels, axes, extents: Array(image[2...]),
      shape: [image[0], extents.parts, channels, taps * count])
  }

  /// Where each tap is along an axis without its offset: [taps, positions].
  private static func starts(
    _ b: inout GradientBuilder, _ node: Node, _ axis: Int, _ extents: Extents, like x: ValueID
  ) throws(Diagnostic) -> ValueID {
    let strides = node.attributes.ints("strides") ?? [1, 1]
    let dilations = node.attributes.ints("dilations") ?? [1, 1]
    let pads = PoolingGradients.pads(
      of: node, extents.image, extents.image.prefix(2) + extents.output, extents.kernel)
    var places: [Double] = []
    for tap in 0..<extents.taps {
      let step = axis == 0 ? tap / extents.kernel[1] : tap % extents.kernel[1]
      for position in 0..<extents.count {
        let output =
          axis == 0 ? position / extents.output[1] : position % extents.output[1]
        places.append(Double(output * strides[axis] + step * dilations[axis] - pads[axis]))
      }
    }
    return try b.numbers(places, [extents.taps, extents.count], like: x)
  }
}
