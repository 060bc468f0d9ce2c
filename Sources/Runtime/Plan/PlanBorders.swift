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
  var extents: ck_conv
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
    guard x.count == 3 || x.count == 4, y.count == x.count, weight.count == x.count,
      !x.contains(0), !y.contains(0), !weight.contains(0)
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
    let flat = x.count == 3
    extents = ck_conv(
      batch: x[0], in_h: flat ? 1 : x[2], in_w: x[x.count - 1], in_channels: x[1],
      out_h: flat ? 1 : y[2], out_w: y[y.count - 1], out_channels: y[1], groups: group,
      kernel_h: flat ? 1 : kernel[0], kernel_w: kernel[kernel.count - 1],
      stride_h: flat ? 1 : strides[0], stride_w: strides[strides.count - 1],
      dilation_h: flat ? 1 : dilations[0], dilation_w: dilations[dilations.count - 1],
      pad_top: flat ? 0 : begins[0], pad_left: begins[begins.count - 1], algorithm: .CK_WINOGRAD)
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
      extents.in_channels / extents.groups, extents.kernel_h, extents.kernel_w,
    ]
    return Tensor.count(of: extents) ?? .max
  }

  /// The border a direction's operand needs.
  func border(_ direction: ck_direction) -> Border {
    withUnsafePointer(to: extents) { Border(ck_conv_border($0, direction)) }
  }
}
