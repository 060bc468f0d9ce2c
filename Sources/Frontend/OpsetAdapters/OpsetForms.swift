import IR

/// How the form of an operator has changed over the versions of the default operator set, 1 to 28.
enum OpsetForms {
  /// Not at all since version `since`, but for attributes that came later.
  case stable(since: Int, [YoungAttribute])
  /// In ways that an adapter knows.
  case adapted(since: Int, any OpsetAdapter.Type)
  /// The operator is of another domain, whose versions do not matter.
  case foreign
  /// The operator is pcc's own and stands in no file.
  case absent

  /// Not at all since version 7.
  static var stable: OpsetForms { .stable(since: 7, []) }
}

/// An attribute that came later than its operator.
struct YoungAttribute: Sendable {
  let name: String
  /// The first version that has it.
  let since: Int
  /// Whether a value says what held before the attribute came.
  let isNeutral: @Sendable (Attribute) -> Bool

  /// An integer attribute that was as if `neutral` before.
  static func int(_ name: String, since: Int, _ neutral: Int) -> YoungAttribute {
    YoungAttribute(name: name, since: since) { if case .int(neutral) = $0 { true } else { false } }
  }

  /// A string attribute that was as if `neutral` before.
  static func string(_ name: String, since: Int, _ neutral: String) -> YoungAttribute {
    YoungAttribute(name: name, since: since) {
      if case .string(neutral) = $0 { true } else { false }
    }
  }

  /// An integer list that was as if all ones before.
  static func ones(_ name: String, since: Int) -> YoungAttribute {
    YoungAttribute(name: name, since: since) {
      if case .ints(let values) = $0 { values.allSatisfy { $0 == 1 } } else { false }
    }
  }

  /// An attribute that older versions have nothing like.
  static func new(_ name: String, since: Int) -> YoungAttribute {
    YoungAttribute(name: name, since: since) { _ in false }
  }
}

extension [YoungAttribute] {
  /// Whether the node has no attribute that its version does not know.
  func fit(_ form: NodeForm, _ opset: Int) -> Bool {
    allSatisfy { $0.since <= opset || form.attributes[$0.name] == nil }
  }

  /// Removes attributes that `opset` does not know; throws if one of them matters.
  func remove(from form: inout NodeForm, _ opset: Int) throws(Diagnostic) {
    for young in self where young.since > opset {
      guard let attribute = form.attributes[young.name] else { continue }
      guard young.isNeutral(attribute) else {
        throw .unsupported("opset \(opset) has no attribute '\(young.name)'")
      }
      form.attributes[young.name] = nil
    }
  }
}

