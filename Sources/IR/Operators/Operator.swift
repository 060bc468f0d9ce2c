/// The operators pcc knows; everything else is `.opaque` and passes through untouched.
///
/// Raw values are ONNX names, those outside the default domain as `domain::Name`. Domain `pcc`
/// holds what gradients need and ONNX has no operator for; it never reaches a file.
public enum Operator: String, CaseIterable, Hashable, Sendable {
  // Convolution
  case conv = "Conv"
  case convTranspose = "ConvTranspose"
  // Normalization
  case batchNormalization = "BatchNormalization"
  case dropout = "Dropout"
  // Activation
  case relu = "Relu"
  case leakyRelu = "LeakyRelu"
  case clip = "Clip"
  case sigmoid = "Sigmoid"
  case hardSigmoid = "HardSigmoid"
  case hardSwish = "HardSwish"
  case tanh = "Tanh"
  case softmax = "Softmax"
  case logSoftmax = "LogSoftmax"
  case elu = "Elu"
  case selu = "Selu"
  case celu = "Celu"
  case softplus = "Softplus"
  case softsign = "Softsign"
  case thresholdedRelu = "ThresholdedRelu"
  case gelu = "Gelu"
  case mish = "Mish"
  case swish = "Swish"
  case shrink = "Shrink"
  case hardmax = "Hardmax"
  case prelu = "PRelu"
  case biasGelu = "com.microsoft::BiasGelu"
  case fastGelu = "com.microsoft::FastGelu"
  case quickGelu = "com.microsoft::QuickGelu"
  case microsoftGelu = "com.microsoft::Gelu"
  // Elementwise
  case add = "Add"
  case sub = "Sub"
  case mul = "Mul"
  case div = "Div"
  case abs = "Abs"
  case neg = "Neg"
  case exp = "Exp"
  case log = "Log"
  case sqrt = "Sqrt"
  case cast = "Cast"
  case identity = "Identity"
  case pow = "Pow"
  case erf = "Erf"
  case reciprocal = "Reciprocal"
  case floor = "Floor"
  case ceil = "Ceil"
  case round = "Round"
  case sign = "Sign"
  case sin = "Sin"
  case cos = "Cos"
  case tan = "Tan"
  case asin = "Asin"
  case acos = "Acos"
  case atan = "Atan"
  case sinh = "Sinh"
  case cosh = "Cosh"
  case asinh = "Asinh"
  case acosh = "Acosh"
  case atanh = "Atanh"
  case mod = "Mod"
  case min = "Min"
  case max = "Max"
  case mean = "Mean"
  case sum = "Sum"
  case isNaN = "IsNaN"
  case isInf = "IsInf"
  // Logic
  case `where` = "Where"
  case equal = "Equal"
  case greater = "Greater"
  case less = "Less"
  case greaterOrEqual = "GreaterOrEqual"
  case lessOrEqual = "LessOrEqual"
  case and = "And"
  case or = "Or"
  case xor = "Xor"
  case not = "Not"
  case bitwiseAnd = "BitwiseAnd"
  case bitwiseOr = "BitwiseOr"
  case bitwiseXor = "BitwiseXor"
  case bitwiseNot = "BitwiseNot"
  case bitShift = "BitShift"
  // Pooling
  case maxPool = "MaxPool"
  case averagePool = "AveragePool"
  case globalAveragePool = "GlobalAveragePool"
  // Reduction
  case reduceMean = "ReduceMean"
  case reduceSum = "ReduceSum"
  // MatMul
  case gemm = "Gemm"
  case matMul = "MatMul"
  // Movement
  case flatten = "Flatten"
  case reshape = "Reshape"
  case squeeze = "Squeeze"
  case unsqueeze = "Unsqueeze"
  case transpose = "Transpose"
  case concat = "Concat"
  case split = "Split"
  case slice = "Slice"
  case gather = "Gather"
  case pad = "Pad"
  case resize = "Resize"
  case expand = "Expand"
  // Indexing
  case gatherElements = "GatherElements"
  case gatherND = "GatherND"
  case scatterElements = "ScatterElements"
  case scatterND = "ScatterND"
  case reverseSequence = "ReverseSequence"
  // Control
  case `if` = "If"
  case loop = "Loop"
  case scan = "Scan"
  // Sequences
  case sequenceConstruct = "SequenceConstruct"
  case sequenceEmpty = "SequenceEmpty"
  case sequenceAt = "SequenceAt"
  case sequenceInsert = "SequenceInsert"
  case sequenceErase = "SequenceErase"
  case sequenceLength = "SequenceLength"
  case sequenceMap = "SequenceMap"
  case splitToSequence = "SplitToSequence"
  case concatFromSequence = "ConcatFromSequence"
  case optional = "Optional"
  case optionalHasElement = "OptionalHasElement"
  case optionalGetElement = "OptionalGetElement"
  // Shapes and constants
  case shape = "Shape"
  case constant = "Constant"
  case constantOfShape = "ConstantOfShape"
  // Gradients
  case convInputGradient = "pcc::ConvInputGradient"
  case convWeightGradient = "pcc::ConvWeightGradient"
  case batchNormalizationTraining = "pcc::BatchNormalizationTraining"
  case batchNormalizationGradient = "pcc::BatchNormalizationGradient"
  case reluGradient = "pcc::ReluGradient"
  case leakyReluGradient = "pcc::LeakyReluGradient"
  case clipGradient = "pcc::ClipGradient"
  case sigmoidGradient = "pcc::SigmoidGradient"
  case hardSigmoidGradient = "pcc::HardSigmoidGradient"
  case hardSwishGradient = "pcc::HardSwishGradient"
  case tanhGradient = "pcc::TanhGradient"
  case absGradient = "pcc::AbsGradient"
  case softmaxGradient = "pcc::SoftmaxGradient"
  case logSoftmaxGradient = "pcc::LogSoftmaxGradient"
  case mulGradient = "pcc::MulGradient"
  case maxPoolGradient = "pcc::MaxPoolGradient"
  case averagePoolGradient = "pcc::AveragePoolGradient"
  case sliceGradient = "pcc::SliceGradient"
  case padGradient = "pcc::PadGradient"
  case gatherGradient = "pcc::GatherGradient"
  case resizeGradient = "pcc::ResizeGradient"
  case softmaxCrossEntropy = "pcc::SoftmaxCrossEntropy"
  case softmaxCrossEntropyGradient = "pcc::SoftmaxCrossEntropyGradient"

  /// An operator pcc does not know; `Node.opaqueType` and `Node.domain` say which.
  case opaque = "?"

  /// The domain as ONNX spells it; empty for the default one and for opaque operators.
  public var domain: String {
    let parts = rawValue.split(separator: ":")
    return parts.count == 2 ? String(parts[0]) : ""
  }

  /// The name without the domain.
  public var name: String {
    rawValue.split(separator: ":").last.map(String.init) ?? rawValue
  }

  /// The operator of that name in that domain; `.opaque` if pcc does not know it.
  public init(domain: String, name: String) {
    let inDefaultDomain = domain.isEmpty || domain == "ai.onnx"
    let known = Operator(rawValue: inDefaultDomain ? name : "\(domain)::\(name)")
    self = domain == Operator.gradientDomain ? .opaque : known ?? .opaque
  }

  /// The domain of operators that exist only within pcc.
  public static let gradientDomain = "pcc"
}
