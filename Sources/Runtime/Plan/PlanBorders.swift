import CKernels
import IR

/// Finds the zeros that convolutions read round their operands.
enum PlanBorders {
  /// The border that the readers of each value need together.
  static func borders(_ facts: PlanFacts) throws(Diagnostic) -> [ValueID: Border] {
    var borders: [ValueID: Border] = [:]
    for id in facts.nodes {
      guard var convolution = try PlannedConvolution(id, facts) else { continue }
      for (value, direction) in convolution.bordered(facts.graph[id]) {
        let border = Border(ck_conv_border(&convolution.extents, direction))
        borders[value] = (borders[value] ?? .none).union(border)
      }
    }
    return borders
  }
}

/// A convolution, its transpose or one of its gradients, as the kernels take it.
struct PlannedConvolution {
  /// The extents of the convolution; for a transposed one, those of the convolution it transposes.
  /// Over volumes it is that of images, which the sum over `depth` takes once a tap.
  var extents: ck_conv
  /// How it moves along the depth of volumes.
  let depth: DepthWindow
  private let op: Operator

  /// The convolution of a node; nil if the node is none, or none that the kernels compute.
  init?(_ id: NodeID, _ facts: PlanFacts) throws(Diagnostic) {
    let node = facts.graph[id]
    guard node.inputs.count >= 2, let first = node.inputs[0], let second = node.inputs[1],
      let result = node.outputs.compactMap({ $0 }).first, facts.element(first) == .float32
    else { return nil }
    let x: [Int]
    let y: [Int]
    let weight: [Int]
    op = node.op
    if op == .conv {
      (x, y, weight) = (facts.shape(first), facts.shape(result), facts.shape(second))
    } else if op == .convTranspose {
      (x, y, weight) = (facts.shape(result), facts.shape(first), facts.shape(second))
    } else if op == .convInputGradient {
      (x, y, weight) = (facts.shape(result), facts.shape(first), facts.shape(second))
    } else if op == .convWeightGradient {
      guard let given = node.attributes.ints("weight_shape") else { return nil }
      (x, y, weight) = (facts.shape(second), facts.shape(first), given)
    } else {
      return nil
    }
    guard (3...(op == .convWeightGradient ? 4 : 5)).contains(x.count), y.count == x.count,
      weight.count == x.count, !x.contains(0), !y.contains(0), !weight.contains(0)
    else { return nil }
    let kernel = Array(weight[2...])
    let group = node.attributes.int("group") ?? 1
    guard group >= 1, x[1] == weight[1] * group, y[1] == weight[0], y[1] % group == 0,
      x[0] == y[0]
    else { return nil }
    let begins: [Int]
    let strides: [Int]
    let dilations: [Int]
    if op == .convTranspose {
      let window = try TransposedGeometry(node, kernel: kernel, input: Array(y[2...]))
      guard window.output == Array(x[2...]) else { return nil }
      (begins, strides, dilations) = (window.begins, window.strides, window.dilations)
    } else {
      let window = try WindowGeometry(
        node, kernel: kernel, input: Array(x[2...]), use: .convolution)
      guard window.output == Array(y[2...]) else { return nil }
      (begins, strides, dilations) = (window.begins, window.strides, window.dilations)
    }
    depth =
      x.count < 5
      ? .none
      : DepthWindow(
        input: x[2], output: y[2], kernel: kernel[0], stride: strides[0], dilation: dilations[0],
        begin: begins[0])
    let flat = x.count == 3
    let (high, wide) = (kernel.count - 2, kernel.count - 1)
    extents = ck_conv(
      batch: x[0] * depth.output, in_h: flat ? 1 : x[high + 2], in_w: x[wide + 2],
      in_channels: x[1], out_h: flat ? 1 : y[high + 2], out_w: y[wide + 2], out_channels: y[1],
      groups: group, kernel_h: flat ? 1 : kernel[high], kernel_w: kernel[wide],
      stride_h: flat ? 1 : strides[high], stride_w: strides[wide],
      dilation_h: flat ? 1 : dilations[high], dilation_w: dilations[wide],
      pad_top: flat ? 0 : begins[high], pad_left: begins[wide],
      algorithm: facts.packsTightly ? .CK_DIRECT : .CK_WINOGRAD)
  }

  /// The operands that are read with a border, and in which direction of the kernels.
  func bordered(_ node: Node) -> [(value: ValueID, direction: ck_direction)] {
    guard let first = node.inputs[0], let second = node.inputs[1] else { return [] }
    if op == .conv { return [(first, .CK_FORWARD)] }
    return op == .convWeightGradient ? [(second, .CK_FORWARD)] : [(first, .CK_BACKWARD_DATA)]
  }

  /// The multiply-accumulates.
  var macs: Int {
    let extents = [
      extents.batch, extents.out_h, extents.out_w, extents.out_channels,
      extents.in_channels / extents.groups, depth.kernel, extents.kernel_h, extents.kernel_w,
    ]
    return Tensor.count(of: extents) ?? .max
  }

  /// The border a direction's operand needs.
  func border(_ direction: ck_direction) -> Border {
    withUnsafePointer(to: extents) { Border(ck_conv_border($0, direction)) }
  }
}
