import CKernels
import Testing

/// One pooling window to test.
private struct Pool: Sendable, CustomTestStringConvertible {
  var channels = 5
  var size = (7, 9)
  var kernel = (3, 3)
  var stride = (2, 2)
  var dilation = (1, 1)
  var pads = (1, 1, 1, 1)
  /// Windows beyond the padded image, as the ceiling mode makes them.
  var extra = (0, 0)

  var testDescription: String {
    "\(channels)x\(size) k\(kernel) s\(stride) d\(dilation) p\(pads) +\(extra)"
  }

  var geometry: ck_pool {
    ck_pool(
      batch: 2, channels: channels, in_h: size.0, in_w: size.1,
      out_h: (size.0 + pads.0 + pads.2 - dilation.0 * (kernel.0 - 1) - 1) / stride.0 + 1 + extra.0,
      out_w: (size.1 + pads.1 + pads.3 - dilation.1 * (kernel.1 - 1) - 1) / stride.1 + 1 + extra.1,
      kernel_h: kernel.0, kernel_w: kernel.1, stride_h: stride.0, stride_w: stride.1,
      dilation_h: dilation.0, dilation_w: dilation.1, pad_top: pads.0, pad_left: pads.1,
      pad_bottom: pads.2, pad_right: pads.3, count_include_pad: false)
  }

  var inputs: ck_shape { ck_shape(batch: 2, height: size.0, width: size.1, channels: channels) }

  var outputs: ck_shape {
    ck_shape(batch: 2, height: geometry.out_h, width: geometry.out_w, channels: channels)
  }

  /// Returns the positions of the window at (y, x) inside the image, and their number inside the
  /// padded image.
  func window(_ y: Int, _ x: Int) -> (inside: [(Int, Int)], padded: Int) {
    var inside: [(Int, Int)] = []
    var padded = 0
    for ky in 0..<kernel.0 {
      for kx in 0..<kernel.1 {
        let iy = y * stride.0 + ky * dilation.0 - pads.0
        let ix = x * stride.1 + kx * dilation.1 - pads.1
        if iy < size.0 + pads.2, ix < size.1 + pads.3 { padded += 1 }
        if iy >= 0, ix >= 0, iy < size.0, ix < size.1 { inside.append((iy, ix)) }
      }
    }
    return (inside, padded)
  }
}

private let pools: [Pool] =
  [1, 3, 5, 17, 31, 33, 100].map { Pool(channels: $0) } + [
    Pool(kernel: (2, 2), pads: (0, 0, 0, 0)),
    Pool(kernel: (2, 2), pads: (0, 0, 0, 0), extra: (1, 1)),
    Pool(stride: (1, 1)),
    Pool(size: (8, 8), extra: (1, 1)),
    Pool(kernel: (3, 2), stride: (1, 2), dilation: (2, 3), pads: (2, 1, 0, 2)),
    Pool(size: (1, 13), kernel: (1, 4), stride: (1, 3), pads: (0, 2, 0, 1)),
    Pool(size: (2, 2), kernel: (5, 5), stride: (1, 1), pads: (2, 2, 2, 2)),
  ]

struct CKernelsPoolingTests {
  @Test(arguments: pools)
  private func maxima(_ pool: Pool) {
    var geometry = pool.geometry
    for kernels in kernelVariants {
      var noise = KernelNoise(31)
      let x = KernelImage(pool.inputs, gap: 1)
      // Few distinct values, so that ties occur; one NaN.
      x.fill { _, _, _, _ in Float(noise.integer(-3...3)) }
      let y = KernelImage(pool.outputs, gap: 2)
      let rows = 2 * geometry.out_h
      kernels.max_pool(&geometry, x.source, y.target, ck_range(begin: 0, end: 1))
      kernels.max_pool(&geometry, x.source, y.target, ck_range(begin: 1, end: rows))
      #expect(y.surroundingsAreIntact)
      let dy = KernelImage(pool.outputs)
      dy.fill(&noise)
      let expected = KernelImage(pool.inputs)
      y.forEach { n, row, column, c in
        let inside = pool.window(row, column).inside
        let top = inside.map { x[n, $0.0, $0.1, c] }.max()!
        #expect(y[n, row, column, c] == top)
        let first = inside.first { x[n, $0.0, $0.1, c] == top }!
        expected[n, first.0, first.1, c] += dy[n, row, column, c]
      }
      let dx = KernelImage(pool.inputs, gap: 3)
      dx.fill(&noise)
      for n in 0..<2 {
        kernels.max_pool_gradient(
          &geometry, x.source, y.source, dy.source, dx.target, ck_range(begin: n, end: n + 1))
      }
      #expect(dx.elements == expected.elements)
      #expect(dx.surroundingsAreIntact)
      x[0, 0, 0, 0] = .nan
      kernels.max_pool(&geometry, x.source, y.target, ck_range(begin: 0, end: rows))
      let touches = pool.window(0, 0).inside.contains { $0 == (0, 0) }
      #expect(y[0, 0, 0, 0].isNaN == touches)
    }
  }

