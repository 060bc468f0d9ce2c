import CKernels
import Testing

private let counts = [1, 3, 5, 17, 31, 33, 100]

/// Convolutions of every kind: channel counts on both sides of vector widths, odd sizes, strides,
/// dilations, groups, borders, one-dimensional ones, negative pads, kernels larger than the image.
private let convolutions: [KernelConvolution] = {
  typealias C = KernelConvolution
  var cases = counts.map { C(batch: 1, size: (5, 8), channels: ($0, $0)) }
  cases += counts.map { C(batch: 1, size: (6, 15), channels: (4, $0), pads: (0, 1, 2, 0)) }
  cases += counts.map { C(size: (4, 4), channels: ($0, 6), kernel: (1, 1), pads: (0, 0, 0, 0)) }
  cases += counts.map { C(size: (5, 17), channels: ($0, $0), groups: $0) }
  cases += counts.map { C(size: (9, 8), channels: ($0, $0), groups: $0, stride: (2, 2), gap: 3) }
  cases += [
    C(size: (13, 11), channels: (3, 40), kernel: (7, 7), stride: (2, 2), pads: (3, 3, 3, 3)),
    C(size: (1, 29), channels: (5, 9), kernel: (1, 5), pads: (0, 2, 0, 2)),
    C(size: (23, 1), channels: (5, 9), kernel: (5, 1), pads: (2, 0, 2, 0)),
    C(size: (12, 10), channels: (6, 4), kernel: (4, 2), stride: (3, 2), pads: (1, 0, 2, 1)),
    C(size: (12, 10), channels: (6, 4), groups: 2, dilation: (2, 3), pads: (2, 3, 2, 3)),
    C(size: (12, 10), channels: (6, 9), groups: 3, stride: (2, 3), dilation: (3, 2)),
    C(size: (12, 12), channels: (5, 4), stride: (2, 2), dilation: (2, 2), pads: (2, 2, 2, 2)),
    C(size: (12, 12), channels: (4, 4), groups: 4, stride: (4, 2), dilation: (2, 4)),
    C(size: (12, 12), channels: (8, 8), kernel: (1, 1), stride: (2, 2), pads: (0, 0, 0, 0)),
    C(size: (12, 12), channels: (8, 8), kernel: (1, 1), stride: (3, 3), pads: (1, 2, 0, 0)),
    C(size: (9, 9), channels: (3, 4), pads: (-1, -2, 0, -1)),
    C(size: (9, 9), channels: (3, 4), stride: (2, 2), pads: (-1, 0, -1, -2)),
    C(size: (3, 2), channels: (3, 4), kernel: (5, 5), pads: (4, 4, 4, 4)),
    C(size: (6, 6), channels: (64, 80), groups: 16, gap: 1),
    C(size: (6, 6), channels: (34, 68), groups: 34, gap: 1),
    C(size: (6, 6), channels: (66, 66), groups: 2, stride: (2, 1)),
    C(size: (30, 31), channels: (3, 3), groups: 3, kernel: (5, 5), pads: (2, 2, 2, 2)),
    C(size: (30, 31), channels: (3, 3), groups: 3, dilation: (1, 2), pads: (1, 2, 1, 2)),
    C(batch: 3, size: (8, 8), channels: (16, 16), gap: 5),
    C(batch: 3, size: (16, 16), channels: (16, 24)),
    C(batch: 5, size: (7, 7), channels: (20, 48), kernel: (1, 1), pads: (0, 0, 0, 0)),
    C(batch: 1, size: (3, 100), channels: (2, 3)),
  ]
  var noise = KernelNoise(7)
  while cases.count < 110 {
    let groups = noise.integer(1...3)
    let c = C(
      batch: noise.integer(1...3), size: (noise.integer(1...12), noise.integer(1...20)),
      channels: (groups * noise.integer(1...20), groups * noise.integer(1...30)), groups: groups,
      kernel: (noise.integer(1...4), noise.integer(1...4)),
      stride: (noise.integer(1...3), noise.integer(1...3)),
      dilation: (noise.integer(1...3), noise.integer(1...3)),
      pads: (
        noise.integer(0...3), noise.integer(0...3), noise.integer(0...3), noise.integer(0...3)
      ), gap: noise.integer(0...1))
    let span = (c.dilation.0 * (c.kernel.0 - 1) + 1, c.dilation.1 * (c.kernel.1 - 1) + 1)
    let fits =
      c.size.0 + c.pads.0 + c.pads.2 >= span.0 && c.size.1 + c.pads.1 + c.pads.3 >= span.1
    if fits { cases.append(c) }
  }
  let functions: [ck_function] = [.CK_IDENTITY, .CK_RELU, .CK_LEAKY_RELU, .CK_CLIP]
  for i in cases.indices {
    cases[i].function = functions[i % 4]
    cases[i].hasBias = i % 3 != 0
    cases[i].hasResidual = i % 2 == 0
  }
  return cases
}()

