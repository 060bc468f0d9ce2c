import CKernels

/// A convolution of images, or of volumes as sums of convolutions of their layers, with its
/// operands.
struct LayeredConvolution {
  private let kernels: ck_kernels
  private let extents: ck_conv
  private let packed: UnsafePointer<Float>
  private let from: ck_source
  private let epilogue: ck_epilogue
  private let to: ck_target
  private let compute:
    @convention(c) (
      UnsafePointer<ck_conv>, UnsafePointer<Float>, ck_source, UnsafePointer<ck_epilogue>,
      ck_target,
      ck_range, ck_range, UnsafeMutablePointer<Float>?
    ) -> Void
  /// The taps of each layer of the result; empty for images.
  private let taps: [[DepthWindow.Tap]]
  /// The layers of one sample's operand.
  private let layers: Int
  /// The extents of one layer of the result.
  private let layer: ck_shape
  /// The floats that the packed weights of one tap take.
  private let tapCount: Int

  /// Prepares `to = activation(packed ∗ from + bias + residual)`.
  init(
    _ kernels: ck_kernels, _ convolution: PlannedConvolution, _ direction: ck_direction,
    packed: UnsafePointer<Float>, _ from: ck_source, _ epilogue: ck_epilogue, _ to: ck_target
  ) {
    let isForward = direction == .CK_FORWARD
    var extents = convolution.extents
    let depth = convolution.depth
    tapCount = kernels.conv_packed_count(&extents, direction)
    self.kernels = kernels
    self.extents = extents
    self.packed = packed
    self.from = from
    self.epilogue = epilogue
    self.to = to
    compute = isForward ? kernels.conv_forward : kernels.conv_backward_data
    let isFlat = depth.kernel == 1 && depth.input == 1 && depth.output == 1
    taps = isFlat ? [] : depth.taps(direction)
    layers = isForward ? depth.input : depth.output
    layer = ck_shape(
      batch: 1, height: isForward ? extents.out_h : extents.in_h,
      width: isForward ? extents.out_w : extents.in_w,
      channels: isForward ? extents.out_channels : extents.in_channels)
  }

  /// Computes rows, counted over all layers of the result, in blocks of channels.
  func compute(rows: Range<Int>, blocks: Range<Int>, _ scratch: UnsafeMutablePointer<Float>) {
    if taps.isEmpty {
      call(packed, from, epilogue, to, rows, blocks, scratch)
      return
    }
    var row = rows.lowerBound
    while row < rows.upperBound {
      let number = row / layer.height
      let first = number * layer.height
      let end = min(rows.upperBound, first + layer.height)
      computeLayer(number, (row - first)..<(end - first), blocks, scratch)
      row = end
    }
  }

  /// Sums the taps of some rows of one layer in the result itself: the bias and the residual come
  /// with the first, the activation with the last.
  private func computeLayer(
    _ number: Int, _ rows: Range<Int>, _ blocks: Range<Int>, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let (sample, position) = number.quotientAndRemainder(dividingBy: taps.count)
    let target = to.moved(by: number * to.image)
    let reached = taps[position]
    var step = ck_epilogue(
      bias: epilogue.bias, residual: epilogue.residual.moved(by: number * epilogue.residual.image),
      activation: .identity)
    if reached.isEmpty {
      if blocks.lowerBound == 0 { computeUnreached(step, target, rows) }
      return
    }
    for (number, tap) in reached.enumerated() {
      if number == reached.count - 1 { step.activation = epilogue.activation }
      call(
        packed + tap.kernel * tapCount,
        from.moved(by: (sample * layers + tap.source) * from.image), step, target, rows, blocks,
        scratch)
      step.bias = nil
      step.residual = target.source
    }
  }

  /// Computes rows of a layer that no tap reaches, in all channels.
  private func computeUnreached(_ step: ck_epilogue, _ target: ck_target, _ rows: Range<Int>) {
    var source = step.residual
    if source.data == nil, let data = target.data {
      for row in rows {
        for pixel in 0..<layer.width {
          (data + row * target.row + pixel * target.pixel).update(
            repeating: 0, count: layer.channels)
        }
      }
      source = target.source
    }
    withUnsafePointer(to: epilogue.activation) { activation in
      kernels.channel_affine(
        layer, source, nil, step.bias, 0, .none, activation, target, rows.kernel)
    }
  }

  private func call(
    _ packed: UnsafePointer<Float>, _ from: ck_source, _ epilogue: ck_epilogue, _ to: ck_target,
    _ rows: Range<Int>, _ blocks: Range<Int>, _ scratch: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: extents) { extents in
      withUnsafePointer(to: epilogue) { epilogue in
        compute(extents, packed, from, epilogue, to, rows.kernel, blocks.kernel, scratch)
      }
    }
  }
}

extension PlannedConvolution {
  /// The floats that the packed weights of all taps along the depth take.
  func packedCount(_ kernels: ck_kernels, _ direction: ck_direction) -> Int {
    withUnsafePointer(to: extents) { kernels.conv_packed_count($0, direction) } * depth.kernel
  }

  /// Packs the weights of each tap along the depth.
  func pack(
    _ kernels: ck_kernels, _ direction: ck_direction, _ weights: UnsafePointer<Float>,
    _ packed: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: extents) { extents in
      if depth.kernel == 1 { return kernels.conv_pack(extents, direction, weights, packed) }
      let count = kernels.conv_packed_count(extents, direction)
      let area = extents.pointee.kernel_h * extents.pointee.kernel_w
      let filters =
        extents.pointee.out_channels * (extents.pointee.in_channels / extents.pointee.groups)
      var slice = [Float](repeating: 0, count: filters * area)
      for tap in 0..<depth.kernel {
        for filter in 0..<filters {
          let first = (filter * depth.kernel + tap) * area
          for index in 0..<area { slice[filter * area + index] = weights[first + index] }
        }
        kernels.conv_pack(extents, direction, slice, packed + tap * count)
      }
    }
  }
}
