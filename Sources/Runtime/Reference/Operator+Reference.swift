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
    case .relu: try call.numbers(ReferenceActivation.Relu())
    case .leakyRelu: try call.floating(ReferenceActivation.leakyRelu, ReferenceActivation.leakyRelu)
    case .clip: try call.numbers(ReferenceActivation.Clip())
    case .sigmoid: try call.floating(ReferenceActivation.sigmoid, ReferenceActivation.sigmoid)
    case .hardSigmoid:
      try call.floating(ReferenceActivation.hardSigmoid, ReferenceActivation.hardSigmoid)
    case .hardSwish: try call.floating(ReferenceActivation.hardSwish, ReferenceActivation.hardSwish)
    case .tanh: try call.floating(ReferenceActivation.tanh, ReferenceActivation.tanh)
    case .softmax: try call.floating(ReferenceActivation.softmax, ReferenceActivation.softmax)
    case .logSoftmax:
      try call.floating(ReferenceActivation.logSoftmax, ReferenceActivation.logSoftmax)
    case .elu: try call.scalars(ReferenceSmoothing.elu)
    case .selu: try call.scalars(ReferenceSmoothing.selu)
    case .celu: try call.scalars(ReferenceSmoothing.celu)
    case .softplus: try call.scalars(ReferenceSmoothing.softplus)
    case .softsign: try call.scalars(ReferenceSmoothing.softsign)
    case .thresholdedRelu: try call.scalars(ReferenceSmoothing.thresholdedRelu)
    case .mish: try call.scalars(ReferenceSmoothing.mish)
    case .swish: try call.scalars(ReferenceSmoothing.swish)
    case .quickGelu: try call.scalars(ReferenceSmoothing.quickGelu)
    case .swiGLU: try call.scalars(ReferenceSmoothing.GatedSwish())
    case .fastGelu: try call.scalars(ReferenceSmoothing.fastGelu)
    case .gelu: try ReferenceSmoothing.gelu(call)
    case .microsoftGelu, .biasGelu: try call.scalars(ReferenceSmoothing.gelu)
    case .shrink: try call.numbers(ReferenceSmoothing.Shrink())
    case .hardmax: try call.floating(ReferenceActivation.hardmax, ReferenceActivation.hardmax)
    case .prelu: try call.numbers(ReferenceActivation.SlopedRelu())
    case .add: try call.numbers(ReferenceElementwise.Arithmetic.add)
    case .sub: try call.numbers(ReferenceElementwise.Arithmetic.sub)
    case .mul: try call.numbers(ReferenceElementwise.Arithmetic.mul)
    case .div: try call.numbers(ReferenceElementwise.Arithmetic.div)
    case .abs: try call.numbers(ReferenceElementwise.Signs.abs)
    case .neg: try call.numbers(ReferenceElementwise.Signs.neg)
    case .exp: try call.scalars(ReferenceElementwise.Function.exp)
    case .log: try call.scalars(ReferenceElementwise.Function.log)
    case .sqrt: try call.scalars(ReferenceElementwise.Function.sqrt)
    case .cast: try ReferenceCast.cast(call)
    case .identity: [try call.operand(0)]
    case .erf: try call.scalars(ReferenceElementwise.Function.erf)
    case .reciprocal: try call.scalars(ReferenceElementwise.Function.reciprocal)
    case .floor: try call.scalars(ReferenceElementwise.Function.floor)
    case .ceil: try call.scalars(ReferenceElementwise.Function.ceil)
    case .round: try call.scalars(ReferenceElementwise.Function.round)
    case .sin: try call.scalars(ReferenceElementwise.Function.sin)
    case .cos: try call.scalars(ReferenceElementwise.Function.cos)
    case .tan: try call.scalars(ReferenceElementwise.Function.tan)
    case .asin: try call.scalars(ReferenceElementwise.Function.asin)
    case .acos: try call.scalars(ReferenceElementwise.Function.acos)
    case .atan: try call.scalars(ReferenceElementwise.Function.atan)
    case .sinh: try call.scalars(ReferenceElementwise.Function.sinh)
    case .cosh: try call.scalars(ReferenceElementwise.Function.cosh)
    case .asinh: try call.scalars(ReferenceElementwise.Function.asinh)
    case .acosh: try call.scalars(ReferenceElementwise.Function.acosh)
    case .atanh: try call.scalars(ReferenceElementwise.Function.atanh)
    case .sign: try call.numbers(ReferenceElementwise.Signs.sign)
    case .pow: try call.numbers(ReferencePower.pow)
    case .mod: try ReferenceElementwise.mod(call)
    case .min: try call.numbers(ReferenceElementwise.Folded(function: .min))
    case .max: try call.numbers(ReferenceElementwise.Folded(function: .max))
    case .sum: try call.numbers(ReferenceElementwise.Folded(function: .add))
    case .mean: try call.numbers(ReferenceElementwise.Folded(function: .add, isMean: true))
    case .isNaN: try ReferenceLogic.isNaN(call)
    case .isInf: try ReferenceLogic.isInf(call)
    case .where: try ReferenceLogic.select(call)
    case .equal: try ReferenceLogic.equal(call)
    case .greater: try call.numbers(ReferenceLogic.Comparison.greater)
    case .less: try call.numbers(ReferenceLogic.Comparison.less)
    case .greaterOrEqual: try call.numbers(ReferenceLogic.Comparison.greaterOrEqual)
    case .lessOrEqual: try call.numbers(ReferenceLogic.Comparison.lessOrEqual)
    case .and: try ReferenceLogic.logical(call) { $0 && $1 }
    case .or: try ReferenceLogic.logical(call) { $0 || $1 }
    case .xor: try ReferenceLogic.logical(call) { $0 != $1 }
    case .not: try ReferenceLogic.not(call)
    case .bitwiseAnd: try call.integers(ReferenceLogic.Bits.and)
    case .bitwiseOr: try call.integers(ReferenceLogic.Bits.or)
    case .bitwiseXor: try call.integers(ReferenceLogic.Bits.xor)
    case .bitwiseNot: try call.integers(ReferenceLogic.Bits.not)
    case .bitShift: try ReferenceLogic.bitShift(call)
    case .maxPool: try ReferencePooling.maxPool(call)
    case .averagePool: try call.floating(ReferencePooling.averagePool, ReferencePooling.averagePool)
    case .globalAveragePool:
      try call.floating(ReferencePooling.globalAveragePool, ReferencePooling.globalAveragePool)
    case .reduceMean: try call.numbers(ReferenceReduction.mean)
    case .reduceSum: try call.numbers(ReferenceReduction.sum)
    case .reduceMax: try ReferenceReduction.extremum(call, .max)
    case .reduceMin: try ReferenceReduction.extremum(call, .min)
    case .reduceProd: try call.numbers(ReferenceReduction.prod)
    case .reduceL1: try call.numbers(ReferenceReduction.l1)
    case .reduceL2: try call.numbers(ReferenceReduction.l2)
    case .reduceSumSquare: try call.numbers(ReferenceReduction.sumSquare)
    case .reduceLogSum: try call.numbers(ReferenceReduction.logSum)
    case .reduceLogSumExp: try call.numbers(ReferenceReduction.logSumExp)
    case .argMax: try call.numbers(ReferenceRanking.Argument(isMaximum: true))
    case .argMin: try call.numbers(ReferenceRanking.Argument(isMaximum: false))
    case .topK: try call.numbers(ReferenceRanking.TopK())
    case .cumSum: try call.numbers(ReferenceRanking.Cumulation(isProduct: false))
    case .cumProd: try call.numbers(ReferenceRanking.Cumulation(isProduct: true))
    case .unique: try ReferenceUnique.unique(call)
    case .compress: try ReferencePlaces.compress(call)
    case .nonZero: try ReferencePlaces.nonZero(call)
    case .gemm: try call.floating(ReferenceMatMul.gemm, ReferenceMatMul.gemm)
    case .matMul: try call.floating(ReferenceMatMul.matMul, ReferenceMatMul.matMul)
    case .layerNormalization: try ReferenceRowNormalization.layer(call)
    case .rmsNormalization, .simplifiedLayerNormalization:
      try ReferenceRowNormalization.rootMeanSquare(call)
    case .skipLayerNormalization:
      try call.floating(ReferenceSkipNormalization.layer, ReferenceSkipNormalization.layer)
    case .skipSimplifiedLayerNormalization:
      try call.floating(
        ReferenceSkipNormalization.rootMeanSquare, ReferenceSkipNormalization.rootMeanSquare)
    case .embedLayerNormalization:
      try call.floating(by: 2, ReferenceSkipNormalization.embed, ReferenceSkipNormalization.embed)
    case .instanceNormalization:
      try call.floating(
        ReferenceChannelNormalization.instance, ReferenceChannelNormalization.instance)
    case .groupNormalization:
      try call.floating(ReferenceChannelNormalization.group, ReferenceChannelNormalization.group)
    case .localResponseNormalization:
      try call.floating(
        ReferenceChannelNormalization.localResponse, ReferenceChannelNormalization.localResponse)
    case .lpNormalization:
      try call.floating(ReferenceChannelNormalization.norm, ReferenceChannelNormalization.norm)
    case .meanVarianceNormalization:
      try call.floating(
        ReferenceChannelNormalization.meanVariance, ReferenceChannelNormalization.meanVariance)
    case .fusedConv: try call.floating(ReferenceFusedProducts.conv, ReferenceFusedProducts.conv)
    case .fusedMatMul:
      try call.floating(ReferenceFusedProducts.matMul, ReferenceFusedProducts.matMul)
    case .einsum: try ReferenceEinsum.einsum(call)
    case .attention: try call.floating(ReferenceAttention.attention, ReferenceAttention.attention)
    case .rotaryEmbedding:
      try call.floating(ReferenceRotaryEmbedding.rotate, ReferenceRotaryEmbedding.rotate)
    case .projectedAttention:
      try call.floating(ReferenceFusedAttention.projected, ReferenceFusedAttention.projected)
    case .multiHeadAttention:
      try call.floating(ReferenceFusedAttention.multiHead, ReferenceFusedAttention.multiHead)
    case .tensorScatter: try ReferenceStreaming.scatter(call)
    case .linearAttention: try ReferenceLinearAttention.attend(call)
    case .causalConvolution:
      try call.floating(ReferenceStreaming.convolve, ReferenceStreaming.convolve)
    case .negativeLogLikelihoodLoss:
      try call.floating(ReferenceLabelLoss.likelihood, ReferenceLabelLoss.likelihood)
    case .softmaxCrossEntropyLoss:
      try call.floating(ReferenceLabelLoss.crossEntropy, ReferenceLabelLoss.crossEntropy)
    case .stringConcat: try ReferenceStrings.concat(call)
    case .stringSplit: try ReferenceStrings.split(call)
    case .stringNormalizer: try ReferenceStrings.normalize(call)
    case .termFrequencies: try ReferenceTermFrequencies.vectorize(call)
    case .globalMaxPool:
      try call.floating(ReferencePooling.globalMaxPool, ReferencePooling.globalMaxPool)
    case .globalLpPool:
      try call.floating(ReferencePooling.globalLpPool, ReferencePooling.globalLpPool)
    case .lpPool: try call.floating(ReferencePooling.lpPool, ReferencePooling.lpPool)
    case .maxUnpool: try call.floating(ReferenceUnpooling.maxUnpool, ReferenceUnpooling.maxUnpool)
    case .roiAlign: try call.floating(ReferenceUnpooling.roiAlign, ReferenceUnpooling.roiAlign)
    case .maxRoiPool:
      try call.floating(ReferenceUnpooling.maxRoiPool, ReferenceUnpooling.maxRoiPool)
    case .depthToSpace: try call.moving(ReferenceSpatial.depthToSpace)
    case .spaceToDepth: try call.moving(ReferenceSpatial.spaceToDepth)
    case .centerCropPad: try call.packed(ReferenceSpatial.centerCropPad)
    case .columnsToImage:
      try call.floating(ReferenceSpatial.columnsToImage, ReferenceSpatial.columnsToImage)
    case .gridSample: try call.floating(ReferenceSampling.grid, ReferenceSampling.grid)
    case .affineGrid: try call.floating(ReferenceSampling.affineGrid, ReferenceSampling.affineGrid)
    case .deformConv:
      try call.floating(
        ReferenceSampling.deformableConvolution, ReferenceSampling.deformableConvolution)
    case .nonMaxSuppression: try ReferenceDetection.nonMaxSuppression(call)
    case .quantizeLinear: try ReferenceQuantization.quantize(call)
    case .dequantizeLinear: try ReferenceQuantization.dequantize(call)
    case .dynamicQuantizeLinear:
      try call.floating(ReferenceQuantization.dynamic, ReferenceQuantization.dynamic)
    case .matMulInteger: try ReferenceQuantizedProducts.matMulInteger(call)
    case .quantizedMatMul: try ReferenceQuantizedProducts.matMul(call)
    case .convInteger: try ReferenceQuantizedProducts.convInteger(call)
    case .quantizedConv: try ReferenceQuantizedProducts.conv(call)
    case .lstm: try call.floating(ReferenceRecurrent.lstm, ReferenceRecurrent.lstm)
    case .gru: try call.floating(ReferenceRecurrent.gru, ReferenceRecurrent.gru)
    case .rnn: try call.floating(ReferenceRecurrent.rnn, ReferenceRecurrent.rnn)
    case .discreteFourier: try call.floating(ReferenceSignal.fourier, ReferenceSignal.fourier)
    case .shortTimeFourier: try call.floating(ReferenceSignal.shortTime, ReferenceSignal.shortTime)
    case .melWeightMatrix: try ReferenceSignal.melWeights(call)
    case .flatten: try ReferenceMovement.flatten(call)
    case .reshape: try ReferenceMovement.reshape(call)
    case .squeeze: try ReferenceMovement.squeeze(call)
    case .unsqueeze: try ReferenceMovement.unsqueeze(call)
    case .transpose: try call.moving(ReferenceMovement.transpose)
    case .concat: try call.packed(ReferenceMovement.concat)
    case .split: try call.moving(ReferenceMovement.split)
    case .slice: try call.moving(ReferenceMovement.slice)
    case .gather: try call.moving(ReferenceMovement.gather)
    case .pad: try call.packed(ReferencePad.pad)
    case .resize: try ReferenceResize.resize(call)
    case .expand: try call.moving(ReferenceMovement.expand)
    case .gatherElements: try call.moving(ReferenceIndexing.gatherElements)
    case .gatherND: try call.moving(ReferenceIndexing.gatherND)
    case .scatterElements: try ReferenceIndexing.scatterElements(call)
    case .scatterND: try ReferenceIndexing.scatterND(call)
    case .reverseSequence: try call.moving(ReferenceIndexing.reverseSequence)
    case .shape: try ReferenceShapes.shape(call)
    case .constant: try ReferenceShapes.constant(call)
    case .constantOfShape: try ReferenceShapes.constantOfShape(call)
    case .range: try call.numbers(ReferenceGeneration.Range())
    case .eyeLike: try ReferencePlaces.eyeLike(call)
    case .randomNormal, .randomNormalLike: try ReferenceChance.normal(call)
    case .randomUniform, .randomUniformLike: try ReferenceChance.uniform(call)
    case .bernoulli: try ReferenceChance.bernoulli(call)
    case .multinomial: try ReferenceChance.multinomial(call)
    case .blackmanWindow: try ReferenceGeneration.Window.blackman.compute(call)
    case .hannWindow: try ReferenceGeneration.Window.hann.compute(call)
    case .hammingWindow: try ReferenceGeneration.Window.hamming.compute(call)
    case .size: try ReferenceGeneration.size(call)
    case .castLike: try ReferenceCast.castLike(call)
    case .bitCast: try ReferencePlaces.bitCast(call)
    case .tile: try ReferencePlaces.tile(call)
    case .trilu: try ReferencePlaces.trilu(call)
    case .oneHot: try ReferencePlaces.oneHot(call)
    case .det: try call.scalars(ReferenceDeterminant())
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
    case .softTargetCrossEntropy:
      try call.floating(ReferenceLoss.softTargetCrossEntropy, ReferenceLoss.softTargetCrossEntropy)
    case .if, .loop, .scan, .sequenceConstruct, .sequenceEmpty, .sequenceAt, .sequenceInsert,
      .sequenceErase, .sequenceLength, .sequenceMap, .splitToSequence, .concatFromSequence,
      .optional, .optionalHasElement, .optionalGetElement, .flexAttention:
      throw call.unsupported("the node needs a graph round it")
    case .opaque:
      throw call.unsupported(
        "operator '\(call.node.type)' of domain '\(call.node.domain)' has no kernel")
    }
  }
}