extension Operator {
  /// How the operator's form has changed.
  var forms: OpsetForms {
    switch self {
    case .fusedConv, .skipLayerNormalization, .skipSimplifiedLayerNormalization,
      .embedLayerNormalization, .fusedMatMul, .projectedAttention, .multiHeadAttention,
      .flexAttention:
      .foreign
    case .simplifiedLayerNormalization, .instanceNormalization, .localResponseNormalization,
      .lpNormalization, .globalMaxPool, .maxRoiPool:
      .stable(since: 1, [])
    case .globalLpPool: .stable(since: 2, [])
    case .meanVarianceNormalization, .maxUnpool: .stable(since: 9, [])
    case .nonMaxSuppression, .matMulInteger, .quantizedMatMul, .convInteger, .quantizedConv:
      .stable(since: 10, [])
    case .dynamicQuantizeLinear: .stable(since: 11, [])
    case .einsum: .stable(since: 12, [])
    case .layerNormalization, .shortTimeFourier, .melWeightMatrix: .stable(since: 17, [])
    case .columnsToImage, .centerCropPad: .stable(since: 18, [])
    case .deformConv: .stable(since: 19, [])
    case .affineGrid: .stable(since: 20, [])
    case .rmsNormalization, .rotaryEmbedding: .stable(since: 23, [])
    case .attention:
      .stable(
        since: 23,
        [.int("left_window_size", since: 25, -1), .int("right_window_size", since: 25, -1)])
    case .lpPool:
      .stable(since: 2, [.int("ceil_mode", since: 18, 0), .ones("dilations", since: 18)])
    case .lstm, .gru, .rnn: .stable(since: 7, [.int("layout", since: 14, 0)])
    case .depthToSpace: .stable(since: 1, [.string("mode", since: 11, "DCR")])
    case .spaceToDepth: .stable(since: 1, [.string("mode", since: 28, "DCR")])
    case .quantizeLinear:
      .stable(
        since: 10,
        [
          .int("axis", since: 13, 1), .int("saturate", since: 19, 1),
          .int("block_size", since: 21, 0), .int("output_dtype", since: 21, 0),
          .int("precision", since: 23, 0),
        ])
    case .dequantizeLinear:
      .stable(
        since: 10,
        [
          .int("axis", since: 13, 1), .int("block_size", since: 21, 0),
          .int("output_dtype", since: 23, 0),
        ])
    case .groupNormalization: .adapted(since: 18, GroupNormalizationAdapter.self)
    case .roiAlign: .adapted(since: 10, RoiAlignAdapter.self)
    case .gridSample: .adapted(since: 16, GridSampleAdapter.self)
    case .discreteFourier: .adapted(since: 17, FourierAdapter.self)
    case .conv, .globalAveragePool, .matMul, .flatten, .transpose, .gather: .stable(since: 1, [])
    case .concat: .adapted(since: 1, ConcatAdapter.self)
    case .relu, .leakyRelu, .sigmoid, .hardSigmoid, .tanh, .abs, .neg, .exp, .log, .sqrt, .elu,
      .softplus, .softsign, .reciprocal, .floor, .ceil, .identity, .not:
      .stable(since: 1, [])
    case .add, .sub, .mul, .div, .pow, .equal, .greater, .less, .and, .or, .xor:
      .adapted(since: 1, BroadcastAdapter.self)
    case .prelu: .adapted(since: 1, PReluAdapter.self)
    case .selu: .adapted(since: 1, SeluAdapter.self)
    case .sum, .mean, .min, .max: .adapted(since: 1, VariadicAdapter.self)
    case .sin, .cos, .tan, .asin, .acos, .atan: .stable
    case .erf, .sign, .sinh, .cosh, .asinh, .acosh, .atanh, .isNaN, .where, .shrink:
      .stable(since: 9, [])
    case .thresholdedRelu, .mod, .isInf: .stable(since: 10, [])
    case .round, .bitShift: .stable(since: 11, [])
    case .celu, .greaterOrEqual, .lessOrEqual: .stable(since: 12, [])
    case .mish, .bitwiseAnd, .bitwiseOr, .bitwiseXor, .bitwiseNot: .stable(since: 18, [])
    case .gelu: .stable(since: 20, [])
    case .swish, .tensorScatter: .stable(since: 24, [])
    case .linearAttention, .causalConvolution: .stable(since: 27, [])
    case .swiGLU: .stable(since: 28, [])
    case .negativeLogLikelihoodLoss, .softmaxCrossEntropyLoss: .stable(since: 12, [])
    case .termFrequencies: .stable(since: 9, [])
    case .stringNormalizer: .stable(since: 10, [])
    case .stringConcat, .stringSplit: .stable(since: 20, [])
    case .biasGelu, .fastGelu, .quickGelu, .microsoftGelu: .foreign
    case .hardSwish: .stable(since: 14, [])
    case .expand: .stable(since: 8, [])
    case .constantOfShape: .stable(since: 9, [])
    case .gatherElements: .stable(since: 11, [])
    case .gatherND: .stable(since: 11, [.int("batch_dims", since: 12, 0)])
    case .scatterElements: .adapted(since: 9, ScatterAdapter.self)
    case .scatterND: .adapted(since: 11, ScatterAdapter.self)
    case .reverseSequence: .stable(since: 10, [])
    case .if, .loop: .stable(since: 1, [])
    case .scan: .adapted(since: 8, ScanAdapter.self)
    case .sequenceConstruct, .sequenceEmpty, .sequenceAt, .sequenceInsert, .sequenceErase,
      .sequenceLength, .splitToSequence, .concatFromSequence:
      .stable(since: 11, [])
    case .optional, .optionalHasElement, .optionalGetElement: .stable(since: 15, [])
    case .sequenceMap: .stable(since: 17, [])
    case .cast: .adapted(since: 1, CastAdapter.self)
    case .maxPool: .adapted(since: 1, MaxPoolAdapter.self)
    case .averagePool:
      .stable(
        since: 1,
        [
          .int("count_include_pad", since: 7, 0), .int("ceil_mode", since: 10, 0),
          .ones("dilations", since: 19),
        ])
    case .reshape: .adapted(since: 1, ReshapeAdapter.self)
    case .shape: .stable(since: 1, [.int("start", since: 15, 0), .new("end", since: 15)])
    case .constant:
      .stable(
        since: 1,
        ["value_float", "value_floats", "value_int", "value_ints", "value_string", "value_strings"]
          .map { .new($0, since: 12) })
    case .squeeze, .unsqueeze, .reduceSum, .reduceMean, .reduceMax, .reduceMin, .reduceProd,
      .reduceL1, .reduceL2, .reduceSumSquare, .reduceLogSum, .reduceLogSumExp:
      .adapted(since: 1, AxesAdapter.self)
    case .argMax, .argMin: .stable(since: 1, [.int("select_last_index", since: 12, 0)])
    case .topK: .adapted(since: 1, TopKAdapter.self)
    case .unique: .stable(since: 11, [])
    case .cumSum: .stable(since: 11, [])
    case .cumProd, .bitCast: .stable(since: 26, [])
    case .compress, .nonZero, .eyeLike, .oneHot: .stable(since: 9, [])
    case .range: .stable(since: 11, [.int("stash_type", since: 27, 1)])
    case .det: .stable(since: 11, [])
    case .randomNormal, .randomNormalLike, .randomUniform, .randomUniformLike, .size:
      .stable(since: 1, [])
    case .multinomial: .stable(since: 7, [])
    case .bernoulli: .stable(since: 15, [])
    case .castLike:
      .stable(
        since: 15, [.int("saturate", since: 19, 1), .string("round_mode", since: 24, "up")])
    case .blackmanWindow, .hannWindow, .hammingWindow: .stable(since: 17, [])
    case .tile: .adapted(since: 1, TileAdapter.self)
    case .trilu: .stable(since: 14, [])
    case .split: .adapted(since: 1, SplitAdapter.self)
    case .slice: .adapted(since: 1, SliceAdapter.self)
    case .pad: .adapted(since: 1, PadAdapter.self)
    case .clip: .adapted(since: 1, ClipAdapter.self)
    case .dropout: .adapted(since: 1, DropoutAdapter.self)
    case .softmax, .logSoftmax, .hardmax: .adapted(since: 1, SoftmaxAdapter.self)
    case .batchNormalization: .adapted(since: 1, BatchNormalizationAdapter.self)
    case .resize: .adapted(since: 7, ResizeAdapter.self)
    case .gemm: .adapted(since: 1, GemmAdapter.self)
    case .convTranspose: .adapted(since: 1, ConvTransposeAdapter.self)
    case .convInputGradient, .convWeightGradient, .batchNormalizationTraining,
      .batchNormalizationGradient, .reluGradient, .leakyReluGradient, .clipGradient,
      .sigmoidGradient, .hardSigmoidGradient, .hardSwishGradient, .tanhGradient, .absGradient,
      .softmaxGradient, .logSoftmaxGradient, .mulGradient, .maxPoolGradient, .averagePoolGradient,
      .sliceGradient, .padGradient, .gatherGradient, .resizeGradient, .softmaxCrossEntropy,
      .softmaxCrossEntropyGradient, .softTargetCrossEntropy, .opaque:
      .absent
    }
  }
}

