/// Transforms of signals.
extension Schema {
  private static let transforms = "is transformed"

  /// DFT along the axis of operand 2 (the last but one by default), of the length of operand 1;
  /// the last axis holds real and imaginary parts.
  static let discreteFourier = mixing(
    because: transforms, inputs: .between(1...3), outputs: .exactly(1),
    attributes: [.int("inverse", 0), .int("onesided", 0)], positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    guard var shape = context.shape(0) else { return [context.result(context.element(0), nil)] }
    guard shape.count >= 2 else {
      throw context.invalid("input of rank \(shape.count), expected 2 or more")
    }
    let isReal = context.flag("inverse") && context.flag("onesided")
    shape[shape.count - 1] = .known(isReal ? 1 : 2)
    guard !context.has(2) || context.integers(2)?.count == 1 else {
      return [context.result(context.element(0), shape.map { _ in .unknown })]
    }
    let axis = try context.axis(context.integers(2)?.first ?? -2, rank: shape.count)
    guard axis < shape.count - 1 else { throw context.invalid("axis \(axis) holds the parts") }
    var length = isReal ? (shape[axis] - .known(1)) * .known(2) : shape[axis]
    if context.has(1) { length = context.dims(1)?.first ?? .unknown }
    shape[axis] =
      context.flag("onesided") && !isReal ? length / .known(2) + .known(1) : length
    return [context.result(context.element(0), shape)]
  }

  /// STFT: operands are the signal [n, t, parts], the step, the window and the length of frames.
  static let shortTimeFourier = mixing(
    because: transforms, inputs: .between(2...4), outputs: .exactly(1),
    attributes: [.int("onesided", 1)], positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    let signal = try context.shape(0, ofRank: 3)
    let length: Dim
    if context.has(3) {
      length = context.dims(3)?.first ?? .unknown
    } else {
      length = context.has(2) ? try context.shape(2, ofRank: 1)[0] : signal[1]
    }
    let step = context.dims(1)?.first ?? .unknown
    let frames = (signal[1] - length) / step + .known(1)
    let bins = context.int("onesided", default: 1) != 0 ? length / .known(2) + .known(1) : length
    return [context.result(context.element(0), [signal[0], frames, bins, .known(2)])]
  }

  /// MelWeightMatrix: operands are the numbers of bins, the length of the transform, the rate, and
  /// the lowest and highest frequencies.
  static let melWeightMatrix = mixing(
    because: "is a table", inputs: .exactly(5), outputs: .exactly(1),
    attributes: [.int("output_datatype", 1)], positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    let bins = context.dims(0)?.first ?? .unknown
    let length = context.dims(1)?.first ?? .unknown
    let element = try context.elementType("output_datatype") ?? .float32
    return [.tensor(element, [length / .known(2) + .known(1), bins])]
  }
}
