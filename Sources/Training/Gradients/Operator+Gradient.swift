import IR

extension Operator {
  /// How gradients flow backwards through the operator.
  var gradient: GradientRule {
    switch self {
    case .conv: .rule(ConvolutionGradients.conv)
    case .convTranspose: .rule(ConvolutionGradients.convTranspose)
    case .batchNormalization: .rule(NormalizationGradients.inference)
    case .batchNormalizationTraining: .rule(NormalizationGradients.training)
    case .dropout: .rule(NormalizationGradients.dropout)
    case .layerNormalization: .rule(RowNormalizationGradients.layer)
    case .rmsNormalization, .simplifiedLayerNormalization: .rule(RowNormalizationGradients.root)
    case .erf: .rule(ElementwiseGradients.erf)
    case .reciprocal: .rule(ElementwiseGradients.reciprocal)
    case .pow: .rule(ElementwiseGradients.pow)
    case .relu: .rule(ActivationGradients.ofResult(.reluGradient))
    case .sigmoid: .rule(ActivationGradients.ofResult(.sigmoidGradient))
    case .tanh: .rule(ActivationGradients.ofResult(.tanhGradient))
    case .hardSigmoid: .rule(ActivationGradients.ofResult(.hardSigmoidGradient, keeping: ["alpha"]))
    case .hardSwish: .rule(ActivationGradients.ofOperand(.hardSwishGradient))
    case .leakyRelu: .rule(ActivationGradients.ofOperand(.leakyReluGradient, keeping: ["alpha"]))
    case .abs: .rule(ActivationGradients.ofOperand(.absGradient))
    case .clip: .rule(ActivationGradients.clip)
    case .softmax:
      .rule(ActivationGradients.ofResult(.softmaxGradient, keeping: ["axis", "pcc_flatten"]))
    case .logSoftmax:
      .rule(ActivationGradients.ofResult(.logSoftmaxGradient, keeping: ["axis", "pcc_flatten"]))
    case .add: .rule(ElementwiseGradients.add)
    case .sub: .rule(ElementwiseGradients.sub)
    case .mul: .rule(ElementwiseGradients.mul)
    case .div: .rule(ElementwiseGradients.div)
    case .neg: .rule(ElementwiseGradients.neg)
    case .exp: .rule(ElementwiseGradients.exp)
    case .log: .rule(ElementwiseGradients.log)
    case .sqrt: .rule(ElementwiseGradients.sqrt)
    case .cast: .rule(ElementwiseGradients.cast)
    case .identity: .rule(ElementwiseGradients.identity)
    case .maxPool: .rule(PoolingGradients.maxPool)
    case .averagePool: .rule(PoolingGradients.averagePool)
    case .globalAveragePool: .rule(PoolingGradients.globalAveragePool)
    case .reduceMean: .rule(ReductionGradients.mean)
    case .reduceSum: .rule(ReductionGradients.sum)
    case .gemm: .rule(MatMulGradients.gemm)
    case .matMul: .rule(MatMulGradients.matMul)
    case .flatten, .reshape, .squeeze, .unsqueeze: .rule(MovementGradients.reshape)
    case .transpose: .rule(MovementGradients.transpose)
    case .concat: .rule(MovementGradients.concat)
    case .split: .rule(MovementGradients.split)
    case .slice: .rule(MovementGradients.slice)
    case .gather: .rule(MovementGradients.gather)
    case .pad: .rule(MovementGradients.pad)
    case .resize: .rule(MovementGradients.resize)
    case .expand: .rule(MovementGradients.expand)
    case .shape, .constant, .constantOfShape: .zero
    case .softmaxCrossEntropy: .rule(LossGradients.softmaxCrossEntropy)
    case .softTargetCrossEntropy: .rule(LossGradients.softTargetCrossEntropy)
    case .gatherElements, .gatherND, .scatterElements, .scatterND, .reverseSequence:
      .unsupported(because: "has no gradient rule")
    case .floor, .ceil, .round, .sign, .isNaN, .isInf, .equal, .greater, .less, .greaterOrEqual,
      .lessOrEqual, .and, .or, .xor, .not, .bitwiseAnd, .bitwiseOr, .bitwiseXor, .bitwiseNot,
      .bitShift, .argMax, .argMin, .nonZero, .size, .range, .eyeLike, .randomNormal,
      .randomNormalLike, .randomUniform, .randomUniformLike, .bernoulli, .multinomial,
      .blackmanWindow, .hannWindow, .hammingWindow:
      .zero
    case .elu, .selu, .celu, .softplus, .softsign, .thresholdedRelu, .gelu, .mish, .swish, .shrink,
      .hardmax, .prelu, .biasGelu, .fastGelu, .quickGelu, .microsoftGelu,
      .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .asinh, .acosh, .atanh, .mod, .min,
      .max, .sum, .mean, .where, .reduceMax, .reduceMin, .reduceProd, .reduceL1, .reduceL2,
      .reduceSumSquare, .reduceLogSum, .reduceLogSumExp, .topK, .cumSum, .cumProd, .unique,
      .compress, .castLike, .bitCast, .tile, .trilu, .oneHot, .det:
      .unsupported(because: "has no gradient rule")
    case .if, .loop, .scan, .sequenceConstruct, .sequenceEmpty, .sequenceAt, .sequenceInsert,
      .sequenceErase, .sequenceLength, .sequenceMap, .splitToSequence, .concatFromSequence,
      .optional, .optionalHasElement, .optionalGetElement:
      .unsupported(because: "has no gradient rule")
    case .opaque: .unsupported(because: "is not known to pcc")
    case .fusedConv, .deformConv, .columnsToImage, .skipLayerNormalization, .skipSimplifiedLayerNormalization,
      .embedLayerNormalization, .instanceNormalization, .groupNormalization,
      .localResponseNormalization, .lpNormalization, .meanVarianceNormalization, .globalMaxPool,
      .globalLpPool, .lpPool, .maxUnpool, .roiAlign, .maxRoiPool, .einsum, .fusedMatMul,
      .depthToSpace, .spaceToDepth, .centerCropPad, .gridSample, .affineGrid, .nonMaxSuppression,
      .attention, .rotaryEmbedding, .projectedAttention, .multiHeadAttention, .flexAttention,
      .tensorScatter, .linearAttention, .causalConvolution, .negativeLogLikelihoodLoss,
      .softmaxCrossEntropyLoss, .stringConcat, .stringSplit, .stringNormalizer,
      .termFrequencies, .swiGLU, .quantizeLinear,
      .dequantizeLinear, .dynamicQuantizeLinear, .matMulInteger, .quantizedMatMul, .convInteger,
      .quantizedConv, .lstm, .gru, .rnn, .discreteFourier, .shortTimeFourier, .melWeightMatrix:
      .unsupported(because: "has no gradient rule")
    case .convInputGradient, .convWeightGradient, .batchNormalizationGradient, .reluGradient,
      .leakyReluGradient, .clipGradient, .sigmoidGradient, .hardSigmoidGradient,
      .hardSwishGradient, .tanhGradient, .absGradient, .softmaxGradient, .logSoftmaxGradient,
      .mulGradient, .maxPoolGradient, .averagePoolGradient, .sliceGradient, .padGradient,
      .gatherGradient, .resizeGradient, .softmaxCrossEntropyGradient:
      .unsupported(because: "is a gradient itself; there are no second derivatives")
    }
  }
}
