import IR

/// Gradients of arithmetic; broadcasting is undone by summation.
enum ElementwiseGradients {
  /// The gradient of `value` from one of the shape of the result.
  private static func unbroadcast(
    _ gradient: ValueID, to value: ValueID, _ builder: inout GradientBuilder
  ) throws(Diagnostic) -> ValueID {
    try builder.unbroadcast(
      gradient, to: builder.shape(value), name: builder.gradientName(value))
  }

  /// `d(a + b) = da + db`.
  static let add: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let dy = try builder.resultGradient(request)
    var gradients: [ValueID?] = []
    for index in 0..<2 {
      let operand = try builder.operand(request, index)
      gradients.append(request.needs(index) ? try unbroadcast(dy, to: operand, &builder) : nil)
    }
    return gradients
  }

  /// `d(a - b) = da - db`.
  static let sub: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let dy = try builder.resultGradient(request)
    let left = try builder.operand(request, 0)
    let right = try builder.operand(request, 1)
    let first = request.needs(0) ? try unbroadcast(dy, to: left, &builder) : nil
    guard request.needs(1) else { return [first, nil] }
    let sum = try unbroadcast(dy, to: right, &builder)
    let negative = builder.add(
      .neg, [sum], name: builder.gradientName(right) + ".neg", like: right)
    return [first, negative]
  }

  /// `d(a · b) = b · da + a · db`, one node for both where a factor scales the channels of an image.
  static let mul: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let dy = try builder.resultGradient(request)
    let factors = [try builder.operand(request, 0), try builder.operand(request, 1)]
    let shapes = [try builder.shape(factors[0]), try builder.shape(factors[1])]
    if let scale = (0...1).first(where: { scalesChannels(shapes[$0], of: shapes[1 - $0]) }),
      request.needs(scale)
    {
      return builder.add(
        .mulGradient, [dy] + factors,
        results: factors.enumerated().map {
          request.needs($0) ? (builder.gradientName($1), $1) : nil
        })
    }
    var gradients: [ValueID?] = [nil, nil]
    for (index, factor) in factors.enumerated() where request.needs(index) {
      let name = builder.gradientName(factor) + ".product"
      let product = builder.add(.mul, [dy, factors[1 - index]], name: name, like: dy)
      gradients[index] = try unbroadcast(product, to: factor, &builder)
    }
    return gradients
  }

  /// Whether a tensor of the shape `factor` holds a number for each channel of an image.
  private static func scalesChannels(_ factor: [Int], of image: [Int]) -> Bool {
    guard (3...4).contains(image.count), factor.count <= image.count else { return false }
    let leading = Array(repeating: 1, count: image.count - factor.count)
    var wanted = Array(repeating: 1, count: image.count)
    wanted[1] = image[1]
    return leading + factor == wanted
  }

  /// `d(a / b) = da / b - (a / b) / b · db`.
  static let div: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let dy = try builder.resultGradient(request)
    let left = try builder.operand(request, 0)
    let right = try builder.operand(request, 1)
    let result = try builder.result(request)
    let name = builder.gradientName(result)
    let quotient = builder.add(.div, [dy, right], name: name + ".quotient", like: dy)
    let first = request.needs(0) ? try unbroadcast(quotient, to: left, &builder) : nil
    guard request.needs(1) else { return [first, nil] }
    let product = builder.add(.mul, [quotient, result], name: name + ".product", like: dy)
    let sum = try unbroadcast(product, to: right, &builder)
    let negative = builder.add(
      .neg, [sum], name: builder.gradientName(right) + ".neg", like: right)
    return [first, negative]
  }

  /// `d(-x) = -dx`.
  static let neg: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    return [
      builder.add(
        .neg, [try builder.resultGradient(request)], name: builder.gradientName(operand),
        like: operand)
    ]
  }

  /// `d(exp x) = exp x · dx`.
  static let exp: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    return [
      builder.add(
        .mul, [try builder.resultGradient(request), try builder.result(request)],
        name: builder.gradientName(operand), like: operand)
    ]
  }

  /// `d(log x) = dx / x`.
  static let log: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    return [
      builder.add(
        .div, [try builder.resultGradient(request), operand],
        name: builder.gradientName(operand), like: operand)
    ]
  }

  /// `d(√x) = dx / (2 √x)`.
  static let sqrt: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    let name = builder.gradientName(operand)
    let half = builder.scalar(0.5, try builder.element(operand), name: name + ".half")
    let scaled = builder.add(
      .mul, [try builder.resultGradient(request), half], name: name + ".scaled", like: operand)
    return [
      builder.add(.div, [scaled, try builder.result(request)], name: name, like: operand)
    ]
  }

  /// `d(erf x) = 2/√π · exp(-x²) · dx`.
  static let erf: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    let name = builder.gradientName(operand)
    let square = builder.add(.mul, [operand, operand], name: name + ".square", like: operand)
    let negative = builder.add(.neg, [square], name: name + ".neg", like: operand)
    let bell = builder.add(.exp, [negative], name: name + ".bell", like: operand)
    let factor = builder.scalar(
      1.128_379_167_095_512_6, try builder.element(operand), name: name + ".factor")
    let slope = builder.add(.mul, [bell, factor], name: name + ".slope", like: operand)
    return [
      builder.add(.mul, [try builder.resultGradient(request), slope], name: name, like: operand)
    ]
  }

  /// `d(1 / x) = -(1 / x)² · dx`.
  static let reciprocal: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    let result = try builder.result(request)
    let name = builder.gradientName(operand)
    let square = builder.add(.mul, [result, result], name: name + ".square", like: operand)
    let product = builder.add(
      .mul, [try builder.resultGradient(request), square], name: name + ".product", like: operand)
    return [builder.add(.neg, [product], name: name, like: operand)]
  }

  /// A cast between floating-point types is undone by the opposite cast.
  static let cast: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let operand = try builder.operand(request, 0)
    let element = try builder.element(operand)
    guard element.isDifferentiable else { return [nil] }
    return [
      builder.add(
        .cast, [try builder.resultGradient(request)],
        attributes: ["to": .int(Int(element.rawValue))], name: builder.gradientName(operand),
        like: operand)
    ]
  }

  /// `dx = dy`.
  static let identity: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    [try builder.resultGradient(request)]
  }
}