/// Convolutions that take Winograd's form: whole and cut tiles, odd channel counts, borders with
/// and without pads, several chunks of tiles; and one that asks for it in vain.
private let winogradConvolutions: [KernelConvolution] = {
  typealias C = KernelConvolution
  var cases = [8, 16, 17, 31, 33, 100].map { C(size: (9, 14), channels: ($0, 108 - $0)) }
  cases += [
    C(batch: 1, size: (4, 4), channels: (8, 8)),
    C(batch: 3, size: (7, 7), channels: (16, 24), gap: 3),
    C(batch: 1, size: (8, 8), channels: (20, 16), pads: (0, 0, 0, 0)),
    C(batch: 1, size: (11, 6), channels: (12, 40), pads: (2, 1, 0, 3)),
    C(batch: 5, size: (28, 28), channels: (9, 12)),
    C(batch: 1, size: (6, 6), channels: (300, 8)),
    C(batch: 1, size: (9, 9), channels: (16, 16), stride: (2, 2)),
  ]
  for i in cases.indices {
    cases[i].algorithm = .CK_WINOGRAD
    cases[i].function = i % 2 == 0 ? .CK_RELU : .CK_IDENTITY
    cases[i].hasResidual = i % 3 == 0
  }
  return cases
}()

/// Rounding of a sum of n products in any order is at most n · 2⁻²⁴ of their magnitudes to first
/// order; bias, residual and activation add four roundings.
private func bound(_ terms: Int, _ magnitude: Double) -> Double {
  Double(terms + 4) * 0x1p-24 * magnitude + 0x1p-100
}

/// Winograd's form spreads the error of the largest products in a tile over all its results, so it
/// is held to the documented part of the largest result, with a margin for the residual.
private let winogradBound = 4e-6

struct CKernelsConvolutionTests {
  /// Computes one direction with `kernels`, in the given cuts of rows and blocks, and compares it
  /// with the reference.
  private func check(
    _ c: KernelConvolution, _ direction: ck_direction, _ kernels: ck_kernels
  ) {
    var geometry = c.geometry
    var noise = KernelNoise(11)
    let forward = direction == .CK_FORWARD
    let inputs = ck_shape(
      batch: c.batch, height: c.size.0, width: c.size.1, channels: c.channels.0)
    let outputs = ck_shape(
      batch: c.batch, height: geometry.out_h, width: geometry.out_w, channels: c.channels.1)
    let from = forward ? inputs : outputs
    let to = forward ? outputs : inputs
    let x = KernelImage(from, border: ck_conv_border(&geometry, direction), gap: c.gap)
    x.fill(&noise)
    let residual = KernelImage(to, gap: c.gap * 2)
    residual.fill(&noise)
    let area = c.kernel.0 * c.kernel.1
    let weights = noise.floats(c.channels.1 * (c.channels.0 / c.groups) * area)
    let bias = noise.floats(to.channels)

    var sums = KernelSums(count: to.count)
    c.forEachProduct { n, out, input, weight in
      let read = forward ? input : out
      let written = forward ? out : input
      sums.add(
        Double(x[n, read.y, read.x, read.c]) * Double(weights[weight]),
        at: to.index(n, written.y, written.x, written.c))
    }
    residual.forEach { n, y, x, ch in
      let index = to.index(n, y, x, ch)
      if c.hasBias { sums.add(Double(bias[ch]), at: index) }
      if c.hasResidual { sums.add(Double(residual[n, y, x, ch]), at: index) }
    }

    let packedCount = kernels.conv_packed_count(&geometry, direction)
    let packed = UnsafeMutableBufferPointer<Float>.allocate(capacity: packedCount)
    let scratch = UnsafeMutableBufferPointer<Float>.allocate(
      capacity: kernels.conv_scratch_count(&geometry, direction) + 1)
    defer {
      packed.deallocate()
      scratch.deallocate()
    }
    packed.initialize(repeating: .nan)
    scratch.initialize(repeating: .nan)
    kernels.conv_pack(&geometry, direction, weights, packed.baseAddress!)
    #expect(!packed.contains { $0.isNaN })

    let run = forward ? kernels.conv_forward : kernels.conv_backward_data
    let rowCount = c.batch * to.height
    let blockCount = kernels.conv_blocks(&geometry, direction)
    var results: [[Float]] = []
    for cuts in [[0, rowCount], [0, rowCount / 3, rowCount / 3 + 1, rowCount].sorted()] {
      let y = KernelImage(to, gap: c.gap)
      bias.withUnsafeBufferPointer { bias in
        var epilogue = ck_epilogue(
          bias: c.hasBias ? bias.baseAddress : nil,
          residual: c.hasResidual ? residual.source : ck_source(),
          activation: ck_activation(function: c.function, a: 0.2, b: 0.5))
        let middle = cuts.count > 2 ? blockCount / 2 : 0
        for (begin, end) in zip(cuts, cuts.dropFirst()) {
          for blocks in [
            ck_range(begin: 0, end: middle), ck_range(begin: middle, end: blockCount),
          ] {
            run(
              &geometry, packed.baseAddress!, x.source, &epilogue, y.target,
              ck_range(begin: begin, end: end), blocks, scratch.baseAddress)
          }
        }
      }
      #expect(y.surroundingsAreIntact)
      results.append(y.elements)
    }
    #expect(results[0] == results[1], "the cut into ranges changes results")
    let terms = area * (forward ? c.channels.0 : c.channels.1) / c.groups
    let largest = sums.values.map(abs).max() ?? 0
    let worst = results[0].indices.map {
      distance(
        results[0][$0], reference(c.function, sums.values[$0]),
        scale: c.algorithm == .CK_WINOGRAD
          ? winogradBound * largest : bound(terms, sums.magnitudes[$0]))
    }.max()
    #expect(worst! <= 1)
  }