extension NodeForm {
  /// The versions of the default operator set whose forms are known.
  static let opsets = 1...28

  /// Brings the node from the form of `opset` into that of opset 28; returns false where its
  /// operator or form is not known, and the node must stay opaque.
  mutating func raise(from opset: Int?, _ scope: any FormScope) throws(Diagnostic) -> Bool {
    guard let opset, NodeForm.opsets.contains(opset) else { return false }
    if type == ResizeAdapter.oldType, opset < 10 { op = .resize }
    if type == ScatterAdapter.oldType { op = .scatterElements }
    if opset < 6 { attributes["consumed_inputs"] = nil }
    switch op.forms {
    case .stable(let since, let young): return since <= opset && young.fit(self, opset)
    case .adapted(let since, let adapter):
      guard since <= opset else { return false }
      return try adapter.raise(&self, from: opset, scope)
    case .foreign: return true
    case .absent: return false
    }
  }

  /// Brings the node from the form of opset 28 into that of `opset`; throws an `unsupported`
  /// diagnostic where `opset` cannot express it.
  mutating func lower(to opset: Int?, _ scope: any FormScope) throws(Diagnostic) {
    if case .foreign = op.forms { return }
    guard let opset, NodeForm.opsets.contains(opset) else {
      let found = opset.map { "opset \($0)" } ?? "no opset"
      throw .unsupported("the model has \(found), its operators are known from 1 to 28")
    }
    let first: Int
    switch op.forms {
    case .stable(let since, let young):
      first = since
      try young.remove(from: &self, opset)
    case .adapted(let since, let adapter):
      first = since
      try adapter.lower(&self, to: opset, scope)
    case .foreign: return
    case .absent:
      throw Diagnostic(kind: .bug, "operator \(op.rawValue) is about to reach a file")
    }
    guard first <= opset else {
      throw .unsupported("opset \(opset) has no operator \(op.name), opset \(first) has")
    }
  }
}
