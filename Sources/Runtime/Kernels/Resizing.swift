import CKernels
import IR

extension Planner {
  /// Plans Resize of an image or a volume in channels-last order along its spatial axes.
  func planResize(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), isSpatial(x), isChannelsLast(x) else {
      return false
    }
    var operands: [Tensor?] = [nil]
    for input in node.inputs.dropFirst() {
      let tensor = facts.constant(input)
      if input != nil, tensor == nil { return false }
      operands.append(tensor)
    }
    let shape = facts.shape(x)
    let call = ReferenceCall(
      node: node, operands: operands, isWidened: false, maximumBytes: 1 << 40)
    let axes = try ReferenceResize.axes(call, shape)
    guard axes.map(\.taps.count) == facts.shape(y),
      (0..<2).allSatisfy({ axes[$0].isIdentity(of: shape[$0]) }),
      axes.allSatisfy({ !$0.taps.contains(where: \.isEmpty) })
    else { return false }
    let kernels = kernels
    let source = channelsLast(x)
    finish([id])
    let target = result(y, imageLayout(y))
    let rows = target.rows
    let image = target.image
    let depths = (source: source.depth, target: target.depth)
    let layerTaps = shape.count == 5 ? axes[2].floats : [[(0, 1)]]
    let rowTaps = shape.count > 3 ? axes[shape.count - 2].floats : [[(0, 1)]]
    let pixelTaps = axes[shape.count - 1].floats
    let tasks = tasks(rows, work: 4 * target.count)
    emit(
      node.name, kind: node.type, touches: [source.buffer, target.buffer], writing: target,
      tasks: tasks
    ) { memory in
      let (from, to) = (source.source(memory), target.target(memory))
      guard let input = from.data, let output = to.data else { return { _, _ in } }
      return { task, _ in
        for row in share(rows, task, of: tasks) {
          let (number, line) = row.quotientAndRemainder(dividingBy: image.height)
          let source = input + number / depths.target * depths.source * from.image
          let target = output + number * to.image + line * to.row
          for (pixel, taps) in pixelTaps.enumerated() {
            var isFirst = true
            for (z, layerWeight) in layerTaps[number % depths.target] {
              for (y, rowWeight) in rowTaps[line] {
                let line = source + z * from.image + y * from.row
                for (x, weight) in taps {
                  kernels.axpby(
                    image.channels, layerWeight * rowWeight * weight, line + x * from.pixel,
                    isFirst ? 0 : 1, target + pixel * to.pixel)
                  isFirst = false
                }
              }
            }
          }
        }
      }
    }
    return true
  }
}

extension ResizeAxis {
  /// The taps with weights in float32.
  var floats: [[(index: Int, weight: Float)]] {
    taps.map { taps in taps.map { ($0.index, Float($0.weight)) } }
  }

  /// Whether an axis of that extent stays as it is.
  func isIdentity(of extent: Int) -> Bool {
    taps.count == extent
      && taps.enumerated().allSatisfy { position, taps in
        taps.count == 1 && taps[0].index == position && taps[0].weight == 1
      }
  }
}
