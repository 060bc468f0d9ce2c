import IR

/// The operators whose operands or results may be sequences or optionals, or that run graphs of
/// their own.
enum StructuredKernels {
  typealias Kernel = @Sendable (StructuredCall) throws(Diagnostic) -> [Datum?]

  /// Their kernels.
  static let table: [Operator: Kernel] = [
    .if: { call throws(Diagnostic) in try ReferenceControl.branch(call) },
    .loop: { call throws(Diagnostic) in try ReferenceControl.loop(call) },
    .scan: { call throws(Diagnostic) in try ReferenceScan.scan(call) },
    .flexAttention: { call throws(Diagnostic) in try ReferenceFlexAttention.attend(call) },
    .identity: { call throws(Diagnostic) in [try call.operand(0)] },
    .sequenceConstruct: { call throws(Diagnostic) in try ReferenceSequences.construct(call) },
    .sequenceEmpty: { call throws(Diagnostic) in [.sequence([])] },
    .sequenceAt: { call throws(Diagnostic) in try ReferenceSequences.at(call) },
    .sequenceInsert: { call throws(Diagnostic) in try ReferenceSequences.insert(call) },
    .sequenceErase: { call throws(Diagnostic) in try ReferenceSequences.erase(call) },
    .sequenceLength: { call throws(Diagnostic) in try ReferenceSequences.length(call) },
    .sequenceMap: { call throws(Diagnostic) in try ReferenceSequences.map(call) },
    .splitToSequence: { call throws(Diagnostic) in try ReferenceSequences.split(call) },
    .concatFromSequence: { call throws(Diagnostic) in try ReferenceSequences.concat(call) },
    .optional: { call throws(Diagnostic) in [call.optional(0) ?? .absent] },
    .optionalHasElement: { call throws(Diagnostic) in
      [.tensor(Tensor(scalar: (call.optional(0) ?? .absent) != .absent))]
    },
    .optionalGetElement: { call throws(Diagnostic) in try ReferenceSequences.element(call) },
  ]
}
