/// All that the next step of training depends on besides data and options.
struct TrainerState: Sendable {
  /// The epochs that are done.
  var epoch = 0
  /// The steps of the next epoch that are done, and the sum of their losses.
  var step = 0
  var losses = 0.0
  /// The elements of each parameter, in the order of the training graph.
  var parameters: [[Float]]
  /// What the optimiser keeps of each parameter.
  var memories: [[[Float]]]
  /// The running statistics of BatchNormalization.
  var statistics: [[Float]]
  /// The moving averages of parameters, then of statistics; empty if none are kept.
  var averages: [[Float]] = []
  /// What the teacher said so far; nil unless means of that are learned from.
  var means: TeacherMeans?
  var gates: GateState?
  var memory: GateMemory?
  var metrics: [EpochMetrics] = []

  /// The arrays of each part, as a checkpoint keeps them.
  var arrays: [[[Float]]] {
    [parameters, Array(memories.joined()), statistics, averages, means?.arrays ?? []]
  }

  /// Whether there are as many numbers in every place as in another state, so that what can go on from
  /// that can go on from this.
  func isLike(_ other: TrainerState) -> Bool {
    let sizes = gates?.scores.map(\.count)
    return arrays.map { $0.map(\.count) } == other.arrays.map { $0.map(\.count) }
      && sizes == other.gates?.scores.map(\.count) && (memory == nil) == (other.memory == nil)
      && memory.map { $0.fits(sizes ?? []) } ?? true
  }
}
