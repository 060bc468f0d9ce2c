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
}
