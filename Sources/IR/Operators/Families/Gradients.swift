/// What training computes and ONNX has no operator for. `dy` is the gradient of the loss with
/// respect to the forward operator's result; every gradient result has the type of the operand it
/// belongs to. Attributes without a note mean what they mean in the forward operator, and
/// `input_shape` holds the extents of the forward data operand. None of these operators reaches a
/// file, and no channel analysis runs over them.
extension Schema {
  /// `dx = ConvInputGradient(dy, w)`: the transposed convolution.
  static let convInputGradient = gradient(
    inputs: .exactly(2), outputs: .exactly(1), attributes: window + [inputShape]
  ) { context throws(Diagnostic) in [try context.shaped(by: "input_shape")] }

  /// `dw, db = ConvWeightGradient(dy, x)` for a weight of extents `weight_shape`; `db`, the sum of
  /// `dy` over batch and positions, is optional.
  static let convWeightGradient = gradient(
    inputs: .exactly(2), outputs: .between(1...2),
    attributes: window + [AttributeSpec(name: "weight_shape", kind: .ints, absence: .invalid)]
  ) { context throws(Diagnostic) in
    let weight = try context.shaped(by: "weight_shape")
    return [weight, .tensor(try context.elementOfGradient(), weight.shape.map { [$0[0]] })]
  }

  /// `y, running_mean', running_var', mean, inverse_std = BatchNormalizationTraining(x, scale,
  /// bias, running_mean, running_var)`.
  ///
  /// `y = (x - mean) · inverse_std · scale + bias` with the statistics of the batch,
  /// `inverse_std = 1 / √(var + epsilon)`, `var` biased, and
  /// `running' = running · momentum + batch · (1 - momentum)`.
  static let batchNormalizationTraining = gradient(
    inputs: .exactly(5), outputs: .between(1...5),
    attributes: [
      AttributeSpec(name: "epsilon", kind: .float, absence: .equals(.float(1e-5))),
      AttributeSpec(name: "momentum", kind: .float, absence: .equals(.float(0.9))),
    ]
  ) { context throws(Diagnostic) in
    [context.inputs[0], context.inputs[3], context.inputs[4], context.inputs[1], context.inputs[1]]
      .map { $0 ?? .unknown }
  }

  /// `dx, dscale, dbias = BatchNormalizationGradient(dy, x, scale, mean, inverse_std)`.
  ///
  /// With `x̂ = (x - mean) · inverse_std` and n elements a channel: `dbias = Σ dy`,
  /// `dscale = Σ dy · x̂`, `dx = scale · inverse_std · (dy - (dbias + x̂ · dscale) / n)`. If
  /// `frozen` is 1 the statistics are constants: `dx = scale · inverse_std · dy`.
  static let batchNormalizationGradient = gradient(
    inputs: .exactly(5), outputs: .exactly(3),
    attributes: [AttributeSpec(name: "frozen", kind: .int, absence: .equals(.int(0)))]
  ) { context throws(Diagnostic) in
    [context.inputs[1], context.inputs[2], context.inputs[2]].map { $0 ?? .unknown }
  }

