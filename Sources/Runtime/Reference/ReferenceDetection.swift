import IR

/// The reference kernel of NonMaxSuppression.
enum ReferenceDetection {
  /// NonMaxSuppression: for each image and class the boxes by falling score, without those that
  /// overlap a better one of them by more than the threshold.
  static func nonMaxSuppression(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.shape(0, rank: 3)
    let scored = try call.shape(1, rank: 3)
    guard shape[2] == 4, scored[0] == shape[0], scored[2] == shape[1] else {
      throw call.invalid("boxes of shape \(shape) do not fit scores of \(scored)")
    }
    guard let boxes = try call.operand(0).doubles, let scores = try call.operand(1).doubles else {
      throw call.unsupportedType(try call.operand(0).type)
    }
    let most = max(try call.integer(2) ?? 0, 0)
    let overlap = try call.scalar(3) ?? 0
    let least = try call.scalar(4)
    let isCentred = call.flag("center_point_box")
    let corners = (0..<(shape[0] * shape[1])).map { Box(boxes[($0 * 4)..<($0 * 4 + 4)], isCentred) }
    var selected: [Int64] = []
    for image in 0..<shape[0] {
      for kind in 0..<scored[1] {
        let first = (image * scored[1] + kind) * shape[1]
        let candidates = (0..<shape[1]).filter { index in
          least.map { scores[first + index] > $0 } ?? true
        }
        .sorted {
          (scores[first + $1], $0) < (scores[first + $0], $1)
        }
        var kept: [Int] = []
        for index in candidates where kept.count < most {
          let box = corners[image * shape[1] + index]
          if kept.contains(where: { corners[image * shape[1] + $0].overlap(box) > overlap }) {
            continue
          }
          kept.append(index)
          selected += [Int64(image), Int64(kind), Int64(index)]
        }
      }
    }
    try call.admit(.int64, [selected.count])
    return [Tensor(selected, shape: [selected.count / 3, 3])]
  }

  /// A box by its lower and upper corner.
  private struct Box {
    let low: (Double, Double)
    let high: (Double, Double)

    /// Reads two corners, or a centre and its sides.
    init(_ numbers: ArraySlice<Double>, _ isCentred: Bool) {
      let n = Array(numbers)
      if isCentred {
        low = (n[0] - n[2] / 2, n[1] - n[3] / 2)
        high = (n[0] + n[2] / 2, n[1] + n[3] / 2)
      } else {
        low = (min(n[0], n[2]), min(n[1], n[3]))
        high = (max(n[0], n[2]), max(n[1], n[3]))
      }
    }

    private var area: Double { (high.0 - low.0) * (high.1 - low.1) }

    /// The common area over the joint one; 0 for boxes without area.
    func overlap(_ other: Box) -> Double {
      let sides = (
        min(high.0, other.high.0) - max(low.0, other.low.0),
        min(high.1, other.high.1) - max(low.1, other.low.1)
      )
      guard sides.0 > 0, sides.1 > 0, area > 0, other.area > 0 else { return 0 }
      let common = sides.0 * sides.1
      let joint = area + other.area - common
      return joint > 0 ? common / joint : 0
    }
  }
}
