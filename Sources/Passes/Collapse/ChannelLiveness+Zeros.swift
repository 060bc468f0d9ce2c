import IR

/// What is not needed because it is zero, and how far that holds.
extension ChannelLiveness {
  /// Notes which channels are not needed because they are zero, as far as they are.
  mutating func rely(on place: ValueAxis, _ mask: [Bool]) {
    guard let classes = numbering.classes[place], classes.count == mask.count else { return }
    let zeros = zip(mask, classes).map { $0 && $1.isZero }
    guard zeros.contains(true) else { return }
    zeroTerms[place] = zeroTerms[place].map { zip($0, zeros).map { $0 || $1 } } ?? zeros
  }

  /// Whether a zero stays and is needed.
  private func stands(_ place: ValueAxis, _ index: Int) -> Bool {
    standing[place].map { index < $0.count && $0[index] } ?? false
  }

  /// The zeros that sums and norms rely on but that stay after a removal.
  func standing(after removal: ChannelRemoval) -> [ValueAxis: [Bool]] {
    var standing: [ValueAxis: [Bool]] = [:]
    for (place, zeros) in zeroTerms {
      guard let keep = removal.mask(of: place.value, axis: place.axis), keep.count == zeros.count
      else { continue }
      let staying = zip(zeros, keep).map { $0 && $1 }
      if staying.contains(true) { standing[place] = staying }
    }
    return standing
  }

  /// For every input of a contraction whether it is zero everywhere and may go; nil if that is not
  /// known.
  func zeros(_ contraction: Contraction, _ node: Node) -> [Bool]? {
    guard let data = node.input(0),
      let classes = numbering.classes[ValueAxis(value: data, axis: contraction.dataAxis)],
      let mayGo = removable.mask(of: data, axis: contraction.dataAxis),
      classes.count == mayGo.count,
      classes.count == contraction.groups * contraction.inputs
    else { return nil }
    return zip(classes, mayGo).map { $0.isZero && $1 }
  }

  /// The indices at which what a node sums over is not zero, along an axis that it sums over, alone or
  /// among others: neither the operand nor, in a product of computed values, another factor; nil where
  /// the node does nothing of the kind.
  func summed(
    _ node: Node, _ operand: Int, _ value: ValueID, _ axis: Int, _ signature: AxisSignature
  ) -> [Bool]? {
    guard let terms = signature.operands[operand],
      let mine = numbering.classes[ValueAxis(value: value, axis: axis)]
    else { return nil }
    let mapped = Set(
      signature.results.compactMap { $0 }.flatMap { $0 }.flatMap(AxisSignature.labels(of:)))
    let contracted = Set(
      AxisSignature.labels(of: terms[axis]).filter { signature[$0].freedom == .free }
    ).subtracting(mapped)
    if contracted.isEmpty { return nil }
    let own = ValueAxis(value: value, axis: axis)
    var mask = mine.enumerated().map { !$1.isZero || stands(own, $0) }
    guard ChannelNumbering.multiplies(node) else { return mask }
    for (index, peer) in node.inputs.enumerated() where index != operand {
      guard let peer, let others = signature.operands[index] else { continue }
      for (place, other) in others.enumerated()
      where !contracted.isDisjoint(with: AxisSignature.labels(of: other)) {
        guard let classes = numbering.classes[ValueAxis(value: peer, axis: place)],
          let correspondence = AxisCorrespondence(from: other, to: terms[axis], signature),
          correspondence.sources.count == mask.count
        else { continue }
        for (position, sources) in correspondence.sources.enumerated()
        where !sources.isEmpty && !stands(own, position)
          && sources.allSatisfy({ $0 < classes.count && classes[$0].isZero })
        { mask[position] = false }
      }
    }
    return mask
  }

  /// For every index of an operand's axis that the node is fitted to fewer indices of whether it adds
  /// nothing to what is taken over the axis: all data operands are zero there. Nil where that is not
  /// known.
  func silent(
    _ id: NodeID, _ operand: Int, _ axis: Int, _ signature: AxisSignature
  ) -> [Bool]? {
    guard let terms = signature.operands[operand], axis < terms.count,
      case .label(let label) = terms[axis],
      let form = signature.compensation(of: terms[axis]), form.data.contains(operand),
      let value = graph[id].input(operand)
    else { return nil }
    let place = ValueAxis(value: value, axis: axis)
    return numbering.silence(of: form.data, along: label, of: id)?
      .enumerated().map { $1 && !stands(place, $0) }
  }
}
