import IR
import RealModule

/// Reference kernels of DFT, STFT and MelWeightMatrix.
enum ReferenceSignal {
  /// DFT along an axis; the last axis holds real and perhaps imaginary parts.
  ///
  /// With `onesided` the first half of the spectrum of a real signal, or, inverted, a real signal
  /// from such a half; the inverse is divided by the length.
  static func fourier<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    guard shape.count >= 2, shape[shape.count - 1] == 1 || shape[shape.count - 1] == 2 else {
      throw call.invalid("operand 0 of shape \(shape) holds no signals")
    }
    let axis = try call.axis(try call.integer(2) ?? -2, rank: shape.count)
    guard axis < shape.count - 1 else { throw call.invalid("axis \(axis) holds the parts") }
    let isInverse = call.flag("inverse")
    let isOneSided = call.flag("onesided")
    let parts = shape[shape.count - 1]
    guard !isOneSided || isInverse || parts == 1 else {
      throw call.invalid("half a spectrum is asked of a complex signal")
    }
    let natural = isInverse && isOneSided ? 2 * (shape[axis] - 1) : shape[axis]
    let length = try call.integer(1) ?? natural
    guard length >= 1, length <= 1 << 24 else {
      throw call.invalid("a transform of length \(length)")
    }
    var result = shape
    result[axis] = isOneSided && !isInverse ? length / 2 + 1 : length
    result[shape.count - 1] = isOneSided && isInverse ? 1 : 2
    let inner = shape[(axis + 1)..<(shape.count - 1)].reduce(1, *)
    let x = try call.elements(0, type)
    let table = Table<S>(length, isInverse: isInverse)
    let taken = min(shape[axis], isOneSided && isInverse ? length / 2 + 1 : length)
    let width = result[result.count - 1]
    return [
      try call.make(type, result) { y in
        for block in 0..<(shape[..<axis].reduce(1, *) * inner) {
          let (outer, offset) = (block / Swift.max(inner, 1), block % Swift.max(inner, 1))
          var signal = (0..<taken).map { index in
            let place = ((outer * shape[axis] + index) * inner + offset) * parts
            return (re: x[place], im: parts == 2 ? x[place + 1] : 0)
          }
          if isOneSided, isInverse { signal = mirrored(signal, length) }
          for bin in 0..<result[axis] {
            let sum = table.sum(signal, bin)
            let place = ((outer * result[axis] + bin) * inner + offset) * width
            y[place] = sum.re
            if width == 2 { y[place + 1] = sum.im }
          }
        }
      }
    ]
  }

  /// The whole spectrum of a real signal from its first half.
  private static func mirrored<S: ReferenceScalar>(_ half: [(re: S, im: S)], _ length: Int)
    -> [(re: S, im: S)]
  {
    (0..<length).map { index in
      let mirror = (length - index) % length
      let place = min(index, mirror)
      guard place < half.count else { return (0, 0) }
      if index == mirror { return (half[place].re, 0) }
      return (half[place].re, index < mirror ? half[place].im : -half[place].im)
    }
  }

  /// The roots of unity of a length.
  private struct Table<S: ReferenceScalar> {
    private let roots: [(re: S, im: S)]
    private let factor: S

    init(_ length: Int, isInverse: Bool) {
      roots = (0..<length).map { index in
        let angle = 2 * Double.pi * Double(index) / Double(length)
        return (S(Double.cos(angle)), S(isInverse ? Double.sin(angle) : -Double.sin(angle)))
      }
      factor = isInverse ? 1 / S(length) : 1
    }

    /// Σ signal[t] · root^(bin · t), divided by the length if inverted.
    func sum(_ signal: [(re: S, im: S)], _ bin: Int) -> (re: S, im: S) {
      var (re, im): (S, S) = (0, 0)
      var turn = 0
      for value in signal {
        let root = roots[turn]
        re += value.re * root.re - value.im * root.im
        im += value.re * root.im + value.im * root.re
        turn = (turn + bin) % roots.count
      }
      return (re * factor, im * factor)
    }
  }

  /// STFT: transforms of windowed frames of `[batch, samples, parts]`.
  static func shortTime<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.shape(0, rank: 3)
    let window = try call.optional(2) == nil ? nil : call.elements(2, type)
    let length = try call.integer(3) ?? window?.count ?? shape[1]
    guard let step = try call.integer(1), step >= 1, length >= 1, length <= shape[1],
      window?.count ?? length == length, shape[2] == 1 || shape[2] == 2
    else {
      throw call.invalid("frames of \(length) samples do not fit signals of shape \(shape)")
    }
    let isOneSided = call.node.attributes.int("onesided") ?? 1 != 0
    guard !isOneSided || shape[2] == 1 else {
      throw call.invalid("half a spectrum is asked of a complex signal")
    }
    let frames = (shape[1] - length) / step + 1
    let bins = isOneSided ? length / 2 + 1 : length
    let x = try call.elements(0, type)
    try call.admit(S.elementType, [length, 2])
    let table = Table<S>(length, isInverse: false)
    return [
      try call.make(type, [shape[0], frames, bins, 2]) { y in
        for row in 0..<(shape[0] * frames) {
          let start = row / frames * shape[1] + row % frames * step
          let signal = (0..<length).map { index in
            let place = (start + index) * shape[2]
            let factor = window?[index] ?? 1
            return (re: factor * x[place], im: shape[2] == 2 ? factor * x[place + 1] : 0)
          }
          for bin in 0..<bins {
            let sum = table.sum(signal, bin)
            y[(row * bins + bin) * 2] = sum.re
            y[(row * bins + bin) * 2 + 1] = sum.im
          }
        }
      }
    ]
  }

  /// MelWeightMatrix: triangles over the bins of a spectrum, equally far apart on the mel scale.
  static func melWeights(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    guard let bands = try call.integer(0), let length = try call.integer(1),
      let rate = try call.integer(2), let low = try call.scalar(3), let high = try call.scalar(4),
      (0...1 << 20).contains(bands), (0...1 << 30).contains(length), rate >= 1, low >= 0,
      high >= low, high.isFinite
    else { throw call.invalid("the numbers describe no bands") }
    let code = Int32(exactly: call.node.attributes.int("output_datatype") ?? 1) ?? 0
    guard let type = ElementType(rawValue: code), type.isFloatingPoint, type.bitWidth >= 16 else {
      throw call.unsupported("a table of type \(code) is not supported")
    }
    let bins = length / 2 + 1
    try call.admit(.float64, [bins, bands])
    func mel(_ hertz: Double) -> Double { 2595 * Double.log(onePlus: hertz / 700) / Double.log(10) }
    let step = (mel(high) - mel(low)) / Double(bands + 2)
    let edges = (0..<(bands + 2)).map { index -> Int in
      let place = Double(index) * step + mel(low)
      let hertz = 700 * Double.expMinusOne(place / 2595 * Double.log(10))
      return Int((Double(length + 1) * hertz / Double(rate)).rounded(.down))
    }
    guard edges.allSatisfy({ $0 < bins }) else {
      throw call.invalid("the highest frequency is beyond half the rate")
    }
    var table = [Double](repeating: 0, count: bins * bands)
    for band in 0..<bands {
      let (left, middle, right) = (edges[band], edges[band + 1], edges[band + 2])
      if left == middle {
        table[middle * bands + band] = 1
      } else {
        for bin in left...middle {
          table[bin * bands + band] = Double(bin - left) / Double(middle - left)
        }
      }
      for bin in middle..<right {
        table[bin * bands + band] = Double(right - bin) / Double(right - middle)
      }
    }
    return [call.converted(Tensor(table, shape: [bins, bands]), to: type)]
  }
}
