/// What Slice takes of one axis: `count` indices from `start` on, `step` apart.
public struct SliceRange: Hashable, Sendable {
  public var start: Int
  public var count: Int
  public var step: Int

  /// Clamps ONNX's numbers to an axis of extent `extent`, negative ones counting from its end.
  ///
  /// - Precondition: `step` is not 0.
  public init(start: Int, end: Int, step: Int, extent: Int) {
    func place(_ number: Int) -> Int {
      number < 0 ? (number < -extent ? Int.min : number + extent) : number
    }
    let step = step == .min ? -Int.max : step
    let low = step > 0 ? 0 : -1
    let high = step > 0 ? extent : extent - 1
    let first = min(max(place(start), step > 0 ? 0 : 0), high)
    let last = min(max(place(end), low), step > 0 ? extent : extent - 1)
    self.start = max(first, 0)
    self.step = step
    if extent == 0 {
      self.count = 0
    } else if step > 0 {
      self.count = last > self.start ? (last - self.start).dividedRoundingUp(by: step) : 0
    } else {
      self.count = self.start > last ? (self.start - last).dividedRoundingUp(by: -step) : 0
    }
  }

  /// The indices it takes.
  public var indices: [Int] { (0..<count).map { start + $0 * step } }
}
