import Frontend
import IR
import Testing

/// No bytes make the reader trap, hang or eat memory: it reads a model or throws one diagnostic.
@Suite struct HostileInputTests {
  /// A file that must be refused, and a part of the message that says why.
  struct Refused: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let message: String
    var kind = Diagnostic.Kind.invalid

    var testDescription: String { name }
  }

  /// Reads, and if that works verifies and writes; anything but a diagnostic fails the test.
  private static func digest(_ bytes: [UInt8]) throws {
    do throws(Diagnostic) {
      let model = try ModelReader().read(bytes: bytes)
      try model.graph.verify()
      let written = try ModelWriter().encode(model)
      _ = try ModelReader().read(bytes: written)
    } catch {
      if error.kind == .bug { throw error }
    }
  }

  @Test(arguments: Corpus.names) func survivesTruncation(_ name: String) throws {
    let bytes = try Corpus.bytes(name)
    let step = max(1, bytes.count / 100)
    for length in stride(from: 0, to: bytes.count, by: step) {
      try HostileInputTests.digest(Array(bytes.prefix(length)))
    }
  }

  @Test(arguments: Corpus.names) func survivesFlippedBits(_ name: String) throws {
    let bytes = try Corpus.bytes(name)
    var random = SplitMix(seed: UInt64(bytes.count))
    for _ in 0..<120 {
      var copy = bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let index = Int.random(in: 0..<copy.count, using: &random)
        copy[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
      try HostileInputTests.digest(copy)
    }
  }

  @Test(arguments: Corpus.names) func survivesSplicedParts(_ name: String) throws {
    let bytes = try Corpus.bytes(name)
    var random = SplitMix(seed: UInt64(bytes.count) &+ 1)
    for _ in 0..<60 {
      var copy = bytes
      let from = Int.random(in: 0..<bytes.count, using: &random)
      let length = Int.random(in: 0..<min(64, bytes.count - from + 1), using: &random)
      let to = Int.random(in: 0...bytes.count, using: &random)
      copy.insert(contentsOf: bytes[from..<min(from + length, bytes.count)], at: to)
      try HostileInputTests.digest(copy)
    }
  }

  @Test func survivesRandomBytes() throws {
    var random = SplitMix(seed: 99)
    for length in 0..<400 {
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(diagnostic { _ = try ModelReader().read(bytes: bytes) }?.kind == .invalid)
    }
  }

  /// `content` wrapped in `depth` If nodes.
  private static func nested(_ depth: Int) -> [UInt8] {
    var graph = Wire.text(2, "leaf")
    for level in 0..<depth {
      let attribute = Wire.text(1, "then_branch") + Wire.bytes(6, graph) + Wire.int(20, 5)
      graph = Wire.node("If", [], ["v\(level)"], Wire.bytes(5, attribute))
    }
    return Wire.model(graph: graph)
  }

  /// An input whose type is a sequence of sequences, `depth` deep.
  private static func deepType(_ depth: Int) -> [UInt8] {
    var type = Wire.bytes(1, Wire.int(1, 1))
    for _ in 0..<depth { type = Wire.bytes(4, Wire.bytes(1, type)) }
    return Wire.model(graph: Wire.bytes(11, Wire.text(1, "x") + Wire.bytes(2, type)))
  }

  private static func tensor(_ dims: [Int], _ type: Int = 1, _ data: [UInt8] = []) -> [UInt8] {
    let fields =
      dims.flatMap { Wire.int(1, $0) } + Wire.int(2, type) + Wire.text(8, "w")
      + Wire.bytes(9, data)
    return Wire.model(graph: Wire.initializer(fields))
  }

  private static let relu = Wire.node("Relu", ["x"], ["y"])

  static let refused: [Refused] = [
    Refused(name: "empty", bytes: [], message: "empty"),
    Refused(name: "text", bytes: Array("%PDF-1.7 no model".utf8), message: "not an ONNX model"),
    Refused(name: "no graph", bytes: Wire.int(1, 8), message: "has no graph"),
    Refused(name: "no IR version", bytes: Wire.bytes(7, []), message: "has no IR version"),
    Refused(name: "subgraphs", bytes: nested(33), message: "messages nest deeper than 100"),
    Refused(name: "many subgraphs", bytes: nested(4000), message: "nest deeper"),
    Refused(name: "types", bytes: deepType(20_000), message: "messages nest deeper than 100"),
    Refused(
      name: "graph twice", bytes: Wire.model(graph: []) + Wire.bytes(7, []), message: "occurs twice"
    ),
    Refused(
      name: "NUL in a name", bytes: Wire.model(graph: Wire.text(2, "a\0b")), message: "NUL"),
    Refused(
      name: "name not UTF-8", bytes: Wire.model(graph: Wire.bytes(2, [0xFF, 0xFE])),
      message: "not UTF-8"),
    Refused(
      name: "a million empty nodes",
      bytes: Wire.model(
        graph: [UInt8](repeating: 0, count: 4_000_000).enumerated().map {
          $0.offset.isMultiple(of: 2) ? 0x0A : 0
        }),
      message: "MiB"),
    Refused(name: "group", bytes: [0x0B, 0x0C], message: "malformed"),
    Refused(name: "extents overflow", bytes: tensor([1 << 62, 8]), message: "overflow"),
    Refused(name: "zero times huge", bytes: tensor([0, 1 << 62, 1 << 62]), message: "overflow"),
    Refused(name: "negative extent", bytes: tensor([-1]), message: "negative"),
    Refused(name: "too little data", bytes: tensor([1 << 40], 1, [0]), message: "bytes of data"),
    Refused(name: "too much data", bytes: tensor([1], 1, [0, 0, 0, 0, 0]), message: "5 bytes"),
    Refused(name: "no element type", bytes: tensor([1], 0, [0]), message: "no element type"),
    Refused(
      name: "unknown element type", bytes: tensor([1], 99, [0]), message: "element type 99",
      kind: .unsupported),
    Refused(
      name: "raw and typed data",
      bytes: Wire.model(
        graph: Wire.initializer(
          Wire.int(1, 1) + Wire.int(2, 1) + Wire.text(8, "w") + Wire.bytes(4, [0, 0, 0, 0])
            + Wire.bytes(9, [0, 0, 0, 0]))),
      message: "raw data and typed data"),
    Refused(
      name: "typed entry out of range",
      bytes: Wire.model(
        graph: Wire.initializer(
          Wire.int(1, 1) + Wire.int(2, 3) + Wire.text(8, "w") + Wire.int(5, 300))),
      message: "does not fit"),
    Refused(
      name: "wrong typed field",
      bytes: Wire.model(
        graph: Wire.initializer(
          Wire.int(1, 1) + Wire.int(2, 7) + Wire.text(8, "w") + Wire.int(5, 3))),
      message: "does not fit"),
    Refused(
      name: "undefined operand", bytes: Wire.model(graph: relu), message: "not defined before"),
    Refused(
      name: "cycle",
      bytes: Wire.model(
        graph: Wire.node("Relu", ["b"], ["a"]) + Wire.node("Relu", ["a"], ["b"])),
      message: "not defined before"),
    Refused(
      name: "value twice", bytes: Wire.model(graph: Wire.value(11, "x") + relu + relu),
      message: "defined twice"),
    Refused(
      name: "input twice", bytes: Wire.model(graph: Wire.value(11, "x") + Wire.value(11, "x")),
      message: "declared twice"),
    Refused(
      name: "result twice",
      bytes: Wire.model(graph: Wire.value(11, "x") + Wire.node("Split", ["x"], ["y", "y"])),
      message: "bear one name"),
    Refused(
      name: "undefined output", bytes: Wire.model(graph: Wire.value(12, "y")),
      message: "graph output is not defined"),
    Refused(
      name: "no operator",
      bytes: Wire.model(graph: Wire.bytes(1, Wire.text(2, "y"))), message: "no operator"),
    Refused(
      name: "attribute twice",
      bytes: Wire.model(
        graph: Wire.value(11, "x")
          + Wire.node(
            "Elu", ["x"], ["y"],
            Wire.bytes(5, Wire.text(1, "alpha")) + Wire.bytes(5, Wire.text(1, "alpha")))),
      message: "given twice"),
    Refused(
      name: "external data without a folder",
      bytes: Wire.model(
        graph: Wire.initializer(
          Wire.int(1, 1) + Wire.int(2, 1) + Wire.text(8, "w") + Wire.int(14, 1)
            + Wire.bytes(13, Wire.text(1, "location") + Wire.text(2, "data.bin")))),
      message: "not read from a folder"),
    Refused(
      name: "sparse index out of range",
      bytes: Wire.model(
        graph: Wire.bytes(
          15,
          Wire.bytes(
            1, Wire.int(1, 1) + Wire.int(2, 1) + Wire.text(8, "s") + Wire.bytes(4, [0, 0, 0, 0]))
            + Wire.bytes(2, Wire.int(1, 1) + Wire.int(2, 7) + Wire.int(7, 9)) + Wire.int(3, 4))),
      message: "out of range"),
    Refused(
      name: "sparse tensor too large",
      bytes: Wire.model(
        graph: Wire.bytes(
          15,
          Wire.bytes(1, Wire.int(1, 0) + Wire.int(2, 1) + Wire.text(8, "s")) + Wire.int(3, 1 << 50))
      ),
      message: "when dense", kind: .unsupported),
  ]

  @Test(arguments: refused) func refuses(_ file: Refused) throws {
    let error = try #require(diagnostic { _ = try ModelReader().read(bytes: file.bytes) })
    #expect(error.kind == file.kind)
    #expect(error.message.contains(file.message), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  @Test func readsTheDeepestNestingThatIsAllowed() throws {
    let model = try ModelReader().read(bytes: HostileInputTests.nested(32))
    try model.graph.verify()
    #expect(model.graph.nodeCount == 1)
  }

  @Test func namesTheFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("broken.onnx", [1, 2, 3])
    let path = folder.file("broken.onnx")
    let broken = try #require(diagnostic { _ = try ModelReader().read(path) })
    #expect(broken.site.file == path)
    let missing = try #require(diagnostic { _ = try ModelReader().read(folder.file("none.onnx")) })
    #expect(missing.kind == .environment)
    #expect(missing.message.contains("No such file"))
    let directory = try #require(diagnostic { _ = try ModelReader().read(folder.path) })
    #expect(directory.kind == .environment)
    #expect(directory.message.contains("folder"))
  }
}

/// A small seeded generator.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
