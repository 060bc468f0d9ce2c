/// The numbers of a gate driver that the next step depends on.
struct GateMemory: Codable, Equatable, Sendable {
  /// The sharpness at the start.
  let sharpness: Double
  /// A running mean of the squared derivatives of the task's loss, one array a gate.
  var importance: [[Double]]
  /// How many steps the running mean has seen.
  var observed = 0
  /// The blocks that close, in the order in which that was decided.
  var blocks: [Int] = []
  /// Which channels stay, once that is decided.
  var selection: [[Bool]]?
  /// The moments of Adam, where the driver uses it.
  var moments: AdaptiveMoments?
  /// The round of training, from 0, and the channels that closed for good in those before, where the
  /// driver takes rounds.
  var round: Int?
  var closed: [[Bool]]?

  /// Creates the memory of a driver that has seen nothing of gates of the given sizes.
  init(sharpness: Double, sizes: [Int]) {
    self.sharpness = sharpness
    importance = sizes.map { Array(repeating: 0, count: $0) }
  }

  /// Whether a driver of gates of the given sizes can go on with it.
  func fits(_ sizes: [Int]) -> Bool {
    let counts = 0..<(1 << 48)
    return importance.map(\.count) == sizes && counts.contains(observed)
      && blocks.allSatisfy(sizes.indices.contains)
      && selection.map { $0.map(\.count) == sizes } ?? true
      && closed.map { $0.map(\.count) == sizes } ?? true
      && moments.map { $0.count == sizes.reduce(0, +) && counts.contains($0.steps) } ?? true
  }
}
