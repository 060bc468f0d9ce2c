/// The runs of elements of a row-major result of two operands, of which either may repeat along
/// axes: within a run an operand either advances with the result, or repeats one element.
struct RepeatedRuns {
  private struct Axis {
    var extent: Int
    var left: Int
    var right: Int
  }

  private let outer: [Axis]
  private let run: Axis

  /// Creates the runs of operands that broadcast to `result`.
  ///
  /// - Precondition: no extent is 0.
  init(_ left: [Int], _ right: [Int], _ result: [Int]) {
    let strides = [left, right].map { Strided.strides(of: $0, broadcastTo: result) }
    var merged: [Axis] = []
    for axis in result.indices where result[axis] != 1 {
      let next = Axis(extent: result[axis], left: strides[0][axis], right: strides[1][axis])
      if let last = merged.last, last.left == next.left * next.extent,
        last.right == next.right * next.extent
      {
        merged[merged.count - 1] = Axis(
          extent: last.extent * next.extent, left: next.left, right: next.right)
      } else {
        merged.append(next)
      }
    }
    run = merged.popLast() ?? Axis(extent: 1, left: 1, right: 1)
    outer = merged
  }

  /// The elements of a run.
  var width: Int { run.extent }

  /// Whether a run repeats one element of the operand.
  var leftRepeats: Bool { run.left == 0 }

  /// Whether a run repeats one element of the operand.
  var rightRepeats: Bool { run.right == 0 }

  /// The number of runs.
  var count: Int { outer.reduce(1) { $0 * $1.extent } }

  /// Calls `body` with where each of the runs starts in the operands and in the result.
  @inline(__always)
  func forEach(in range: Range<Int>, _ body: (_ left: Int, _ right: Int, _ result: Int) -> Void) {
    for index in range {
      var (left, right, rest) = (0, 0, index)
      for axis in outer.reversed() {
        let place = rest % axis.extent
        rest /= axis.extent
        left += place * axis.left
        right += place * axis.right
      }
      body(left, right, index * run.extent)
    }
  }
}
