import IR

extension Operator {
  /// Computes the operator naively.
  ///
  /// Throws an `unsupported` diagnostic for operators and types without a kernel, an `invalid` one
  /// for operands that do not fit.
  func reference(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    switch self {
    case .conv: try call.floating(ReferenceConvolution.conv, ReferenceConvolution.conv)
    case .convTranspose:
      try call.floating(ReferenceConvolution.convTranspose, ReferenceConvolution.convTranspose)
    case .batchNormalization:
      try call.floating(
        ReferenceNormalization.batchNormalization, ReferenceNormalization.batchNormalization)
    case .dropout: try ReferenceNormalization.dropout(call)
    case .relu: try ReferenceActivation.relu(call)
    case .leakyRelu: try call.floating(ReferenceActivation.leakyRelu, ReferenceActivation.leakyRelu)
    case .clip: try ReferenceActivation.clip(call)
    case .sigmoid: try call.floating(ReferenceActivation.sigmoid, ReferenceActivation.sigmoid)
    case .hardSigmoid:
      try call.floating(ReferenceActivation.hardSigmoid, ReferenceActivation.hardSigmoid)
    case .hardSwish: try call.floating(ReferenceActivation.hardSwish, ReferenceActivation.hardSwish)
    case .tanh: try call.floating(ReferenceActivation.tanh, ReferenceActivation.tanh)
    case .softmax: try call.floating(ReferenceActivation.softmax, ReferenceActivation.softmax)
    case .logSoftmax:
      try call.floating(ReferenceActivation.logSoftmax, ReferenceActivation.logSoftmax)
    case .add: try ReferenceElementwise.arithmetic(call, .add)
    case .sub: try ReferenceElementwise.arithmetic(call, .sub)
    case .mul: try ReferenceElementwise.arithmetic(call, .mul)
    case .div: try ReferenceElementwise.arithmetic(call, .div)
    case .abs: try ReferenceElementwise.abs(call)
    case .neg: try ReferenceElementwise.neg(call)
    case .exp: try call.floating(ReferenceElementwise.exp, ReferenceElementwise.exp)
    case .log: try call.floating(ReferenceElementwise.log, ReferenceElementwise.log)
    case .sqrt: try call.floating(ReferenceElementwise.sqrt, ReferenceElementwise.sqrt)
    case .cast: try ReferenceCast.cast(call)
    case .identity: [try call.operand(0)]
    case .maxPool: try ReferencePooling.maxPool(call)
    case .averagePool: try call.floating(ReferencePooling.averagePool, ReferencePooling.averagePool)
    case .globalAveragePool:
      try call.floating(ReferencePooling.globalAveragePool, ReferencePooling.globalAveragePool)
    case .reduceMean: try call.floating(ReferenceReduction.mean, ReferenceReduction.mean)
    case .reduceSum: try ReferenceReduction.sum(call)
    case .gemm: try call.floating(ReferenceMatMul.gemm, ReferenceMatMul.gemm)
    case .matMul: try call.floating(ReferenceMatMul.matMul, ReferenceMatMul.matMul)
    case .flatten: try ReferenceMovement.flatten(call)
    case .reshape: try ReferenceMovement.reshape(call)
    case .squeeze: try ReferenceMovement.squeeze(call)
    case .unsqueeze: try ReferenceMovement.unsqueeze(call)
    case .transpose: try ReferenceMovement.transpose(call)
    case .concat: try ReferenceMovement.concat(call)
    case .split: try ReferenceMovement.split(call)
    case .slice: try ReferenceMovement.slice(call)
    case .gather: try ReferenceMovement.gather(call)
    case .pad: try ReferencePad.pad(call)
    case .resize: try ReferenceResize.resize(call)
    case .expand: try ReferenceMovement.expand(call)
    case .gatherElements: try ReferenceIndexing.gatherElements(call)
    case .gatherND: try ReferenceIndexing.gatherND(call)
    case .scatterElements: try ReferenceIndexing.scatterElements(call)
    case .scatterND: try ReferenceIndexing.scatterND(call)
    case .reverseSequence: try ReferenceIndexing.reverseSequence(call)
    case .shape: try ReferenceShapes.shape(call)
    case .constant: try ReferenceShapes.constant(call)
    case .constantOfShape: try ReferenceShapes.constantOfShape(call)
    case .convInputGradient:
      try call.floating(
        ReferenceConvolutionGradient.input, ReferenceConvolutionGradient.input)
    case .convWeightGradient:
      try call.floating(
        ReferenceConvolutionGradient.weight, ReferenceConvolutionGradient.weight)
    case .batchNormalizationTraining:
      try call.floating(
        ReferenceNormalizationGradient.training, ReferenceNormalizationGradient.training)
    case .batchNormalizationGradient:
      try call.floating(
        ReferenceNormalizationGradient.gradient, ReferenceNormalizationGradient.gradient)
    case .reluGradient:
      try call.floating(
        ReferenceActivationGradient.relu, ReferenceActivationGradient.relu)
    case .leakyReluGradient:
      try call.floating(
        ReferenceActivationGradient.leakyRelu, ReferenceActivationGradient.leakyRelu)
    case .clipGradient:
      try call.floating(
        ReferenceActivationGradient.clip, ReferenceActivationGradient.clip)
    case .sigmoidGradient:
      try call.floating(
        ReferenceActivationGradient.sigmoid, ReferenceActivationGradient.sigmoid)
    case .hardSigmoidGradient:
      try call.floating(
        ReferenceActivationGradient.hardSigmoid, ReferenceActivationGradient.hardSigmoid)
    case .hardSwishGradient:
      try call.floating(
        ReferenceActivationGradient.hardSwish, ReferenceActivationGradient.hardSwish)
    case .tanhGradient:
      try call.floating(
        ReferenceActivationGradient.tanh, ReferenceActivationGradient.tanh)
    case .absGradient:
      try call.floating(
        ReferenceActivationGradient.abs, ReferenceActivationGradient.abs)
    case .softmaxGradient:
      try call.floating(
        ReferenceActivationGradient.softmax, ReferenceActivationGradient.softmax)
    case .logSoftmaxGradient:
      try call.floating(
        ReferenceActivationGradient.logSoftmax, ReferenceActivationGradient.logSoftmax)
    case .mulGradient:
      try call.floating(
        ReferenceActivationGradient.mul, ReferenceActivationGradient.mul)
    case .maxPoolGradient:
      try call.floating(
        ReferencePoolingGradient.maxPool, ReferencePoolingGradient.maxPool)
    case .averagePoolGradient:
      try call.floating(
        ReferencePoolingGradient.averagePool, ReferencePoolingGradient.averagePool)
    case .sliceGradient:
      try call.floating(
        ReferenceMovementGradient.slice, ReferenceMovementGradient.slice)
    case .padGradient:
      try call.floating(ReferenceMovementGradient.pad, ReferenceMovementGradient.pad)
    case .gatherGradient:
      try call.floating(
        ReferenceMovementGradient.gather, ReferenceMovementGradient.gather)
    case .resizeGradient:
      try call.floating(
        ReferenceMovementGradient.resize, ReferenceMovementGradient.resize)
    case .softmaxCrossEntropy:
      try call.floating(ReferenceLoss.crossEntropy, ReferenceLoss.crossEntropy)
    case .softmaxCrossEntropyGradient:
      try call.floating(
        ReferenceLoss.crossEntropyGradient, ReferenceLoss.crossEntropyGradient)
    case .opaque:
      throw call.unsupported(
        "operator '\(call.node.type)' of domain '\(call.node.domain)' has no kernel")
    }
  }
}
