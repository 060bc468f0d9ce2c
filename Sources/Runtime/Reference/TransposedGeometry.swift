import IR

/// Where the taps of a transposed convolution land, one entry a spatial axis.
struct TransposedGeometry {
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  /// What is cut off before the first output element; negative where zeros are added.
  let begins: [Int]
  let input: [Int]
  let output: [Int]

  /// The geometry of a ConvTranspose node; formulas of ONNX ConvTranspose-22.
  init(_ node: Node, kernel: [Int], input: [Int]) throws(Diagnostic) {
    let attributes = node.attributes
    let site = Site(nodes: [node.name], op: node.type)
    let rank = input.count
    let strides = attributes.ints("strides") ?? Array(repeating: 1, count: rank)
    let dilations = attributes.ints("dilations") ?? Array(repeating: 1, count: rank)
    let extra = attributes.ints("output_padding") ?? Array(repeating: 0, count: rank)
    let pads = attributes.ints("pads") ?? Array(repeating: 0, count: 2 * rank)
    let mode = attributes.string("auto_pad") ?? "NOTSET"
    let asked = attributes.ints("output_shape")
    func fits(_ values: [Int], _ count: Int, from low: Int) -> Bool {
      values.count == count && values.allSatisfy { $0 >= low && $0 < Int(Int32.max) }
    }
    guard fits(kernel, rank, from: 1), fits(strides, rank, from: 1), fits(dilations, rank, from: 1),
      fits(extra, rank, from: 0), fits(input, rank, from: 1), fits(pads, 2 * rank, from: 0),
      asked.map({ fits($0, rank, from: 1) }) ?? true
    else {
      throw .invalid(
        "strides \(strides), dilations \(dilations), pads \(pads), output padding \(extra)"
          + " do not fit an input of spatial extents \(input) and a kernel \(kernel)", at: site)
    }
    guard ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(mode) else {
      throw .invalid("attribute 'auto_pad' is '\(mode)'", at: site)
    }
    var begins: [Int] = []
    var output: [Int] = []
    for axis in 0..<rank {
      let span = dilations[axis] * (kernel[axis] - 1) + 1
      let full = strides[axis] * (input[axis] - 1) + extra[axis] + span
      let same = mode.hasPrefix("SAME") ? input[axis] * strides[axis] : nil
      if let wanted = asked?[axis] ?? same {
        let total = full - wanted
        let half = total >= 0 ? total / 2 : -((1 - total) / 2)
        begins.append(mode == "SAME_UPPER" ? half : total - half)
        output.append(wanted)
      } else {
        let cut = mode == "VALID" ? (0, 0) : (pads[axis], pads[rank + axis])
        begins.append(cut.0)
        output.append(full - cut.0 - cut.1)
      }
    }
    guard output.allSatisfy({ $0 >= 1 }), Tensor.count(of: output) != nil else {
      throw .invalid("the output would have spatial extents \(output)", at: site)
    }
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.begins = begins
    self.input = input
    self.output = output
  }

  /// The row-major output position that a tap adds an input element to; nil if it is cut off.
  func place(_ position: [Int], _ tap: [Int]) -> Int? {
    var place = 0
    for axis in kernel.indices {
      let coordinate =
        position[axis] * strides[axis] + tap[axis] * dilations[axis] - begins[axis]
      guard (0..<output[axis]).contains(coordinate) else { return nil }
      place = place * output[axis] + coordinate
    }
    return place
  }
}
