import IR

/// How the windows of a convolution or pooling lie over the spatial axes, one entry an axis.
struct WindowGeometry {
  /// Who asks, which decides how the output's extents are rounded.
  enum Use {
    case convolution
    case pooling
  }

  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  /// Padding before the first element.
  let begins: [Int]
  /// Padding after the last element, as the attributes ask for.
  let ends: [Int]
  let input: [Int]
  let output: [Int]

  /// The geometry of a node's windows of extents `kernel` over an input with these spatial extents.
  ///
  /// Formulas of ONNX Conv-22 and MaxPool-22: with `ceil_mode`, a last window that would start in
  /// the
  /// padding behind the input is left out.
  init(_ node: Node, kernel: [Int], input: [Int], use: Use) throws(Diagnostic) {
    let attributes = node.attributes
    let site = Site(nodes: [node.name], op: node.type)
    let rank = input.count
    let strides = attributes.ints("strides") ?? Array(repeating: 1, count: rank)
    let dilations = attributes.ints("dilations") ?? Array(repeating: 1, count: rank)
    let pads = attributes.ints("pads") ?? Array(repeating: 0, count: 2 * rank)
    let limit = Int(Int32.max)
    func fits(_ values: [Int], _ count: Int, from low: Int) -> Bool {
      values.count == count && values.allSatisfy { $0 >= low && $0 < limit }
    }
    guard fits(kernel, rank, from: 1), fits(strides, rank, from: 1), fits(dilations, rank, from: 1),
      fits(input, rank, from: 0)
    else {
      throw .invalid(
        "kernel \(kernel), strides \(strides) and dilations \(dilations) do not fit an input of"
          + " spatial extents \(input)", at: site)
    }
    let rounding = use == .pooling && attributes.int("ceil_mode") == 1
    let mode = attributes.string("auto_pad") ?? "NOTSET"
    var begins: [Int] = []
    var ends: [Int] = []
    var output: [Int] = []
    for axis in 0..<rank {
      let span = dilations[axis] * (kernel[axis] - 1) + 1
      let extent: Int
      switch mode {
      case "SAME_UPPER", "SAME_LOWER":
        extent = (input[axis] + strides[axis] - 1) / strides[axis]
        let total = max((extent - 1) * strides[axis] + span - input[axis], 0)
        begins.append(mode == "SAME_UPPER" ? total / 2 : total - total / 2)
        ends.append(total - begins[axis])
      case "NOTSET", "VALID":
        if mode == "NOTSET" {
          guard fits(pads, 2 * rank, from: 0) else {
            throw .invalid("pads \(pads) do not fit \(rank) spatial axes", at: site)
          }
        }
        begins.append(mode == "VALID" ? 0 : pads[axis])
        ends.append(mode == "VALID" ? 0 : pads[rank + axis])
        let room = input[axis] + begins[axis] + ends[axis] - span
        guard room >= 0 else {
          throw .invalid(
            "kernel \(kernel) with dilations \(dilations) is larger than the padded input \(input)",
            at: site)
        }
        var count = (room + (rounding ? strides[axis] - 1 : 0)) / strides[axis] + 1
        if rounding, (count - 1) * strides[axis] >= input[axis] + begins[axis] { count -= 1 }
        extent = count
      default: throw .invalid("attribute 'auto_pad' is '\(mode)'", at: site)
      }
      output.append(extent)
    }
    guard Tensor.count(of: output) != nil, Tensor.count(of: kernel) != nil else {
      throw .unsupported("spatial extents \(output) of the output are too large", at: site)
    }
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.begins = begins
    self.ends = ends
    self.input = input
    self.output = output
  }

  /// The input coordinate that tap `tap` of output `position` reads; it may lie in the padding.
  func coordinate(axis: Int, position: Int, tap: Int) -> Int {
    position * strides[axis] + tap * dilations[axis] - begins[axis]
  }

  /// The output positions along an axis whose tap `tap` reads an element, not padding.
  func positions(axis: Int, tap: Int) -> Range<Int> {
    let offset = tap * dilations[axis] - begins[axis]
    let stride = strides[axis]
    let first = offset >= 0 ? 0 : (-offset + stride - 1) / stride
    let room = input[axis] - offset
    let end = room <= 0 ? 0 : min(output[axis], (room + stride - 1) / stride)
    return first..<max(first, end)
  }

  /// Calls `body` for each index of a grid with these extents, in row-major order.
  static func forEachIndex(of extents: [Int], _ body: ([Int]) -> Void) {
    if extents.contains(0) { return }
    var index = Array(repeating: 0, count: extents.count)
    while true {
      body(index)
      var axis = extents.count - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < extents[axis] { break }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
