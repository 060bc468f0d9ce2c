import CKernels
import Testing

/// One convolution to test.
struct KernelConvolution: Sendable, CustomTestStringConvertible {
  var batch = 2
  var size = (7, 9)
  var channels = (3, 5)
  var groups = 1
  var kernel = (3, 3)
  var stride = (1, 1)
  var dilation = (1, 1)
  var pads = (1, 1, 1, 1)
  var gap = 0
  var function = ck_function.CK_IDENTITY
  var hasBias = true
  var hasResidual = false
  var algorithm = ck_algorithm.CK_DIRECT

  var testDescription: String {
    "\(batch)x\(size) \(channels)/\(groups) k\(kernel) s\(stride) d\(dilation) p\(pads) gap\(gap)"
  }

  /// The description that kernels take.
  var geometry: ck_conv {
    ck_conv(
      batch: batch, in_h: size.0, in_w: size.1, in_channels: channels.0,
      out_h: (size.0 + pads.0 + pads.2 - dilation.0 * (kernel.0 - 1) - 1) / stride.0 + 1,
      out_w: (size.1 + pads.1 + pads.3 - dilation.1 * (kernel.1 - 1) - 1) / stride.1 + 1,
      out_channels: channels.1, groups: groups, kernel_h: kernel.0, kernel_w: kernel.1,
      stride_h: stride.0, stride_w: stride.1, dilation_h: dilation.0, dilation_w: dilation.1,
      pad_top: pads.0, pad_left: pads.1, algorithm: algorithm)
  }

  /// Calls `body` for every product of the convolution: image, output position and channel, input
  /// position and channel, and index into OIHW weights. Positions in the padding are left out.
  func forEachProduct(
    _ body: (
      _ n: Int, _ out: (y: Int, x: Int, c: Int), _ in: (y: Int, x: Int, c: Int), _ weight: Int
    ) -> Void
  ) {
    let g = geometry
    let ins = channels.0 / groups
    let outs = channels.1 / groups
    for n in 0..<batch {
      for oy in 0..<g.out_h {
        for ky in 0..<kernel.0 {
          let iy = oy * stride.0 + ky * dilation.0 - pads.0
          guard iy >= 0, iy < size.0 else { continue }
          for ox in 0..<g.out_w {
            for kx in 0..<kernel.1 {
              let ix = ox * stride.1 + kx * dilation.1 - pads.1
              guard ix >= 0, ix < size.1 else { continue }
              for oc in 0..<channels.1 {
                for ic in 0..<ins {
                  let weight = ((oc * ins + ic) * kernel.0 + ky) * kernel.1 + kx
                  body(n, (oy, ox, oc), (iy, ix, oc / outs * ins + ic), weight)
                }
              }
            }
          }
        }
      }
    }
  }
}

/// Sums of products in float64, with the sums of their magnitudes.
struct KernelSums {
  private(set) var values: [Double]
  private(set) var magnitudes: [Double]

  /// Starts `count` sums at zero.
  init(count: Int) {
    values = Array(repeating: 0, count: count)
    magnitudes = values
  }

  /// Adds a term to one sum.
  mutating func add(_ term: Double, at index: Int) {
    values[index] += term
    magnitudes[index] += abs(term)
  }
}

extension ck_shape {
  /// The number of elements.
  var count: Int { batch * height * width * channels }

  /// Returns the position of an element in NHWC order.
  func index(_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Int {
    ((n * height + y) * width + x) * channels + c
  }
}

/// Returns `function` of `x` with parameters a = 0.2 and b = 0.5.
func reference(_ function: ck_function, _ x: Double) -> Double {
  switch function {
  case .CK_RELU: max(x, 0)
  case .CK_LEAKY_RELU: x < 0 ? Double(Float(0.2)) * x : x
  case .CK_CLIP: min(max(x, Double(Float(0.2))), 0.5)
  default: x
  }
}
