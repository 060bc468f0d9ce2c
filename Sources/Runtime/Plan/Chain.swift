import CKernels
import IR

/// The operators that follow a value and can be computed together with it: a scale and a shift of
/// each channel, then the sum with another value, then an activation.
///
///     conv -> Mul (channels) -> Add (channels) -> BatchNormalization -> Add (residual) -> Relu
///
/// becomes `relu(conv · scale + shift + residual)`. Channels are along `axis`: 1 for images, the last for
/// matrix products.
struct Chain {
  /// The value the chain ends in.
  private(set) var result: ValueID
  /// The nodes it takes in.
  private(set) var nodes: [NodeID] = []
  /// The factor of each channel, if there is one.
  private(set) var scale: [Double]?
  /// The addend of each channel, if there is one.
  private(set) var shift: [Double]?
  private(set) var residual: ValueID?
  private(set) var activation = ck_activation.identity
  private let axis: Int

  /// What a chain may take in.
  struct Parts: OptionSet {
    let rawValue: Int
    /// Scales and shifts of channels.
    static let affine = Parts(rawValue: 1)
    /// A sum with another value of the same shape.
    static let residual = Parts(rawValue: 2)
    /// An activation.
    static let activation = Parts(rawValue: 4)
  }

  /// Follows `start` as far as only one node reads each value, and none of those in `taken`.
  init(
    from start: ValueID, axis: Int, _ facts: PlanFacts, taking parts: Parts,
    except taken: Set<NodeID>
  ) {
    result = start
    self.axis = axis
    while let next = facts.soleReader(of: result), !taken.contains(next) {
      let node = facts.graph[next]
      guard let output = node.output(0), facts.shape(output) == facts.shape(start),
        facts.element(output) == .float32
      else { return }
      if parts.contains(.affine), residual == nil, takeAffine(node, facts) {
        advance(next, output)
        continue
      }
      if parts.contains(.residual), residual == nil, node.op == .add,
        let other = node.inputs.compactMap({ $0 }).first(where: { $0 != result }),
        facts.shape(other) == facts.shape(start)
      {
        residual = other
        advance(next, output)
        continue
      }
      guard parts.contains(.activation), let found = Chain.activation(of: node, facts) else {
        return
      }
      activation = found
      advance(next, output)
      return
    }
    if parts.contains(.activation), !takeGated(facts, except: taken) {
      takeErrorGated(facts, except: taken)
    }
  }

  private mutating func advance(_ node: NodeID, _ output: ValueID) {
    nodes.append(node)
    result = output
  }

  /// Takes in nodes, the last of which makes f of the result so far; false if it cannot.
  mutating func take(
    _ found: [NodeID], _ function: ck_function, _ facts: PlanFacts, except taken: Set<NodeID>
  ) -> Bool {
    guard taken.isDisjoint(with: found), let last = found.last,
      let output = facts.graph[last].output(0), facts.shape(output) == facts.shape(result)
    else { return false }
    activation = ck_activation(function: function, a: 0, b: 0)
    nodes += found
    result = output
    return true
  }

  /// The activation that a node is, if the kernels have it.
  static func activation(of node: Node, _ facts: PlanFacts) -> ck_activation? {
    func made(_ function: ck_function, _ a: Float = 0, _ b: Float = 0) -> ck_activation {
      ck_activation(function: function, a: a, b: b)
    }
    let attributes = node.attributes
    let functions: [Operator: ck_function] = [
      .relu: .CK_RELU, .sigmoid: .CK_SIGMOID, .tanh: .CK_TANH, .hardSwish: .CK_HARD_SWISH,
      .gelu: .CK_GELU, .microsoftGelu: .CK_GELU,
    ]
    if let function = functions[node.op] {
      return node.reads.count == 1 && node.attributes.string("approximate") ?? "none" == "none"
        ? made(function) : nil
    }
    if node.op == .leakyRelu { return made(.CK_LEAKY_RELU, attributes.float("alpha") ?? 0.01) }
    if node.op == .hardSigmoid {
      return made(
        .CK_HARD_SIGMOID, attributes.float("alpha") ?? 0.2, attributes.float("beta") ?? 0.5)
    }
    guard node.op == .clip, let (low, high) = facts.clipBounds(node, from: 1), low <= high
    else { return nil }
    return made(.CK_CLIP, low, high)
  }

  private mutating func takeAffine(_ node: Node, _ facts: PlanFacts) -> Bool {
    let channels = facts.shape(result)[axis]
    if node.op == .batchNormalization {
      guard axis == 1, node.input(0) == result,
        let found = Affine(batchNormalization: node, facts, channels: channels)
      else { return false }
      apply(scale: found.scale, shift: found.shift)
      return true
    }
    guard node.op == .mul || node.op == .add,
      let other = node.inputs.compactMap({ $0 }).first(where: { $0 != result }),
      let values = Affine.channels(facts.constant(other), of: facts.shape(result), axis: axis)
    else { return false }
    if node.op == .mul {
      apply(scale: values, shift: nil)
    } else {
      apply(scale: nil, shift: values)
    }
    return true
  }

  /// Appends `x · factor + addend` to the scale and shift so far.
  private mutating func apply(scale factor: [Double]?, shift addend: [Double]?) {
    if let factor {
      scale = scale.map { zip($0, factor).map(*) } ?? factor
      shift = shift.map { zip($0, factor).map(*) }
    }
    if let addend { shift = shift.map { zip($0, addend).map(+) } ?? addend }
  }
}

/// A factor and an addend for each channel.
struct Affine {
  var scale: [Double]
  var shift: [Double]

  /// What a BatchNormalization with constant statistics does; nil if they are not.
  init?(batchNormalization node: Node, _ facts: PlanFacts, channels: Int) {
    guard node.attributes.int("training_mode") ?? 0 == 0 else { return nil }
    var operands: [[Double]] = []
    for index in 1...4 {
      guard let values = facts.constant(node.input(index))?.doubles, values.count == channels else {
        return nil
      }
      operands.append(values)
    }
    let epsilon = Double(node.attributes.float("epsilon") ?? 1e-5)
    let factors = zip(operands[0], operands[3]).map { $0 / ($1 + epsilon).squareRoot() }
    scale = factors
    shift = (0..<channels).map { operands[1][$0] - operands[2][$0] * factors[$0] }
  }

  /// The elements of a constant that varies along the channels of `shape` at most, one a channel.
  static func channels(_ tensor: Tensor?, of shape: [Int], axis: Int) -> [Double]? {
    guard let tensor, isChannels(tensor.shape, of: shape, axis: axis), let values = tensor.doubles
    else { return nil }
    return values.count == 1 ? Array(repeating: values[0], count: shape[axis]) : values
  }

  /// Whether a tensor of shape `operand`, broadcast to `shape`, varies along the channels at most.
  static func isChannels(_ operand: [Int], of shape: [Int], axis: Int = 1) -> Bool {
    guard operand.count <= shape.count, axis < shape.count else { return false }
    let full = Array(repeating: 1, count: shape.count - operand.count) + operand
    return full.indices.allSatisfy { full[$0] == 1 || ($0 == axis && full[$0] == shape[$0]) }
  }
}