  @Test(arguments: pools, [false, true])
  private func averages(_ pool: Pool, _ includePad: Bool) {
    var geometry = pool.geometry
    geometry.count_include_pad = includePad
    for kernels in kernelVariants {
      var noise = KernelNoise(32)
      let x = KernelImage(pool.inputs, gap: 1)
      let y = KernelImage(pool.outputs)
      let dy = KernelImage(pool.outputs)
      x.fill(&noise)
      dy.fill(&noise)
      kernels.average_pool(
        &geometry, x.source, y.target, ck_range(begin: 0, end: 2 * geometry.out_h))
      var gradient = [Double](repeating: 0, count: pool.inputs.count)
      var worst = 0.0
      y.forEach { n, row, column, c in
        let (inside, padded) = pool.window(row, column)
        let divisor = Double(includePad ? padded : inside.count)
        let sum = inside.reduce(0) { $0 + Double(x[n, $1.0, $1.1, c]) }
        worst = max(worst, distance(y[n, row, column, c], sum / divisor, scale: 0x1p-20))
        for p in inside {
          gradient[pool.inputs.index(n, p.0, p.1, c)] += Double(dy[n, row, column, c]) / divisor
        }
      }
      #expect(worst <= 1)
      let dx = KernelImage(pool.inputs, gap: 3)
      dx.fill(&noise)
      kernels.average_pool_gradient(
        &geometry, dy.source, dx.target, ck_range(begin: 0, end: 2))
      let elements = dx.elements
      let close = elements.indices.allSatisfy {
        distance(elements[$0], gradient[$0], scale: 0x1p-20) <= 1
      }
      #expect(close)
      #expect(dx.surroundingsAreIntact && y.surroundingsAreIntact)
    }
  }

  @Test(arguments: [1, 3, 5, 17, 31, 33, 100])
  func global(_ channels: Int) {
    let shape = ck_shape(batch: 3, height: 5, width: 7, channels: channels)
    for kernels in kernelVariants {
      var noise = KernelNoise(33)
      let x = KernelImage(shape, gap: 1)
      x.fill(&noise)
      var y = [Float](repeating: -9, count: 3 * channels)
      kernels.global_average(shape, x.source, &y, ck_range(begin: 1, end: 3))
      #expect(y.prefix(channels).allSatisfy { $0 == -9 })
      for n in 1..<3 {
        for c in 0..<channels {
          var sum = 0.0
          for row in 0..<5 { for column in 0..<7 { sum += Double(x[n, row, column, c]) } }
          #expect(distance(y[n * channels + c], sum / 35, scale: 0x1p-20) <= 1)
        }
      }
      kernels.global_broadcast(shape, y, 0.25, x.target, ck_range(begin: 1, end: 3))
      #expect(x.surroundingsAreIntact)
      for n in 1..<3 {
        for c in 0..<channels { #expect(x[n, 4, 6, c] == y[n * channels + c] * 0.25) }
      }
    }
  }

  @Test(arguments: [1, 3, 5, 17, 31, 33, 100])
  func layout(_ channels: Int) {
    let shape = ck_shape(batch: 2, height: 3, width: 19, channels: channels)
    let border = ck_border(top: 1, left: 2, bottom: 3, right: 1)
    for kernels in kernelVariants {
      var noise = KernelNoise(34)
      let nchw = noise.floats(shape.count)
      let x = KernelImage(shape, border: border, gap: 2)
      kernels.from_nchw(shape, nchw, x.target, ck_range(begin: 0, end: 4))
      kernels.from_nchw(shape, nchw, x.target, ck_range(begin: 4, end: 6))
      x.forEach { n, y, column, c in
        #expect(x[n, y, column, c] == nchw[((n * channels + c) * 3 + y) * 19 + column])
      }
      var back = [Float](repeating: .nan, count: shape.count)
      kernels.to_nchw(shape, x.source, &back, ck_range(begin: 0, end: 6))
      #expect(back == nchw)
      let y = KernelImage(shape, gap: channels % 2)
      kernels.copy(shape, x.source, y.target, ck_range(begin: 0, end: 6))
      #expect(y.elements == x.elements)
      #expect(y.surroundingsAreIntact && x.surroundingsAreIntact)
      kernels.fill_border(shape, border, 2, x.target, ck_range(begin: 0, end: 2))
      #expect(y.elements == x.elements)
      #expect(x[1, -1, -2, 0] == 2 && x[1, 5, 19, channels - 1] == 2 && x[0, 1, 19, 0] == 2)
      kernels.fill_border(shape, border, 0, x.target, ck_range(begin: 0, end: 2))
      #expect(x.surroundingsAreIntact)
    }
  }
}
