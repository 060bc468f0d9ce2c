/// Einsum: a sum of products over letters.
///
///     bij,bjk->bik   x[b, i, j]  y[b, j, k]  ->  z[b, i, k]
extension Schema {
  static let einsum = Schema(
    inputs: .atLeast(1), outputs: .exactly(1), attributes: [.required("equation", .string)],
    shape: { context throws(Diagnostic) in
      let element = context.commonElement(context.inputs.indices)
      guard let view = try EinsumView(context) else { return [context.result(element, nil)] }
      return [context.result(element, view.output.map { view.extents[$0] ?? .unknown })]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let view = (try? EinsumView(context)) ?? nil, view.isPlain(context) else {
        return AxisRules.blockAll(context, because: "repeats or broadcasts along it")
      }
      var signature = AxisSignature(operands: context.inputs.count, results: 1)
      var terms: [EinsumView.Axis: AxisSignature.Term] = [:]
      for letters in view.operands {
        for letter in letters where terms[letter] == nil {
          terms[letter] = .label(signature.free(view.extents[letter] ?? .unknown))
        }
      }
      for (index, letters) in view.operands.enumerated() {
        signature.operands[index] = letters.compactMap { terms[$0] }
      }
      signature.results[0] = view.output.compactMap { terms[$0] }
      return signature
    },
    cost: { context, signature in
      guard context.inputs.count > 1, !signature.labels.isEmpty,
        (try? EinsumView(context)) ?? nil != nil
      else { return nil }
      let labels = signature.labels.indices.map { AxisSignature.Label(index: $0) }
      let isFree = signature.labels.allSatisfy { $0.freedom == .free }
      return isFree ? MACs(labels: labels, positions: []) : nil
    },
    extents: Plain.noEdit,
    response: { context in context.inputs.count > 0 ? .linear : .other },
    hasBorders: Plain.noBorders)
}
