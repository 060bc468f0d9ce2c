import IR

/// The reference kernel of Pad, for elements of any type that fill whole bytes.
enum ReferencePad {
  /// Pad by operand 1 along the axes of operand 3, with the scalar of operand 2 or, by `mode`, with
  /// elements of the operand. Negative padding cuts off.
  static func pad(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let width = try call.elementBytes(x.type)
    let pads = try call.integers(1)
    let axes =
      try call.optional(3) == nil
      ? Array(x.shape.indices) : call.axes(call.integers(3), rank: x.rank)
    guard pads.count == 2 * axes.count else {
      throw call.invalid("\(pads.count) paddings for \(axes.count) axes")
    }
    let mode = call.node.attributes.string("mode") ?? "constant"
    var sources = x.shape.map { Array(0..<$0) }
    for (number, axis) in axes.enumerated() {
      sources[axis] = try Self.sources(
        call, extent: x.shape[axis], begin: pads[number], end: pads[axes.count + number],
        mode: mode)
    }
    let fill = try self.fill(call, x, width)
    let shape = sources.map(\.count)
    let strides = Strided.strides(of: x.shape)
    return [
      try call.makeBytes(x.type, shape) { target in
        x.withBytes { source in
          var position = 0
          WindowGeometry.forEachIndex(of: shape) { index in
            var offset = 0
            var isOutside = false
            for axis in index.indices {
              let from = sources[axis][index[axis]]
              isOutside = isOutside || from < 0
              offset += from * strides[axis]
            }
            for byte in 0..<width {
              target[position * width + byte] =
                isOutside ? fill[byte] : source[offset * width + byte]
            }
            position += 1
          }
        }
      }
    ]
  }

  /// The element of the operand that each element of a padded axis takes; -1 for the constant.
  static func sources(
    _ call: ReferenceCall, extent: Int, begin: Int, end: Int, mode: String
  ) throws(Diagnostic) -> [Int] {
    let (grown, overflow) = extent.addingReportingOverflow(begin)
    let (total, overflowToo) = grown.addingReportingOverflow(end)
    guard !overflow, !overflowToo, total >= 0, total <= call.maximumBytes else {
      throw call.invalid("an axis of extent \(extent) is padded by \(begin) and \(end)")
    }
    guard mode == "constant" || extent > 0 || total == 0 else {
      throw call.invalid("an empty axis is padded in mode '\(mode)'")
    }
    let positions = (0..<total).map { $0 - begin }
    switch mode {
    case "constant": return positions.map { (0..<extent).contains($0) ? $0 : -1 }
    case "edge": return positions.map { min(max($0, 0), extent - 1) }
    case "wrap": return positions.map { (($0 % extent) + extent) % extent }
    case "reflect":
      let period = max(2 * (extent - 1), 1)
      return positions.map { position in
        let folded = ((position % period) + period) % period
        return min(folded, period - folded) % extent
      }
    default: throw call.invalid("attribute 'mode' is '\(mode)'")
    }
  }

  private static func fill(_ call: ReferenceCall, _ x: Tensor, _ width: Int) throws(Diagnostic)
    -> [UInt8]
  {
    guard let value = call.optional(2), value.count > 0 else {
      return Array(repeating: 0, count: width)
    }
    guard value.type == x.type, value.count == 1 else {
      throw call.invalid(
        "the padding value is \(value.type.textName)\(value.shape), expected one"
          + " \(x.type.textName)")
    }
    return value.withBytes(Array.init)
  }
}
