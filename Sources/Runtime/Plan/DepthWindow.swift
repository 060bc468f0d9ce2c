import CKernels

/// How a convolution over volumes moves along their depth.
///
/// A result's layer is the sum over the taps of convolutions of images: tap k of the forward one
/// reads layer `result · stride + k · dilation − begin`, and its weights are the slice at depth k.
struct DepthWindow {
  /// The layers of the convolution's operand.
  let input: Int
  /// The layers of its result.
  let output: Int
  let kernel: Int
  let stride: Int
  let dilation: Int
  /// The layers of zeros before the first.
  let begin: Int

  /// One tap of a result's layer, and the layer it reads.
  struct Tap {
    let kernel: Int
    let source: Int
  }

  /// No depth: one layer, one tap.
  static let none = DepthWindow(
    input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, begin: 0)

  /// The taps that reach each layer of a direction's result, those that read zeros left out.
  func taps(_ direction: ck_direction) -> [[Tap]] {
    (0..<(direction == .CK_FORWARD ? output : input)).map { layer in
      (0..<kernel).compactMap { tap in
        if direction == .CK_FORWARD {
          let source = layer * stride + tap * dilation - begin
          return (0..<input).contains(source) ? Tap(kernel: tap, source: source) : nil
        }
        let (source, rest) = (layer + begin - tap * dilation).quotientAndRemainder(
          dividingBy: stride)
        return rest == 0 && (0..<output).contains(source)
          ? Tap(kernel: tap, source: source) : nil
      }
    }
  }
}
