import IR

extension Operator {
  /// How gradients flow backwards through the operator.
  var gradient: GradientRule {
    switch self {
    case .conv: .rule(ConvolutionGradients.conv)
    case .convTranspose: .rule(ConvolutionGradients.convTranspose)
    case .fusedConv: .expansion(ProductExpansions.conv)
    case .columnsToImage: .rule(ProductExpansions.columnsToImage)
    case .causalConvolution: .expansion(ProductExpansions.causalConvolution)
    case .deformConv: .expansion(DeformableExpansion.run)

    case .batchNormalization: .rule(NormalizationGradients.inference)
    case .batchNormalizationTraining: .rule(NormalizationGradients.training)
    case .dropout: .rule(NormalizationGradients.dropout)
    case .layerNormalization: .rule(RowNormalizationGradients.layer)
    case .rmsNormalization, .simplifiedLayerNormalization: .rule(RowNormalizationGradients.root)
    case .instanceNormalization: .rule(GroupNormalizationGradients.instance)
    case .groupNormalization: .rule(GroupNormalizationGradients.group)
    case .lpNormalization: .rule(GroupNormalizationGradients.lp)
    case .localResponseNormalization: .expansion(NormalizationExpansions.localResponse)
    case .meanVarianceNormalization: .expansion(NormalizationExpansions.meanVariance)
    case .skipLayerNormalization: .expansion(NormalizationExpansions.skipLayer)
    case .skipSimplifiedLayerNormalization: .expansion(NormalizationExpansions.skipSimplified)
    case .embedLayerNormalization: .expansion(NormalizationExpansions.embed)

    case .relu: .rule(ActivationGradients.ofResult(.reluGradient))
    case .sigmoid: .rule(ActivationGradients.ofResult(.sigmoidGradient))
    case .tanh: .rule(ActivationGradients.ofResult(.tanhGradient))
    case .hardSigmoid: .rule(ActivationGradients.ofResult(.hardSigmoidGradient, keeping: ["alpha"]))
    case .hardSwish: .rule(ActivationGradients.ofOperand(.hardSwishGradient))
    case .leakyRelu: .rule(ActivationGradients.ofOperand(.leakyReluGradient, keeping: ["alpha"]))
    case .abs: .rule(ActivationGradients.ofOperand(.absGradient))
    case .softmax:
      .rule(ActivationGradients.ofResult(.softmaxGradient, keeping: ["axis", "pcc_flatten"]))
    case .logSoftmax:
      .rule(ActivationGradients.ofResult(.logSoftmaxGradient, keeping: ["axis", "pcc_flatten"]))
    case .elu: SlopeGradients.elu
    case .selu: SlopeGradients.selu
    case .celu: SlopeGradients.celu
    case .softplus: SlopeGradients.rule(SlopeGradients.softplus)
    case .softsign: SlopeGradients.rule(SlopeGradients.softsign)
    case .thresholdedRelu: SlopeGradients.rule(SlopeGradients.thresholdedRelu)
    case .shrink: SlopeGradients.rule(SlopeGradients.shrink)
    case .gelu, .microsoftGelu: SlopeGradients.rule(SlopeGradients.gelu)
    case .mish: SlopeGradients.rule(SlopeGradients.mish)
    case .swish: SlopeGradients.rule(SlopeGradients.swish(1))
    case .quickGelu: SlopeGradients.rule(SlopeGradients.swish(1.702))
    case .swiGLU: .expansion(ProductExpansions.swiGLU)
    case .biasGelu: ProductExpansions.biasGelu(approximate: "none")
    case .fastGelu: ProductExpansions.biasGelu(approximate: "tanh")
    case .prelu: .rule(SelectionGradients.prelu)
    case .clip: .rule(SelectionGradients.clip)
    case .hardmax: .zero

    case .add: .rule(ElementwiseGradients.add)
    case .sub: .rule(ElementwiseGradients.sub)
    case .mul: .rule(ElementwiseGradients.mul)
    case .div: .rule(ElementwiseGradients.div)
    case .neg: .rule(ElementwiseGradients.neg)
    case .exp: .rule(ElementwiseGradients.exp)
    case .log: .rule(ElementwiseGradients.log)
    case .sqrt: .rule(ElementwiseGradients.sqrt)
    case .erf: .rule(ElementwiseGradients.erf)
    case .reciprocal: .rule(ElementwiseGradients.reciprocal)
    case .cast: .rule(ElementwiseGradients.cast)
    case .identity: .rule(ElementwiseGradients.identity)
    case .pow: .rule(SelectionGradients.pow)
    case .castLike: .rule(SelectionGradients.castLike)
    case .min, .max: .rule(SelectionGradients.extremum)
    case .sum: .rule(SelectionGradients.sum)
    case .mean: .rule(SelectionGradients.mean)
    case .mod: .rule(SelectionGradients.mod)
    case .where: .rule(SelectionGradients.select)
    case .sin: SlopeGradients.rule(SlopeGradients.sin)
    case .cos: SlopeGradients.rule(SlopeGradients.cos)
    case .tan: SlopeGradients.rule(SlopeGradients.tan)
    case .asin: SlopeGradients.rule(SlopeGradients.inverse(factor: -1, offset: 1))
    case .acos: SlopeGradients.rule(SlopeGradients.inverse(factor: -1, offset: 1, sign: -1))
    case .asinh: SlopeGradients.rule(SlopeGradients.inverse(factor: 1, offset: 1))
    case .acosh: SlopeGradients.rule(SlopeGradients.inverse(factor: 1, offset: -1))
    case .atan: SlopeGradients.rule(SlopeGradients.rational(factor: 1))
    case .atanh: SlopeGradients.rule(SlopeGradients.rational(factor: -1))
    case .sinh: SlopeGradients.rule(SlopeGradients.sinh)
    case .cosh: SlopeGradients.rule(SlopeGradients.cosh)

    case .maxPool: .rule(PoolingGradients.maxPool)
    case .averagePool: .rule(PoolingGradients.averagePool)
    case .lpPool: .rule(PoolingGradients.lpPool)
    case .globalAveragePool: .rule(PoolingGradients.globalAveragePool)
    case .globalMaxPool: FoldGradients.global(FoldGradients.extremum)
    case .globalLpPool: .rule(FoldGradients.power)
    case .maxUnpool: .expansion(IndexingGradients.maxUnpool)
    case .roiAlign, .maxRoiPool: .unsupported(because: "reads regions that follow from data")

    case .reduceMean: .rule(ReductionGradients.mean)
    case .reduceSum: .rule(ReductionGradients.sum)
    case .reduceMax, .reduceMin: FoldGradients.rule(FoldGradients.extremum)
    case .reduceProd: .rule(FoldGradients.product)
    case .reduceL1: FoldGradients.rule(FoldGradients.absolute)
    case .reduceL2: FoldGradients.rule(FoldGradients.root)
    case .reduceSumSquare: FoldGradients.rule(FoldGradients.squares)
    case .reduceLogSum: FoldGradients.rule(FoldGradients.logSum)
    case .reduceLogSumExp: FoldGradients.rule(FoldGradients.logSumExp)
    case .cumSum: .rule(FoldGradients.runningSum)
    case .cumProd: .rule(FoldGradients.runningProduct)

    case .gemm: .rule(MatMulGradients.gemm)
    case .matMul: .rule(MatMulGradients.matMul)
    case .einsum: .rule(EinsumGradients.rule)
    case .fusedMatMul: .expansion(ProductExpansions.matMul)
    case .det: .rule(SpreadingGradients.det)

    case .flatten, .reshape, .squeeze, .unsqueeze: .rule(MovementGradients.reshape)
    case .transpose: .rule(MovementGradients.transpose)
    case .concat: .rule(MovementGradients.concat)
    case .split: .rule(MovementGradients.split)
    case .slice: .rule(MovementGradients.slice)
    case .gather: .rule(MovementGradients.gather)
    case .pad: .rule(SpreadingGradients.pad)
    case .resize: .rule(ResizeGradients.resize)
    case .expand: .rule(MovementGradients.expand)
    case .tile: .rule(SpreadingGradients.tile)
    case .trilu: .rule(SpreadingGradients.trilu)
    case .depthToSpace: SpreadingGradients.undone(by: .spaceToDepth)
    case .spaceToDepth: SpreadingGradients.undone(by: .depthToSpace)
    case .centerCropPad: .rule(SpreadingGradients.centerCropPad)
    case .gridSample: .expansion(SamplingExpansions.grid)
    case .affineGrid: .expansion(SamplingExpansions.affineGrid)

    case .gatherElements: .rule(IndexingGradients.gatherElements)
    case .gatherND: .rule(IndexingGradients.gatherND)
    case .scatterElements: .rule(IndexingGradients.scatterElements)
    case .scatterND: .rule(IndexingGradients.scatterND)
    case .reverseSequence: .rule(IndexingGradients.reverseSequence)
    case .topK: .rule(IndexingGradients.topK)
    case .oneHot: .rule(IndexingGradients.oneHot)
    case .compress: .expansion(IndexingGradients.compress)
    case .unique: .unsupported(because: "has results whose extents follow from data")
    case .tensorScatter: .unsupported(because: "writes the cache of a model that generates")

    case .attention: .expansion(AttentionExpansions.attention)
    case .projectedAttention: .expansion(AttentionExpansions.projected)
    case .multiHeadAttention: .expansion(AttentionExpansions.multiHead)
    case .rotaryEmbedding: .expansion(AttentionExpansions.rotary)
    case .flexAttention: .unsupported(because: "runs graphs of its own on the scores")
    case .linearAttention: .unsupported(because: "updates a state at every position")

    case .lstm: .expansion(RecurrentExpansions.lstm)
    case .gru: .expansion(RecurrentExpansions.gru)
    case .rnn: .expansion(RecurrentExpansions.rnn)

    case .softmaxCrossEntropy: .rule(LossGradients.softmaxCrossEntropy)
    case .softTargetCrossEntropy: .rule(LossGradients.softTargetCrossEntropy)
    case .negativeLogLikelihoodLoss: .expansion(LossExpansions.likelihood)
    case .softmaxCrossEntropyLoss: .expansion(LossExpansions.crossEntropy)

    case .floor, .ceil, .round, .sign, .isNaN, .isInf, .equal, .greater, .less, .greaterOrEqual,
      .lessOrEqual, .and, .or, .xor, .not, .bitwiseAnd, .bitwiseOr, .bitwiseXor, .bitwiseNot,
      .bitShift, .argMax, .argMin, .nonZero, .nonMaxSuppression:
      .zero
    case .shape, .size, .constant, .constantOfShape, .range, .eyeLike, .randomNormal,
      .randomNormalLike, .randomUniform, .randomUniformLike, .bernoulli, .multinomial,
      .blackmanWindow, .hannWindow, .hammingWindow, .melWeightMatrix:
      .zero
    case .bitCast: .unsupported(because: "reads bits as another type")
    case .quantizeLinear, .dynamicQuantizeLinear:
      .unsupported(because: "rounds to integers; train the model before it is quantized")
    case .dequantizeLinear, .matMulInteger, .quantizedMatMul, .convInteger, .quantizedConv:
      .unsupported(because: "reads integers; train the model before it is quantized")
    case .discreteFourier, .shortTimeFourier:
      .unsupported(because: "makes complex numbers, which are not differentiated")
    case .stringConcat, .stringSplit, .stringNormalizer, .termFrequencies:
      .unsupported(because: "reads strings")
    case .if, .loop, .scan, .sequenceMap:
      .unsupported(because: "runs graphs of its own, through which no gradients flow")
    case .sequenceConstruct, .sequenceEmpty, .sequenceAt, .sequenceInsert, .sequenceErase,
      .sequenceLength, .splitToSequence, .concatFromSequence, .optional, .optionalHasElement,
      .optionalGetElement:
      .unsupported(because: "handles sequences and optionals, through which no gradients flow")
    case .opaque: .unsupported(because: "is not known to pcc")
    case .convInputGradient, .convWeightGradient, .batchNormalizationGradient, .reluGradient,
      .leakyReluGradient, .clipGradient, .sigmoidGradient, .hardSigmoidGradient,
      .hardSwishGradient, .tanhGradient, .absGradient, .softmaxGradient, .logSoftmaxGradient,
      .mulGradient, .maxPoolGradient, .averagePoolGradient, .sliceGradient, .padGradient,
      .gatherGradient, .resizeGradient, .softmaxCrossEntropyGradient:
      .unsupported(because: "is a gradient itself; there are no second derivatives")
    }
  }
}
