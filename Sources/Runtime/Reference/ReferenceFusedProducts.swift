import IR
import RealModule

/// Reference kernels of the fused products of domain com.microsoft.
enum ReferenceFusedProducts {
  /// FusedMatMul: alpha · A' · B'.
  static func matMul<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let a = try turned(call, 0, "A", type)
    let b = try turned(call, 1, "B", type)
    let alpha = S(call.node.attributes.float("alpha") ?? 1)
    let plain = call.replacingOperands([a, b])
    let product = try withExtendedLifetime(plain) { () throws(Diagnostic) in
      try ReferenceMatMul.matMul(plain, type)
    }
    guard var result = product[0] else { return product }
    result.withMutableElements(of: type) { y in for index in y.indices { y[index] *= alpha } }
    return [result]
  }

  /// A factor after its transpositions.
  private static func turned<S: ReferenceScalar>(
    _ call: ReferenceCall, _ index: Int, _ side: String, _ type: S.Type
  ) throws(Diagnostic) -> Tensor {
    let tensor = try call.operand(index)
    let order = Schema.fusedOrder(rank: tensor.rank, call.node.attributes, side)
    if order == Array(tensor.shape.indices) { return tensor }
    let strides = Strided.strides(of: tensor.shape)
    let shape = order.map { tensor.shape[$0] }
    let source = try call.elements(index, type)
    return try call.make(type, shape) { y in
      let turned = order.map { strides[$0] }
      Strided.forEachRow(of: shape, strides: [turned]) { position, offsets in
        for step in 0..<(shape.last ?? 1) {
          y[position + step] = source[offsets[0] + step * (turned.last ?? 0)]
        }
      }
    }
  }

  /// FusedConv: the activation of the convolution plus operand 3.
  static func conv<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let plain = call.replacingOperands(Array(call.operands.prefix(3)))
    let found = try withExtendedLifetime(plain) { () throws(Diagnostic) in
      try ReferenceConvolution.conv(plain, type)
    }
    guard var result = found[0] else { return found }
    let added = try call.optionalElements(3, type, shape: result.shape)
    let function: (S) -> S
    if let name = call.node.attributes.string("activation") {
      let parameters = call.node.attributes.floats("activation_params") ?? []
      guard
        let activation = GateActivation<S>(
          name, alpha: parameters.first, beta: parameters.dropFirst().first)
      else { throw call.unsupported("activation '\(name)' is not supported") }
      function = activation.function
    } else {
      function = { $0 }
    }
    result.withMutableElements(of: type) { y in
      for index in y.indices { y[index] = function(y[index] + (added?[index] ?? 0)) }
    }
    return [result]
  }
}
