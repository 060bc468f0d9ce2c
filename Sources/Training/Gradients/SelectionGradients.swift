import IR

/// Gradients of operators that choose among, or combine, several tensors that broadcast.
enum SelectionGradients {
  /// Max and Min: to the first operand that is the result.
  static func extremum(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    var rest = try builder.resultGradient(request)
    let result = try builder.result(request)
    var gradients: [ValueID?] = []
    for index in request.node.inputs.indices {
      let operand = try builder.operand(request, index)
      let mask = try builder.apply(.equal, [operand, result])
      let share = try builder.keep(rest, where: mask)
      gradients.append(request.needs(index) ? try builder.gathered(share, to: operand) : nil)
      rest = try builder.drop(rest, where: mask)
    }
    return gradients
  }

  /// Sum.
  static func sum(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    try combination(&builder, request, factor: 1)
  }

  /// Mean.
  static func mean(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    try combination(&builder, request, factor: 1 / Double(request.node.inputs.count))
  }

  private static func combination(
    _ builder: inout GradientBuilder, _ request: GradientRequest, factor: Double
  ) throws(Diagnostic) -> [ValueID?] {
    let dy = try builder.affine(builder.resultGradient(request), by: factor)
    var gradients: [ValueID?] = []
    for index in request.node.inputs.indices {
      let operand = try builder.operand(request, index)
      gradients.append(request.needs(index) ? try builder.gathered(dy, to: operand) : nil)
    }
    return gradients
  }

  /// Where; the condition has no gradient.
  static func select(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let dy = try builder.resultGradient(request)
    let mask = try builder.operand(request, 0)
    let full = try builder.shape(dy)
    var gradients: [ValueID?] = [nil, nil, nil]
    for index in 1...2 where request.needs(index) {
      let share =
        index == 1
        ? try builder.keep(dy, where: mask) : try builder.drop(dy, where: mask)
      let whole = try builder.spread(share, full)
      gradients[index] = try builder.gathered(whole, to: builder.operand(request, index))
    }
    return gradients
  }

  /// PRelu: below zero the slope for x, and x for the slope.
  static func prelu(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let dy = try builder.resultGradient(request)
    let x = try builder.operand(request, 0)
    let slope = try builder.operand(request, 1)
    let above = try builder.apply(.reluGradient, [dy, x])
    let below = try builder.minus(dy, above)
    var gradients: [ValueID?] = [nil, nil]
    if request.needs(0) {
      gradients[0] = try builder.plus(above, builder.times(below, slope))
    }
    if request.needs(1) {
      gradients[1] = try builder.gathered(builder.times(below, x), to: slope)
    }
    return gradients
  }

  /// Mod: `a - b · q` with a quotient q that does not vary.
  static func mod(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let dy = try builder.resultGradient(request)
    let a = try builder.operand(request, 0)
    let b = try builder.operand(request, 1)
    var gradients: [ValueID?] = [nil, nil]
    if request.needs(0) { gradients[0] = try builder.gathered(dy, to: a) }
    if request.needs(1) {
      let whole = try builder.minus(a, builder.result(request))
      let quotient = try builder.apply(.round, [builder.over(whole, b)])
      let share = try builder.apply(.neg, [builder.times(dy, quotient)])
      gradients[1] = try builder.gathered(share, to: b)
    }
    return gradients
  }

  /// `d(xᵖ) = p · xᵖ⁻¹ · dx + xᵖ · log x · dp`; the power's where x is positive only.
  static func pow(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let dy = try builder.resultGradient(request)
    let x = try builder.operand(request, 0)
    let power = try builder.operand(request, 1)
    if !request.needs(1), let tensor = builder.graph.tensor(of: power), tensor.count == 1,
      tensor.rank <= (try builder.shape(x).count), let number = tensor.doubles?.first, number != 0
    {
      let raised =
        number == 2
        ? x : try builder.apply(.pow, [x, builder.number(number - 1, like: x)])
      return [try builder.times(dy, builder.affine(raised, by: number))]
    }
    let exponent = try builder.cast(power, like: x)
    var gradients: [ValueID?] = [nil, nil]
    if request.needs(0) {
      let lower = try builder.affine(exponent, plus: -1)
      let slope = try builder.times(builder.apply(.pow, [x, lower]), exponent)
      let isFlat = try builder.equals(exponent, 0)
      let share = try builder.times(dy, builder.drop(slope, where: isFlat))
      gradients[0] = try builder.gathered(share, to: x)
    }
    if request.needs(1) {
      let isPositive = try builder.apply(.greater, [x, builder.number(0, like: x)])
      let slope = try builder.times(builder.result(request), builder.apply(.log, [x]))
      let share = try builder.times(dy, builder.keep(slope, where: isPositive))
      gradients[1] = try builder.cast(
        builder.gathered(share, to: power), like: power)
    }
    return gradients
  }

  /// CastLike, and casts between floating-point types: the opposite cast; the second operand of
  /// CastLike only lends its type.
  static func castLike(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let operand = try builder.operand(request, 0)
    let other = try builder.operand(request, 1)
    let isNumber = try builder.element(operand).isDifferentiable
    let dx =
      request.needs(0) && isNumber
      ? try builder.cast(builder.resultGradient(request), like: operand) : nil
    let none = request.needs(1) ? try builder.zeros(builder.shape(other), like: other) : nil
    return [dx, none]
  }

  /// Clip: to the bounds where they are the result.
  static func clip(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let dy = try builder.resultGradient(request)
    let x = try builder.operand(request, 0)
    let bounds = [request.node.input(1), request.node.input(2)]
    var gradients: [ValueID?] = [nil, nil, nil]
    if request.needs(0) {
      gradients[0] = builder.add(
        .clipGradient, [dy, x] + bounds, name: builder.gradientName(x), like: x)
    }
    guard request.needs(1) || request.needs(2) else { return gradients }
    var raised = x
    if let low = bounds[0] { raised = try builder.apply(.max, [x, low]) }
    var isAbove: ValueID?
    if let high = bounds[1] { isAbove = try builder.apply(.greater, [raised, high]) }
    if request.needs(1), let low = bounds[0] {
      let isBelow = try builder.apply(.less, [x, low])
      var share = try builder.keep(dy, where: isBelow)
      if let isAbove { share = try builder.drop(share, where: isAbove) }
      gradients[1] = try builder.gathered(share, to: low)
    }
    if request.needs(2), let high = bounds[1], let isAbove {
      gradients[2] = try builder.gathered(builder.keep(dy, where: isAbove), to: high)
    }
    return gradients
  }
}
