import IR

/// Fused products and activations as the operators that were fused.
enum ProductExpansions {
  /// FusedMatMul: alpha · A' · B', where A' and B' are transposed as the attributes say.
  static func matMul(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    var factors: [ValueID] = []
    for (index, side) in ["A", "B"].enumerated() {
      let factor = try b.operand(node, index)
      let rank = try b.shape(factor).count
      factors.append(
        try b.permuted(factor, Schema.fusedOrder(rank: rank, node.attributes, side)))
    }
    return [try b.affine(b.apply(.matMul, factors), by: node.number("alpha", 1))]
  }

  /// FusedConv: the activation of the convolution plus operand 3.
  static func conv(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    var y = try b.apply(
      .conv, Array(node.inputs.prefix(3)),
      node.attributes(["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"]))
    if let added = node.input(3) { y = try b.plus(y, added) }
    guard let name = node.attributes.string("activation") else { return [y] }
    let parameters = node.attributes.floats("activation_params") ?? []
    guard
      let activation = ActivationExpansion(
        name, alpha: parameters.first, beta: parameters.dropFirst().first)
    else { throw .unsupported("no gradient: activation '\(name)'", at: b.site(of: node)) }
    return [try activation.apply(y, &b)]
  }

  /// SwiGLU: Swish of operand 0 times operand 1.
  static func swiGLU(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    let gate = try b.apply(.swish, [b.operand(node, 0)], node.attributes(["alpha"]))
    return [try b.times(gate, b.operand(node, 1))]
  }

  /// BiasGelu, and FastGelu with its approximation: Gelu of the sum.
  static func biasGelu(approximate: String) -> GradientRule {
    .expansion { (b, node) throws(Diagnostic) in
      var x = try b.operand(node, 0)
      if let bias = node.input(1) { x = try b.plus(x, bias) }
      return [try b.apply(.gelu, [x], ["approximate": .string(approximate)])]
    }
  }

  /// CausalConvWithState: a convolution of each channel, over it and the positions before.
  static func causalConvolution(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    let x = try b.operand(node, 0)
    let weight = try b.operand(node, 1)
    let shape = try b.shape(x)
    let taps = try b.shape(weight)[2]
    let held = [shape[0], shape[1], taps - 1]
    var past = node.input(3)
    if past == nil { past = try b.zeros(held, like: x) }
    let whole = try b.apply(.concat, [past, x], ["axis": .int(2)])
    var y = try b.apply(.conv, [whole, weight, node.input(2)], ["group": .int(shape[1])])
    if (node.attributes.string("activation") ?? "none") != "none" { y = try b.apply(.swish, [y]) }
    guard node.output(1) != nil else { return [y] }
    return [y, try b.slice(whole, 2, shape[2]..<(shape[2] + taps - 1))]
  }

  /// Col2Im: each column reads the image at the places it was added to, by a convolution with one
  /// unit kernel a tap.
  static func columnsToImage(_ b: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let columns = try b.shape(b.operand(request, 0))
    let dy = try b.resultGradient(request)
    let image = try b.shape(dy)
    guard let kernel = try b.integers(request, 2) else {
      throw .invalid("operand 2 is missing", at: b.site(of: request.node))
    }
    let taps = kernel.reduce(1, *)
    let planes = try b.view(dy, [image[0] * image[1], 1] + image.dropFirst(2))
    let units = (0..<(taps * taps)).map { $0 / taps == $0 % taps ? 1.0 : 0 }
    let weight = try b.numbers(units, [taps, 1] + kernel, like: dy)
    let found = try b.apply(
      .conv, [planes, weight], request.node.attributes(["dilations", "pads", "strides"]))
    return [try b.view(found, columns)]
  }
}
