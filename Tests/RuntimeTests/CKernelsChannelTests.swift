import CKernels
import Testing

private let layouts =
  [1, 3, 5, 16, 17, 31, 33, 100].map { ChannelCase(channels: $0, width: 7, isDense: false) }
  + [1, 3, 5, 8, 16, 33, 64, 65].map { ChannelCase(channels: $0, width: 21, isDense: true) }
  + [(5, 16), (3, 1100), (600, 3)].map { ChannelCase(channels: $0, width: $1, isDense: true) }
  + [ChannelCase(channels: 17, width: 70, isDense: false)]

/// The extents of tensors, and whether their pixels follow one another without a gap: kernels take
/// several of those as one.
struct ChannelCase: Sendable {
  var channels: Int
  var width: Int
  var isDense: Bool

  var shape: ck_shape { ck_shape(batch: 2, height: 3, width: width, channels: channels) }
  /// How far sums over all pixels may be from the exact ones.
  var tolerance: Double { Double(6 * width * 16) * 0x1p-24 }
}

struct CKernelsChannelTests {
  private let all = ck_range(begin: 0, end: 6)

  /// Makes a tensor of noise.
  private func image(
    _ layout: ChannelCase, seed: UInt64, gap: Int = 1, offset: Float = 0
  ) -> KernelImage {
    var noise = KernelNoise(seed)
    let border = ck_border(top: 1, left: 1, bottom: 0, right: 2)
    let image = KernelImage(layout.shape, border: border, gap: layout.isDense ? 0 : gap)
    image.fill { _, _, _, _ in noise.float() + offset }
    return image
  }

