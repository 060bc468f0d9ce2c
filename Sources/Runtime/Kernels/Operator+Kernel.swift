import IR

extension Operator {
  /// Plans a node with the kernels of its family; false if they cannot compute it, after which the
  /// reference kernel does.
  func plan(_ id: NodeID, _ planner: Planner) throws(Diagnostic) -> Bool {
    switch self {
    case .conv: try planner.planConvolution(id)
    case .convTranspose: try planner.planTransposedConvolution(id)
    case .batchNormalization: try planner.planBatchNormalization(id)
    case .relu, .leakyRelu, .clip, .sigmoid, .hardSigmoid, .hardSwish, .tanh, .gelu,
      .microsoftGelu:
      try planner.planActivation(id)
    case .abs, .neg, .exp, .sqrt, .erf, .reciprocal:
      try planner.planFunction(id)
    case .softmax, .logSoftmax: try planner.planSoftmax(id)
    case .layerNormalization, .rmsNormalization, .simplifiedLayerNormalization:
      try planner.planRowNormalization(id)
    case .add, .sub, .mul, .div, .min, .max: try planner.planArithmetic(id)
    case .identity, .flatten, .reshape, .squeeze, .unsqueeze: try planner.planReshape(id)
    case .dropout: try planner.planDropout(id)
    case .maxPool, .averagePool: try planner.planPooling(id)
    case .globalAveragePool: try planner.planGlobalAverage(id)
    case .reduceMean: try planner.planReduceMean(id)
    case .gemm: try planner.planGemm(id)
    case .matMul: try planner.planMatMul(id)
    case .concat: try planner.planConcat(id)
    case .transpose: try planner.planTranspose(id)
    case .gather: try planner.planGather(id)
    case .depthToSpace, .spaceToDepth: try planner.planDepthAndSpace(id)
    case .expand: try planner.planExpand(id)
    case .reduceSum: try planner.planReduceSum(id)
    case .reduceMax, .reduceMin, .reduceL2, .reduceSumSquare: try planner.planReduction(id)
    case .pow: try planner.planPower(id)
    case .prelu: try planner.planPRelu(id)
    case .instanceNormalization, .groupNormalization: try planner.planGroupedNormalization(id)
    case .convInputGradient: try planner.planConvInputGradient(id)
    case .convWeightGradient: try planner.planConvWeightGradient(id)
    case .batchNormalizationTraining: try planner.planBatchNormalizationTraining(id)
    case .batchNormalizationGradient: try planner.planBatchNormalizationGradient(id)
    case .reluGradient: try planner.planReluGradient(id)
    case .leakyReluGradient, .clipGradient, .sigmoidGradient, .hardSigmoidGradient,
      .hardSwishGradient, .tanhGradient, .absGradient:
      try planner.planActivationGradient(id)
    case .softmaxGradient, .logSoftmaxGradient: try planner.planSoftmaxGradient(id)
    case .mulGradient: try planner.planMulGradient(id)
    case .maxPoolGradient: try planner.planMaxPoolGradient(id)
    case .averagePoolGradient: try planner.planAveragePoolGradient(id)
    case .softmaxCrossEntropy: try planner.planSoftmaxCrossEntropy(id)
    case .softmaxCrossEntropyGradient: try planner.planSoftmaxCrossEntropyGradient(id)
    case .softTargetCrossEntropy: try planner.planSoftTargetCrossEntropy(id)
    case .split: try planner.planSplit(id)
    case .slice: try planner.planSlice(id)
    case .pad: try planner.planPad(id)
    case .resize: try planner.planResize(id)
    case .lstm, .gru, .rnn: try planner.planRecurrent(id)
    case .fusedConv, .deformConv, .columnsToImage, .skipLayerNormalization,
      .skipSimplifiedLayerNormalization, .embedLayerNormalization, .localResponseNormalization,
      .lpNormalization,
      .meanVarianceNormalization, .globalMaxPool, .globalLpPool, .lpPool, .maxUnpool, .roiAlign,
      .maxRoiPool, .einsum, .fusedMatMul, .centerCropPad, .gridSample,
      .affineGrid, .nonMaxSuppression, .attention, .rotaryEmbedding, .projectedAttention,
      .multiHeadAttention, .quantizeLinear, .dequantizeLinear, .dynamicQuantizeLinear,
      .matMulInteger, .quantizedMatMul, .convInteger, .quantizedConv,
      .discreteFourier, .shortTimeFourier, .melWeightMatrix:
      false
    case .swiGLU, .flexAttention, .tensorScatter, .linearAttention, .causalConvolution,
      .negativeLogLikelihoodLoss, .softmaxCrossEntropyLoss, .stringConcat, .stringSplit,
      .stringNormalizer, .termFrequencies:
      false
    case .gatherElements, .gatherND, .scatterElements, .scatterND, .reverseSequence: false
    case .elu, .selu, .celu, .softplus, .softsign, .thresholdedRelu, .mish, .swish, .shrink,
      .hardmax, .biasGelu, .fastGelu, .quickGelu, .floor, .ceil, .round, .sign, .sin,
      .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .asinh, .acosh, .atanh, .mod, .sum, .mean,
      .isNaN, .isInf, .where, .equal, .greater, .less, .greaterOrEqual, .lessOrEqual, .and, .or,
      .xor, .not, .bitwiseAnd, .bitwiseOr, .bitwiseXor, .bitwiseNot, .bitShift,
      .reduceProd, .reduceL1, .reduceLogSum,
      .reduceLogSumExp, .argMax, .argMin, .topK, .cumSum, .cumProd, .unique, .compress, .nonZero,
      .range, .eyeLike, .randomNormal, .randomNormalLike, .randomUniform, .randomUniformLike,
      .bernoulli, .multinomial, .blackmanWindow, .hannWindow, .hammingWindow, .size, .castLike,
      .bitCast, .tile, .trilu, .oneHot, .det:
      false
    case .if, .loop, .scan, .sequenceConstruct, .sequenceEmpty, .sequenceAt, .sequenceInsert,
      .sequenceErase, .sequenceLength, .sequenceMap, .splitToSequence, .concatFromSequence,
      .optional, .optionalHasElement, .optionalGetElement:
      false
    case .log, .cast, .shape, .constant,
      .constantOfShape, .sliceGradient, .padGradient, .gatherGradient, .resizeGradient, .opaque:
      false
    }
  }
}
