import IR

/// The indices that can be removed if nobody reads them: those of free groups that were not reopened.
struct RemovableIndices {
  private let analysis: ChannelAnalysis
  /// Of each group whether its indices stay whatever happens.
  private let staying: [GroupID: [Bool]]
  private let pinned: [ValueAxis: [Bool]]

  init(_ analysis: ChannelAnalysis, pinned: [ValueAxis: [Bool]]) {
    self.analysis = analysis
    self.pinned = pinned
    staying = Dictionary(
      uniqueKeysWithValues: analysis.groups.map { group in
        (group.id, Array(repeating: !group.isFree, count: group.size))
      })
  }

  /// For every index of a value's axis whether it may go; nil if the extent is not known.
  func mask(of value: ValueID, axis: Int) -> [Bool]? {
    guard let mask = analysis.layouts(of: value)?[axis].known.mask(staying) else { return nil }
    let pin = pinned[ValueAxis(value: value, axis: axis)]
    return mask.enumerated().map { !$1 && pin?[$0] != true }
  }
}
