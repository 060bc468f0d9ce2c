import IR

/// How GridSample reads one axis of an image.
struct GridAxis<S: ReferenceScalar> {
  /// How pixels between two are made.
  enum Mode: String {
    case linear, nearest, cubic
  }

  /// What stands beyond the ends.
  enum Padding: String {
    case zeros, border, reflection
  }

  let extent: Int
  let mode: Mode
  let padding: Padding
  let alignsCorners: Bool

  private var low: S { alignsCorners ? 0 : -0.5 }
  private var high: S { S(extent) - (alignsCorners ? 1 : 0.5) }

  /// The pixels that a coordinate from -1 to 1 takes, and their weights.
  func taps(_ coordinate: S) -> [(index: Int, weight: S)] {
    guard coordinate.isFinite, extent > 0 else { return [] }
    var place =
      alignsCorners
      ? (coordinate + 1) / 2 * S(extent - 1) : ((coordinate + 1) * S(extent) - 1) / 2
    if mode == .nearest { place = place.rounded(.toNearestOrEven) }
    if place < low || place > high {
      switch padding {
      case .zeros: break
      case .border: if mode != .cubic { place = min(max(place, 0), S(extent - 1)) }
      case .reflection: place = reflected(place)
      }
    }
    guard place.magnitude < 1e15 else { return [] }
    let floor = place.rounded(.down)
    let (first, part) = (Int(floor), place - floor)
    let weights: [(Int, S)]
    switch mode {
    case .nearest: weights = [(Int(place), 1)]
    case .linear: weights = [(first, 1 - part), (first + 1, part)]
    case .cubic:
      weights = (-1...2).map { (first + $0, GridAxis.cubic((part - S($0)).magnitude)) }
    }
    return weights.compactMap { index, weight in pixel(index).map { (index: $0, weight: weight) } }
  }

  /// Keys' kernel with a = -0.75 (IEEE Trans. ASSP 29, 1981).
  private static func cubic(_ x: S) -> S {
    let a: S = -0.75
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
  }

  /// The pixel that stands at an index; nil for zero.
  private func pixel(_ index: Int) -> Int? {
    if (0..<extent).contains(index) { return index }
    switch padding {
    case .zeros: return nil
    case .border: return min(max(index, 0), extent - 1)
    case .reflection: return min(max(Int(reflected(S(index))), 0), extent - 1)
    }
  }

  /// The place reflected at the ends until it is between them.
  private func reflected(_ place: S) -> S {
    let span = high - low
    guard span > 0 else { return 0 }
    if place >= low, place <= high { return place }
    let distance = place < low ? low - place : place - high
    let rest = distance.truncatingRemainder(dividingBy: span)
    let isEven = distance.truncatingRemainder(dividingBy: 2 * span) < span
    return (place < low) == isEven ? low + rest : high - rest
  }
}
