extension Operator {
  /// What the compiler knows about the operator without being able to run it.
  public var schema: Schema {
    switch self {
    case .conv: .convolution
    case .convTranspose: .convolutionTransposed
    case .fusedConv: .fusedConvolution
    case .deformConv: .deformableConvolution
    case .columnsToImage: .columnsToImage
    case .batchNormalization: .batchNormalization
    case .dropout: .dropout
    case .layerNormalization: .layerNormalization
    case .rmsNormalization: .rmsNormalization
    case .simplifiedLayerNormalization: .simplifiedLayerNormalization
    case .skipLayerNormalization: .skipLayerNormalization
    case .skipSimplifiedLayerNormalization: .skipSimplifiedLayerNormalization
    case .embedLayerNormalization: .embedLayerNormalization
    case .instanceNormalization: .instanceNormalization
    case .groupNormalization: .groupNormalization
    case .localResponseNormalization: .localResponseNormalization
    case .lpNormalization: .lpNormalization
    case .meanVarianceNormalization: .meanVarianceNormalization
    case .relu: .unary(.positivelyHomogeneous)
    case .leakyRelu: .leakyRelu
    case .clip: .clip
    case .sigmoid: .unary(.other)
    case .hardSigmoid: .hardSigmoid
    case .hardSwish: .unary(.zeroPreserving)
    case .softmax, .logSoftmax, .hardmax: .softmax
    case .elu, .celu: .activation([.float("alpha", 1)], .zeroPreserving)
    case .selu: .selu
    case .softplus: .unary(.other)
    case .softsign, .mish: .unary(.zeroPreserving)
    case .thresholdedRelu: .thresholdedRelu
    case .gelu: .gelu
    case .swish: .activation([.float("alpha", 1)], .zeroPreserving)
    case .swiGLU: .swiGLU
    case .shrink: .shrink
    case .prelu: .prelu
    case .quickGelu: .activation([.float("alpha", 1.702)], .zeroPreserving)
    case .microsoftGelu: .unary(.zeroPreserving)
    case .biasGelu: .broadcasting(.exactly(2))
    case .fastGelu: .fastGelu
    case .add: .add
    case .sub: .sub
    case .mul: .mul
    case .div: .div
    case .abs: .unary(.positivelyHomogeneous)
    case .neg: .unary(.linear)
    case .exp, .log: .unary(.other)
    case .sqrt: .unary(.zeroPreserving)
    case .cast: .cast
    case .identity: .identity
    case .pow: .pow
    case .erf, .floor, .ceil, .round, .sign, .sin, .tan, .asin, .atan, .sinh, .tanh, .asinh, .atanh:
      .unary(.zeroPreserving)
    case .reciprocal, .cos, .acos, .cosh, .acosh: .unary(.other)
    case .mod: .mod
    case .min: .extremum(Swift.min)
    case .max: .extremum(Swift.max)
    case .sum, .mean: .combination
    case .isNaN: .classification()
    case .isInf: .classification([.int("detect_negative", 1), .int("detect_positive", 1)])
    case .where: .select
    case .equal: .comparison(==, ofEquals: true)
    case .greater: .comparison(>, ofEquals: false)
    case .less: .comparison(<, ofEquals: false)
    case .greaterOrEqual: .comparison(>=, ofEquals: true)
    case .lessOrEqual: .comparison(<=, ofEquals: true)
    case .and, .or, .xor: .logical
    case .not: .unary(.other)
    case .bitwiseAnd, .bitwiseOr, .bitwiseXor: .bitwise
    case .bitwiseNot: .unary(.other)
    case .bitShift: .bitShift
    case .maxPool: .maxPool
    case .averagePool: .averagePool
    case .globalAveragePool: .globalAveragePool
    case .globalMaxPool: .globalMaxPool
    case .globalLpPool: .globalLpPool
    case .lpPool: .lpPool
    case .maxUnpool: .maxUnpool
    case .roiAlign: .roiAlign
    case .maxRoiPool: .maxRoiPool
    case .reduceMean: .reduceMean
    case .reduceSum: .reduceSum
    case .reduceMax, .reduceMin: .fold(.positivelyHomogeneous)
    case .reduceProd, .reduceLogSum, .reduceLogSumExp: .fold(.other)
    case .reduceL1, .reduceL2: .norm(.positivelyHomogeneous)
    case .reduceSumSquare: .norm(.zeroPreserving)
    case .argMax, .argMin: .argument
    case .topK: .topK
    case .cumSum, .cumProd: .cumulation
    case .unique: .unique
    case .compress: .compress
    case .nonZero: .nonZero
    case .gemm: .gemm
    case .matMul: .matMul
    case .einsum: .einsum
    case .fusedMatMul: .fusedMatMul
    case .flatten: .flatten
    case .reshape: .reshape
    case .squeeze: .squeeze
    case .unsqueeze: .unsqueeze
    case .transpose: .transpose
    case .concat: .concat
    case .split: .split
    case .slice: .slice
    case .gather: .gather
    case .pad: .pad
    case .resize: .resize
    case .expand: .expand
    case .depthToSpace: .depthToSpace
    case .spaceToDepth: .spaceToDepth
    case .centerCropPad: .centerCropPad
    case .gridSample: .gridSample
    case .affineGrid: .affineGrid
    case .nonMaxSuppression: .nonMaxSuppression
    case .attention: .attention
    case .rotaryEmbedding: .rotaryEmbedding
    case .projectedAttention: .projectedAttention
    case .multiHeadAttention: .multiHeadAttention
    case .flexAttention: .flexAttention
    case .tensorScatter: .tensorScatter
    case .linearAttention: .linearAttention
    case .causalConvolution: .causalConvolution
    case .negativeLogLikelihoodLoss: .negativeLogLikelihoodLoss
    case .softmaxCrossEntropyLoss: .softmaxCrossEntropyLoss
    case .stringConcat: .stringConcat
    case .stringSplit: .stringSplit
    case .stringNormalizer: .stringNormalizer
    case .termFrequencies: .termFrequencies
    case .quantizeLinear: .quantizeLinear
    case .dequantizeLinear: .dequantizeLinear
    case .dynamicQuantizeLinear: .dynamicQuantizeLinear
    case .matMulInteger: .matMulInteger
    case .quantizedMatMul: .quantizedMatMul
    case .convInteger: .convolutionInteger
    case .quantizedConv: .quantizedConvolution
    case .lstm: .lstm
    case .gru: .gru
    case .rnn: .rnn
    case .discreteFourier: .discreteFourier
    case .shortTimeFourier: .shortTimeFourier
    case .melWeightMatrix: .melWeightMatrix
    case .gatherElements: .gatherElements
    case .gatherND: .gatherND
    case .scatterElements: .scatterElements
    case .scatterND: .scatterND
    case .reverseSequence: .reverseSequence
    case .if: .if
    case .loop: .loop
    case .scan: .scan
    case .sequenceConstruct: .sequenceConstruct
    case .sequenceEmpty: .sequenceEmpty
    case .sequenceAt: .sequenceAt
    case .sequenceInsert: .sequenceInsert
    case .sequenceErase: .sequenceErase
    case .sequenceLength: .sequenceLength
    case .sequenceMap: .sequenceMap
    case .splitToSequence: .splitToSequence
    case .concatFromSequence: .concatFromSequence
    case .optional: .optional
    case .optionalHasElement: .optionalHasElement
    case .optionalGetElement: .optionalGetElement
    case .shape: .shapeOf
    case .constant: .constant
    case .constantOfShape: .constantOfShape
    case .range: .range
    case .eyeLike: .eyeLike
    case .randomNormal: .random(.float("mean", 0), .float("scale", 1))
    case .randomUniform: .random(.float("high", 1), .float("low", 0))
    case .randomNormalLike: .randomLike([.float("mean", 0), .float("scale", 1)])
    case .randomUniformLike: .randomLike([.float("high", 1), .float("low", 0)])
    case .bernoulli: .randomLike([])
    case .multinomial: .multinomial
    case .blackmanWindow, .hannWindow, .hammingWindow: .windowFunction
    case .size: .size
    case .castLike: .castLike
    case .bitCast: .bitCast
    case .tile: .tile
    case .trilu: .trilu
    case .oneHot: .oneHot
    case .det: .det
    case .convInputGradient: .convInputGradient
    case .convWeightGradient: .convWeightGradient
    case .batchNormalizationTraining: .batchNormalizationTraining
    case .batchNormalizationGradient: .batchNormalizationGradient
    case .reluGradient, .sigmoidGradient, .tanhGradient, .absGradient, .hardSwishGradient:
      .activationGradient
    case .leakyReluGradient: .leakyReluGradient
    case .clipGradient: .clipGradient
    case .hardSigmoidGradient: .hardSigmoidGradient
    case .softmaxGradient, .logSoftmaxGradient: .softmaxGradient
    case .mulGradient: .mulGradient
    case .maxPoolGradient: .maxPoolGradient
    case .averagePoolGradient: .averagePoolGradient
    case .sliceGradient: .sliceGradient
    case .padGradient: .padGradient
    case .gatherGradient: .gatherGradient
    case .resizeGradient: .resizeGradient
    case .softmaxCrossEntropy: .softmaxCrossEntropy
    case .softmaxCrossEntropyGradient: .softmaxCrossEntropyGradient
    case .softTargetCrossEntropy: .softTargetCrossEntropy
    case .opaque: .opaque
    }
  }
}
