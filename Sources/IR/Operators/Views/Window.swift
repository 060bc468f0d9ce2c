/// How a kernel slides along one spatial axis.
public struct Window: Hashable, Sendable {
  /// What stands beyond the ends of the axis.
  public enum Padding: Hashable, Sendable {
    /// So many positions at the begin and at the end.
    case explicit(begin: Int, end: Int)
    /// As many as make ⌈input / stride⌉ outputs, an odd one at the end.
    case sameUpper
    /// As many as make ⌈input / stride⌉ outputs, an odd one at the begin.
    case sameLower
  }

  public var kernel: Int
  public var stride: Int
  public var dilation: Int
  public var padding: Padding
  /// Whether a last window that does not fit counts (pooling only).
  public var roundsUp: Bool

  /// The positions from the first tap to the last.
  ///
  /// - Precondition: the window was read by `ConvolutionGeometry`, which rules overflow out.
  public var span: Int { (kernel - 1) * dilation + 1 }

  /// The padding round an axis of `input` positions; nil if it overflows.
  public func pads(for input: Int) -> (begin: Int, end: Int)? {
    switch padding {
    case .explicit(let begin, let end): return (begin, end)
    case .sameUpper, .sameLower:
      let outputs = CheckedInt(input.dividedRoundingUp(by: stride))
      let needed =
        (outputs - 1) * CheckedInt(stride) + CheckedInt(span) - CheckedInt(input)
      guard let total = needed.value.map({ max($0, 0) }) else { return nil }
      let half = total / 2
      return padding == .sameUpper ? (half, total - half) : (total - half, half)
    }
  }

  /// The positions of the result along an axis of `input` positions; nil if the window does not fit
  /// or a number overflows.
  public func outputs(for input: Int) -> Int? {
    switch padding {
    case .sameUpper, .sameLower: return input.dividedRoundingUp(by: stride)
    case .explicit(let begin, let end):
      let padded = CheckedInt(input) + CheckedInt(begin) + CheckedInt(end)
      guard let room = (padded - CheckedInt(span)).value, room >= 0 else { return nil }
      guard roundsUp else { return room / stride + 1 }
      let outputs = room.dividedRoundingUp(by: stride) + 1
      let (last, overflow) = (outputs - 1).multipliedReportingOverflow(by: stride)
      guard !overflow, let start = (CheckedInt(input) + CheckedInt(begin)).value else { return nil }
      return last >= start ? outputs - 1 : outputs
    }
  }

  /// The extent of the result along an axis of extent `input`; nil where `outputs` is.
  func outputs(for input: Dim) -> Dim? {
    if let input = input.value { return outputs(for: input).map(Dim.known) }
    switch padding {
    case .sameUpper, .sameLower: return stride == 1 ? input : .unknown
    case .explicit(let begin, let end):
      return stride == 1 && (CheckedInt(begin) + CheckedInt(end)).value == span - 1
        ? input : .unknown
    }
  }

  /// The full extent of a transposed convolution's result before padding is cut off; nil if it
  /// overflows.
  func transposedSpan(for input: Int, outputPadding: Int) -> Int? {
    ((CheckedInt(input) - 1) * CheckedInt(stride) + CheckedInt(outputPadding) + CheckedInt(span))
      .value
  }
}