  @Test(arguments: convolutions)
  func forward(_ c: KernelConvolution) {
    for kernels in kernelVariants { check(c, .CK_FORWARD, kernels) }
  }

  @Test(arguments: convolutions)
  func backwardData(_ c: KernelConvolution) {
    for kernels in kernelVariants { check(c, .CK_BACKWARD_DATA, kernels) }
  }

  @Test(arguments: winogradConvolutions)
  func winograd(_ c: KernelConvolution) {
    for kernels in kernelVariants {
      check(c, .CK_FORWARD, kernels)
      check(c, .CK_BACKWARD_DATA, kernels)
      checkWeights(c, kernels)
    }
  }

  @Test(arguments: convolutions)
  func backwardWeights(_ c: KernelConvolution) {
    for kernels in kernelVariants { checkWeights(c, kernels) }
  }

  /// Compares the weight gradient, computed in several ranges of rows and blocks, with the
  /// reference.
  private func checkWeights(_ c: KernelConvolution, _ kernels: ck_kernels) {
    var geometry = c.geometry
    var noise = KernelNoise(13)
    let x = KernelImage(
      ck_shape(batch: c.batch, height: c.size.0, width: c.size.1, channels: c.channels.0),
      border: ck_conv_border(&geometry, .CK_FORWARD), gap: c.gap)
    let dy = KernelImage(
      ck_shape(
        batch: c.batch, height: geometry.out_h, width: geometry.out_w, channels: c.channels.1),
      gap: c.gap)
    x.fill(&noise)
    dy.fill(&noise)
    let count = c.channels.1 * (c.channels.0 / c.groups) * c.kernel.0 * c.kernel.1
    var sums = KernelSums(count: count)
    c.forEachProduct { n, out, input, weight in
      sums.add(
        Double(x[n, input.y, input.x, input.c]) * Double(dy[n, out.y, out.x, out.c]), at: weight)
    }
    let own = kernels.conv_gradient_count(&geometry)
    let blocks = kernels.conv_blocks(&geometry, .CK_FORWARD)
    let rows = c.batch * geometry.out_h
    let cuts = [ck_range(begin: 0, end: rows / 3), ck_range(begin: rows / 3, end: rows)]
    let scratch = UnsafeMutableBufferPointer<Float>.allocate(
      capacity: kernels.conv_gradient_scratch_count(&geometry) + 1)
    defer { scratch.deallocate() }
    var results: [[Float]] = []
    for middle in [0, blocks / 2] {
      let gradient = UnsafeMutableBufferPointer<Float>.allocate(capacity: own * cuts.count)
      defer { gradient.deallocate() }
      gradient.initialize(repeating: .nan)
      var weights = [Float](repeating: .nan, count: count)
      let parts = [ck_range(begin: 0, end: middle), ck_range(begin: middle, end: blocks)]
      for part in parts {
        for (number, cut) in cuts.enumerated() {
          scratch.initialize(repeating: .nan)
          kernels.conv_backward_weights(
            &geometry, x.source, dy.source, gradient.baseAddress! + number * own, cut, part,
            scratch.baseAddress)
        }
      }
      for part in parts {
        kernels.conv_unpack_gradient(
          &geometry, cuts.count, gradient.baseAddress!, &weights, part)
      }
      results.append(weights)
    }
    #expect(results[0] == results[1], "the cut into blocks changes results")
    let terms = rows * geometry.out_w
    let largest = sums.values.map(abs).max() ?? 0
    let worst = results[0].indices.map {
      distance(
        results[0][$0], sums.values[$0],
        scale: c.algorithm == .CK_WINOGRAD
          ? winogradBound * largest : bound(terms, sums.magnitudes[$0]))
    }.max()
    #expect(worst! <= 1)
  }
}