  /// `dx = f(dy, v)`, elementwise, where `v` is the forward operand or result the formula needs:
  ///
  ///     ReluGradient(dy, y)         dy where y > 0, else 0
  ///     SigmoidGradient(dy, y)      dy · y · (1 - y)
  ///     TanhGradient(dy, y)         dy · (1 - y²)
  ///     AbsGradient(dy, x)          dy · sign(x), 0 at 0
  ///     HardSwishGradient(dy, x)    dy · (0 below -3, 1 above 3, else (2x + 3) / 6)
  static let activationGradient = gradient(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in [context.inputs[0] ?? .unknown] })

  /// `dx = LeakyReluGradient(dy, x)`: dy where x > 0, else alpha · dy.
  static let leakyReluGradient = gradient(
    inputs: .exactly(2), outputs: .exactly(1),
    attributes: [AttributeSpec(name: "alpha", kind: .float, absence: .equals(.float(0.01)))]
  ) { context throws(Diagnostic) in [context.inputs[0] ?? .unknown] }

  /// `dx = HardSigmoidGradient(dy, y)`: alpha · dy where 0 < y < 1, else 0.
  static let hardSigmoidGradient = gradient(
    inputs: .exactly(2), outputs: .exactly(1),
    attributes: [AttributeSpec(name: "alpha", kind: .float, absence: .equals(.float(0.2)))]
  ) { context throws(Diagnostic) in [context.inputs[0] ?? .unknown] }

  /// `dx = ClipGradient(dy, x, min, max)`: dy where min ≤ x ≤ max, else 0; the bounds are scalars,
  /// either optional.
  static let clipGradient = gradient(
    inputs: .between(2...4), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in [context.inputs[0] ?? .unknown] })

  /// `dx = SoftmaxGradient(dy, y) = y · (dy - Σ dy · y)` and `dx = LogSoftmaxGradient(dy, y) =
  /// dy - exp(y) · Σ dy`, the sums along `axis` (from `axis` on, if `pcc_flatten` is 1).
  static let softmaxGradient = gradient(
    inputs: .exactly(2), outputs: .exactly(1),
    attributes: [
      AttributeSpec(name: "axis", kind: .int, absence: .equals(.int(-1))),
      AttributeSpec(name: "pcc_flatten", kind: .int, absence: .equals(.int(0))),
    ]
  ) { context throws(Diagnostic) in [context.inputs[0] ?? .unknown] }

  /// `da, db = MulGradient(dy, a, b)`: `dy · b` and `dy · a`, each summed over the axes along which
  /// its operand was broadcast; either result is optional.
  static let mulGradient = gradient(
    inputs: .exactly(3), outputs: .between(1...2), attributes: [],
    shape: { context throws(Diagnostic) in
      [context.inputs[1], context.inputs[2]].map { $0 ?? .unknown }
    })

  /// `dx = MaxPoolGradient(dy, x)`: each dy goes to the first largest x of its window, in row-major
  /// order.
  static let maxPoolGradient = gradient(
    inputs: .exactly(2), outputs: .exactly(1), attributes: pooling
  ) { context throws(Diagnostic) in [context.inputs[1] ?? .unknown] }

  /// `dx = AveragePoolGradient(dy)`: each dy goes to the elements of its window, divided by the
  /// same count as in the forward operator.
  static let averagePoolGradient = gradient(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: pooling + [
      inputShape,
      AttributeSpec(name: "count_include_pad", kind: .int, absence: .equals(.int(0))),
    ]
  ) { context throws(Diagnostic) in [try context.shaped(by: "input_shape")] }

  /// `dx = SliceGradient(dy)`: zeros with dy at the places the slice took. `starts` and `steps`
  /// have one entry an axis of dx, normalised: starts within the axis, steps positive or negative.
  static let sliceGradient = gradient(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [
      inputShape, AttributeSpec(name: "starts", kind: .ints, absence: .invalid),
      AttributeSpec(name: "steps", kind: .ints, absence: .invalid),
    ]
  ) { context throws(Diagnostic) in [try context.shaped(by: "input_shape")] }

  /// `dx = PadGradient(dy)`: each dy is added to the element the padding copied. `pads` has the
  /// paddings of all axes, first the beginnings, then the ends; `mode` is constant, reflect, edge
  /// or wrap.
  static let padGradient = gradient(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [
      inputShape, AttributeSpec(name: "pads", kind: .ints, absence: .invalid),
      AttributeSpec(name: "mode", kind: .string, absence: .equals(.string("constant"))),
    ]
  ) { context throws(Diagnostic) in [try context.shaped(by: "input_shape")] }

  /// `dx = GatherGradient(dy, indices)`: zeros to which each slice of dy is added at its index.
  static let gatherGradient = gradient(
    inputs: .exactly(2), outputs: .exactly(1),
    attributes: [inputShape, AttributeSpec(name: "axis", kind: .int, absence: .equals(.int(0)))]
  ) { context throws(Diagnostic) in [try context.shaped(by: "input_shape")] }

  /// `dx = ResizeGradient(dy)`: the transpose of the linear map that Resize is. `scales` has one
  /// entry an axis; without it they are the ratios of the extents. `roi` has the starts of the
  /// regions of all axes, then the ends, for the mode that crops them.
  static let resizeGradient = gradient(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [
      inputShape, AttributeSpec(name: "scales", kind: .floats, absence: .derived),
      AttributeSpec(name: "roi", kind: .floats, absence: .derived),
      AttributeSpec(name: "mode", kind: .string, absence: .equals(.string("nearest"))),
      AttributeSpec(
        name: "coordinate_transformation_mode", kind: .string,
        absence: .equals(.string("half_pixel"))),
      AttributeSpec(
        name: "nearest_mode", kind: .string, absence: .equals(.string("round_prefer_floor"))),
      AttributeSpec(name: "cubic_coeff_a", kind: .float, absence: .equals(.float(-0.75))),
      AttributeSpec(name: "exclude_outside", kind: .int, absence: .equals(.int(0))),
      AttributeSpec(name: "antialias", kind: .int, absence: .equals(.int(0))),
    ]
  ) { context throws(Diagnostic) in [try context.shaped(by: "input_shape")] }

  /// `loss, probabilities = SoftmaxCrossEntropy(logits, labels)` over axis 1 of `logits` [N, C, …];
  /// `labels` are int64 [N, …], those equal to `ignore_index` count nothing.
  ///
  /// With the one-hot vector of the label made `t = (1 - smoothing) · one-hot + smoothing / C`, the
  /// loss is the mean of `-Σ_c t_c · log p_c` over the labels that count, a scalar.
  static let softmaxCrossEntropy = gradient(
    inputs: .exactly(2), outputs: .between(1...2), attributes: crossEntropy
  ) { context throws(Diagnostic) in
    [.tensor(try context.elementOfGradient(), []), context.inputs[0] ?? .unknown]
  }

  /// `dlogits = SoftmaxCrossEntropyGradient(dloss, probabilities, labels)`: `dloss · (p - t) / n`
  /// with n labels that count; 0 at the others.
  static let softmaxCrossEntropyGradient = gradient(
    inputs: .exactly(3), outputs: .exactly(1), attributes: crossEntropy
  ) { context throws(Diagnostic) in [context.inputs[1] ?? .unknown] }

  /// `loss, dlogits = SoftTargetCrossEntropy(logits, targets)` over axis 1 of both, [N, C, …]: the
  /// loss is `-Σ t · log softmax(z)`, a scalar, its gradient `softmax(z) · Σ_c t - t`. What targets
  /// sum to at a position is its weight.
  static let softTargetCrossEntropy = gradient(
    inputs: .exactly(2), outputs: .exactly(2), attributes: []
  ) { context throws(Diagnostic) in
    [.tensor(try context.elementOfGradient(), []), context.inputs[0] ?? .unknown]
  }

  private static let inputShape = AttributeSpec(
    name: "input_shape", kind: .ints, absence: .invalid)

  private static let window = [
    AttributeSpec(name: "strides", kind: .ints, absence: .derived),
    AttributeSpec(name: "pads", kind: .ints, absence: .derived),
    AttributeSpec(name: "dilations", kind: .ints, absence: .derived),
    AttributeSpec(name: "auto_pad", kind: .string, absence: .equals(.string("NOTSET"))),
    AttributeSpec(name: "group", kind: .int, absence: .equals(.int(1))),
  ]

  private static let pooling = [
    AttributeSpec(name: "kernel_shape", kind: .ints, absence: .invalid),
    AttributeSpec(name: "strides", kind: .ints, absence: .derived),
    AttributeSpec(name: "pads", kind: .ints, absence: .derived),
    AttributeSpec(name: "dilations", kind: .ints, absence: .derived),
    AttributeSpec(name: "auto_pad", kind: .string, absence: .equals(.string("NOTSET"))),
    AttributeSpec(name: "ceil_mode", kind: .int, absence: .equals(.int(0))),
  ]

  private static let crossEntropy = [
    AttributeSpec(name: "smoothing", kind: .float, absence: .equals(.float(0))),
    AttributeSpec(name: "ignore_index", kind: .int, absence: .equals(.int(-1))),
  ]

  private static func gradient(
    inputs: Arity, outputs: Arity, attributes: [AttributeSpec], shape: @escaping ShapeRule
  ) -> Schema {
    Schema(
      inputs: inputs, outputs: outputs, attributes: attributes,
      shape: { context throws(Diagnostic) in
        Array(try shape(context).prefix(context.node.outputs.count))
      },
      shapeValues: { Array(repeating: nil, count: $0.node.outputs.count) },
      axes: { AxisSignature(operands: $0.node.inputs.count, results: $0.node.outputs.count) },
      cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
      hasBorders: { _ in true })
  }
}

extension OperatorContext {
  /// The element type of operand 0.
  fileprivate func elementOfGradient() throws(Diagnostic) -> ElementType {
    guard let element = element(0) else { throw invalid("operand 0 has no element type") }
    return element
  }

  /// A tensor of operand 0's element type with the extents that an attribute lists.
  fileprivate func shaped(by name: String) throws(Diagnostic) -> ValueType {
    guard let extents = node.attributes.ints(name) else { throw invalid("no attribute '\(name)'") }
    return .tensor(try elementOfGradient(), Shape(extents))
  }
}
