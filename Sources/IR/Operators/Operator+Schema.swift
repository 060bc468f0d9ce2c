extension Operator {
  /// What the compiler knows about the operator without being able to run it.
  public var schema: Schema {
    switch self {
    case .conv: .convolution
    case .convTranspose: .convolutionTransposed
    case .batchNormalization: .batchNormalization
    case .dropout: .dropout
    case .relu: .unary(.positivelyHomogeneous)
    case .leakyRelu: .leakyRelu
    case .clip: .clip
    case .sigmoid: .unary(.other)
    case .hardSigmoid: .hardSigmoid
    case .hardSwish: .unary(.zeroPreserving)
    case .tanh: .unary(.zeroPreserving)
    case .softmax, .logSoftmax: .softmax
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
    case .maxPool: .maxPool
    case .averagePool: .averagePool
    case .globalAveragePool: .globalAveragePool
    case .reduceMean: .reduceMean
    case .reduceSum: .reduceSum
    case .gemm: .gemm
    case .matMul: .matMul
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
    case .gatherElements: .gatherElements
    case .gatherND: .gatherND
    case .scatterElements: .scatterElements
    case .scatterND: .scatterND
    case .reverseSequence: .reverseSequence
    case .shape: .shapeOf
    case .constant: .constant
    case .constantOfShape: .constantOfShape
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
    case .opaque: .opaque
    }
  }
}
