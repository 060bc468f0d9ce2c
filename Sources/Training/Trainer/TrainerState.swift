/// All that the next step of training depends on besides data and options.
struct TrainerState: Sendable {
  /// The epochs that are done.
  var epoch = 0
  /// The elements of each parameter, in the order of the training graph.
  var parameters: [[Float]]
  var velocities: [[Float]]
  /// The running statistics of BatchNormalization.
  var statistics: [[Float]]
  var gates: GateState?
  var memory: GateMemory?
  var metrics: [EpochMetrics] = []
}
