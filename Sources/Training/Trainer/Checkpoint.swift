import Foundation
import IR

/// The state of a training run in a file, written whole, from which it goes on bit for bit.
///
/// The file is a line of JSON, the header, and the elements of all arrays in order, float32 as
/// the machine stores it.
struct Checkpoint {
  /// The file's name in its folder.
  static let name = "training.checkpoint"
  private static let version = 5

  private struct Header: Codable {
    var version: Int
    /// Says which run it is; see `identity(of:)`.
    var identity: [String: String]
    var epoch: Int
    var step: Int
    var losses: Double
    /// The sizes of the arrays of each part.
    var sizes: [[Int]]
    /// How many arrays the optimiser keeps of each parameter.
    var memories: Int
    var gates: GateState?
    var memory: GateMemory?
    var metrics: [EpochMetrics]
  }

  let identity: [String: String]
  let state: TrainerState

  /// Creates the checkpoint of a state.
  init(identity: [String: String], state: TrainerState) {
    self.identity = identity
    self.state = state
  }

  /// Writes the file, replacing an older one only when it is complete.
  func write(toFolder folder: String) throws(Diagnostic) {
    let groups = state.arrays
    let header = Header(
      version: Checkpoint.version, identity: identity, epoch: state.epoch, step: state.step,
      losses: state.losses, sizes: groups.map { $0.map(\.count) },
      memories: state.memories.first?.count ?? 0, gates: state.gates, memory: state.memory,
      metrics: state.metrics)
    let path = URL(fileURLWithPath: folder).appendingPathComponent(Checkpoint.name)
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      let encoder = JSONEncoder()
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      var data = try encoder.encode(header)
      data.append(0x0A)
      for array in groups.joined() {
        array.withUnsafeBytes { data.append(contentsOf: $0) }
      }
      try data.write(to: path, options: .atomic)
    } catch {
      throw Diagnostic.environment("cannot be written: \(error.localizedDescription)")
        .inFile(path.path)
    }
  }

  /// Reads the file of a folder; nil if there is none.
  ///
  /// Throws `invalid` if it is damaged or of another run.
  static func read(
    fromFolder folder: String, identity: [String: String]
  ) throws(Diagnostic) -> TrainerState? {
    let path = URL(fileURLWithPath: folder).appendingPathComponent(name).path
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Diagnostic.environment("cannot be read").inFile(path)
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let end = data.firstIndex(of: 0x0A),
      let header = try? decoder.decode(Header.self, from: data[..<end]),
      header.version == version, header.sizes.count == 5, header.epoch >= 0, header.step >= 0,
      (1...2).contains(header.memories),
      header.sizes[1].count == header.memories * header.sizes[0].count
    else { throw Diagnostic.invalid("is no checkpoint of this version").inFile(path) }
    guard header.identity == identity else {
      let parts = difference(header.identity, identity)
      throw Diagnostic.invalid("belongs to another run, which differs in: \(parts)").inFile(path)
    }
    let body = data[data.index(after: end)...]
    let count = body.count / 4
    var rest: Int? = count
    for size in header.sizes.joined() {
      rest = rest.flatMap { (0...$0).contains(size) ? $0 - size : nil }
    }
    guard rest == 0, body.count == 4 * count else {
      throw Diagnostic.invalid("is truncated").inFile(path)
    }
    let elements = body.withUnsafeBytes { bytes in
      (0..<count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
    var position = 0
    let groups = header.sizes.map { sizes in
      sizes.map { size in
        defer { position += size }
        return Array(elements[position..<(position + size)])
      }
    }
    let memories = stride(from: 0, to: groups[1].count, by: header.memories).map {
      Array(groups[1][$0..<($0 + header.memories)])
    }
    return TrainerState(
      epoch: header.epoch, step: header.step, losses: header.losses, parameters: groups[0],
      memories: memories, statistics: groups[2], averages: groups[3],
      means: TeacherMeans(groups[4]), gates: header.gates, memory: header.memory,
      metrics: header.metrics)
  }
}
