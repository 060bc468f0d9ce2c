import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The linear map that Resize is along one axis: what each output element sums up.
struct ResizeAxis {
  /// An input element and its weight.
  struct Tap {
    let index: Int
    let weight: Double
  }

  /// The attributes of Resize, as ONNX spells their values.
  struct Options {
    let mode: String
    let coordinates: String
    let rounding: String
    let cubicCoefficient: Double
    let excludesOutside: Bool
    let isAntialiased: Bool

    /// Reads the options of a Resize or its gradient, with ONNX's defaults.
    init(_ attributes: Attributes) {
      mode = attributes.string("mode") ?? "nearest"
      coordinates = attributes.string("coordinate_transformation_mode") ?? "half_pixel"
      rounding = attributes.string("nearest_mode") ?? "round_prefer_floor"
      cubicCoefficient = attributes.float("cubic_coeff_a").map(Double.init) ?? -0.75
      excludesOutside = attributes.int("exclude_outside") == 1
      isAntialiased = attributes.int("antialias") == 1
    }
  }

  /// The taps of each output element; empty where the extrapolation value stands.
  private(set) var taps: [[Tap]] = []

  /// Makes the taps of an axis; nil if an attribute has a value ONNX does not know.
  ///
  /// Formulas of ONNX Resize-19. `scale` is output over input extent, `region` the part of the axis
  /// that `tf_crop_and_resize` takes, as fractions.
  ///
  /// - Precondition: `input` and `scale` are positive.
  init?(
    input: Int, output: Int, scale: Double, region: (start: Double, end: Double),
    options: Options
  ) {
    for position in 0..<output {
      guard
        let place = ResizeAxis.coordinate(
          Double(position), input: Double(input), output: Double(output), scale: scale,
          region: region, mode: options.coordinates)
      else { return nil }
      if options.coordinates == "tf_crop_and_resize", place < 0 || place > Double(input - 1) {
        taps.append([])
        continue
      }
      guard let found = ResizeAxis.taps(at: place, input: input, scale: scale, options: options)
      else { return nil }
      taps.append(found)
    }
  }

  private static func coordinate(
    _ position: Double, input: Double, output: Double, scale: Double,
    region: (start: Double, end: Double), mode: String
  ) -> Double? {
    switch mode {
    case "half_pixel": return (position + 0.5) / scale - 0.5
    case "half_pixel_symmetric":
      let adjustment = output / (scale * input)
      return input / 2 * (1 - adjustment) + (position + 0.5) / scale - 0.5
    case "pytorch_half_pixel": return output > 1 ? (position + 0.5) / scale - 0.5 : 0
    case "align_corners": return output > 1 ? position * (input - 1) / (output - 1) : 0
    case "asymmetric": return position / scale
    case "tf_crop_and_resize":
      return output > 1
        ? region.start * (input - 1)
          + position * (region.end - region.start) * (input - 1) / (output - 1)
        : 0.5 * (region.start + region.end) * (input - 1)
    default: return nil
    }
  }

  private static func taps(at place: Double, input: Int, scale: Double, options: Options) -> [Tap]?
  {
    let shrink = options.isAntialiased ? min(scale, 1) : 1
    switch options.mode {
    case "nearest":
      guard let index = nearest(place, options.rounding) else { return nil }
      return [Tap(index: min(max(index, 0), input - 1), weight: 1)]
    case "linear":
      return summed(
        place, reach: 1 / shrink, input: input, excludesOutside: options.excludesOutside
      ) { max(0, 1 - ($0 * shrink).magnitude) }
    case "cubic":
      let a = options.cubicCoefficient
      return summed(
        place, reach: 2 / shrink, input: input, excludesOutside: options.excludesOutside
      ) { distance in
        let x = (distance * shrink).magnitude
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
      }
    default: return nil
    }
  }

  private static func nearest(_ place: Double, _ rounding: String) -> Int? {
    switch rounding {
    case "round_prefer_floor": Int(ceil(place - 0.5))
    case "round_prefer_ceil": Int(floor(place + 0.5))
    case "floor": Int(floor(place))
    case "ceil": Int(ceil(place))
    default: nil
    }
  }

  /// Taps within `reach` of a place, weighted by distance so that the weights sum to 1; those
  /// outside
  /// the axis are left out or go to its ends.
  private static func summed(
    _ place: Double, reach: Double, input: Int, excludesOutside: Bool, _ weight: (Double) -> Double
  ) -> [Tap] {
    var taps: [Tap] = []
    var total = 0.0
    for index in Int(floor(place - reach))...Int(ceil(place + reach)) {
      let factor = weight(Double(index) - place)
      let isOutside = !(0..<input).contains(index)
      if factor == 0 || (isOutside && excludesOutside) { continue }
      taps.append(Tap(index: min(max(index, 0), input - 1), weight: factor))
      total += factor
    }
    return taps.map { Tap(index: $0.index, weight: $0.weight / total) }
  }
}