  /// With a shift near the mean the squares do not cancel: the sums are exact to float32 roundings
  /// of a chunk.
  @Test(arguments: layouts)
  func moments(_ layout: ChannelCase) {
    let (channels, shape) = (layout.channels, layout.shape)
    for kernels in kernelVariants {
      let x = image(layout, seed: 1, offset: 1000)
      let shift = (0..<channels).map { 1000 + Float($0 % 3) / 8 }
      var sums = [Double](repeating: 1, count: 2 * channels)
      kernels.channel_moments(shape, x.source, shift, &sums, ck_range(begin: 0, end: 4))
      kernels.channel_moments(shape, x.source, shift, &sums, ck_range(begin: 4, end: 6))
      var plain = [Double](repeating: 0, count: 2 * channels)
      kernels.channel_moments(shape, x.source, nil, &plain, all)
      var exact = [Double](repeating: 1, count: 2 * channels)
      var total = [Double](repeating: 0, count: channels)
      x.forEach { n, y, column, c in
        let d = Double(x[n, y, column, c]) - Double(shift[c])
        exact[c] += d
        exact[channels + c] += d * d
        total[c] += Double(x[n, y, column, c])
      }
      for c in 0..<2 * channels { #expect(abs(sums[c] - exact[c]) <= layout.tolerance) }
      for c in 0..<channels { #expect(abs(plain[c] - total[c]) <= 7 * 0x1p-24 * total[c]) }
    }
  }

  /// Covers null operands, the mask written over dy, and each piecewise linear activation.
  @Test(arguments: layouts)
  func gradientSums(_ layout: ChannelCase) {
    let (channels, shape) = (layout.channels, layout.shape)
    let functions: [ck_function] = [.CK_IDENTITY, .CK_RELU, .CK_LEAKY_RELU, .CK_CLIP, .CK_TANH]
    for kernels in kernelVariants {
      for function in functions {
        let x = image(layout, seed: 2)
        let dy = image(layout, seed: 3)
        let y = image(layout, seed: 4, gap: 0)
        var noise = KernelNoise(5)
        let mean = noise.floats(channels)
        var activation = ck_activation(function: function, a: 0.25, b: 0.5)
        var exact = [Double](repeating: 0, count: 2 * channels)
        let expected = KernelImage(shape)
        dy.forEach { n, row, column, c in
          let g = dy[n, row, column, c] * slope(function, y[n, row, column, c])
          expected[n, row, column, c] = g
          exact[c] += Double(g)
          exact[channels + c] += Double(g) * Double(x[n, row, column, c] - mean[c])
        }
        var sums = [Double](repeating: 0, count: 2 * channels)
        kernels.channel_gradient_sums(
          shape, x.source, mean, dy.source, y.source, &activation, dy.target, &sums, all)
        for c in 0..<2 * channels { #expect(abs(sums[c] - exact[c]) <= layout.tolerance) }
        #expect(zip(dy.elements, expected.elements).allSatisfy { abs($0 - $1) <= 0x1p-22 })
        #expect(dy.surroundingsAreIntact)
        var only = [Double](repeating: 0, count: 2 * channels)
        kernels.channel_gradient_sums(
          shape, ck_source(), nil, dy.source, ck_source(), &activation, ck_target(),
          &only, all)
        for c in 0..<channels {
          #expect(abs(only[c] - exact[c]) <= layout.tolerance)
          #expect(only[channels + c] == 0)
        }
      }
    }
  }

  /// Returns the derivative that belongs to what `activation_gradient` takes, with a = 1/4 and
  /// b = 1/2.
  private func slope(_ function: ck_function, _ y: Float) -> Float {
    switch function {
    case .CK_RELU: y > 0 ? 1 : 0
    case .CK_LEAKY_RELU: y > 0 ? 1 : 0.25
    case .CK_CLIP: y >= 0.25 && y <= 0.5 ? 1 : 0
    case .CK_TANH: 1 - y * y
    default: 1
    }
  }

  @Test(arguments: layouts)
  func affine(_ layout: ChannelCase) {
    let (channels, shape) = (layout.channels, layout.shape)
    for kernels in kernelVariants {
      for function: ck_function in [.CK_IDENTITY, .CK_RELU, .CK_LEAKY_RELU, .CK_CLIP, .CK_ABS] {
        for parts in 0..<8 {
          let x = image(layout, seed: 6)
          let residual = image(layout, seed: 7, gap: 0)
          var noise = KernelNoise(8)
          let scale = noise.floats(2 * channels)
          let bias = noise.floats(2 * channels)
          let stride = parts == 3 ? channels : 0
          var activation = ck_activation(function: function, a: 0.25, b: 0.5)
          let expected = KernelImage(shape)
          expected.fill { n, row, column, c in
            var v = Double(x[n, row, column, c])
            if parts & 1 != 0 { v *= Double(scale[n * stride + c]) }
            if parts & 2 != 0 { v += Double(bias[n * stride + c]) }
            if parts & 4 != 0 { v += Double(residual[n, row, column, c]) }
            switch function {
            case .CK_RELU: v = max(v, 0)
            case .CK_LEAKY_RELU: v = v < 0 ? v / 4 : v
            case .CK_CLIP: v = min(max(v, 0.25), 0.5)
            case .CK_ABS: v = abs(v)
            default: break
            }
            return Float(v)
          }
          scale.withUnsafeBufferPointer { scale in
            bias.withUnsafeBufferPointer { bias in
              for rows in [ck_range(begin: 0, end: 1), ck_range(begin: 1, end: 6)] {
                kernels.channel_affine(
                  shape, x.source, parts & 1 != 0 ? scale.baseAddress : nil,
                  parts & 2 != 0 ? bias.baseAddress : nil, stride,
                  parts & 4 != 0 ? residual.source : ck_source(), &activation, x.target, rows)
              }
            }
          }
          #expect(zip(x.elements, expected.elements).allSatisfy { abs($0 - $1) <= 4 * 0x1p-24 })
          #expect(x.surroundingsAreIntact)
        }
      }
    }
  }

  @Test(arguments: layouts)
  func affineGradient(_ layout: ChannelCase) {
    let (channels, shape) = (layout.channels, layout.shape)
    for kernels in kernelVariants {
      for function: ck_function in [.CK_IDENTITY, .CK_RELU, .CK_LEAKY_RELU, .CK_CLIP, .CK_TANH] {
        for hasResidual in [false, true] {
          let x = image(layout, seed: 9)
          let dy = image(layout, seed: 10)
          let y = image(layout, seed: 11)
          let residual = image(layout, seed: 12)
          var noise = KernelNoise(13)
          let mean = noise.floats(channels)
          let (a, b, d) = (noise.floats(channels), noise.floats(channels), noise.floats(channels))
          var activation = ck_activation(function: function, a: 0.25, b: 0.5)
          let expected = KernelImage(shape)
          expected.fill { n, row, column, c in
            let g = Double(dy[n, row, column, c] * slope(function, y[n, row, column, c]))
            let centred = Double(x[n, row, column, c]) - Double(mean[c])
            let add = hasResidual ? Double(residual[n, row, column, c]) : 0
            return Float(Double(a[c]) * g + Double(b[c]) * centred + Double(d[c]) + add)
          }
          kernels.channel_affine_gradient(
            shape, x.source, mean, dy.source, y.source, &activation, a, b, d,
            hasResidual ? residual.source : ck_source(), dy.target, all)
          #expect(zip(dy.elements, expected.elements).allSatisfy { abs($0 - $1) <= 8 * 0x1p-24 })
          #expect(dy.surroundingsAreIntact)
        }
      }
    }
  }
}
