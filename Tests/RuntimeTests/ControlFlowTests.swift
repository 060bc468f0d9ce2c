import DenseRuntime
import IR
import TestSupport
import Testing

/// Runs graphs within graphs, in the interpreter and as steps of a session.
@Suite struct ControlFlowTests {
  /// A model, what it is given and what it must return.
  struct Sample: Sendable {
    var name: String
    var text: String
    var inputs: [String: Tensor]
    var expected: [String: Tensor]
    /// Whether a session can plan it: all shapes follow from the inputs'.
    var isPlanned = true
  }

  static let samples = [
    Sample(
      name: "a branch reads a value round it",
      text: """
        graph @g(%x: f32[2], %p: bool[]) -> (%y: f32[2]) {
          %s: f32[2] = Relu(%x)
          %y: f32[2] = If(%p) {else_branch: graph @e() captures(%s: f32[2]) -> (%b: f32[2]) {
            %b: f32[2] = Neg(%s)
          }, then_branch: graph @t() captures(%s: f32[2]) -> (%s: f32[2]) {
          }}
        }
        """,
      inputs: ["x": Tensor([-1, 3] as [Float]), "p": Tensor(scalar: false)],
      expected: ["y": Tensor([-0.0, -3] as [Float])]),
    Sample(
      name: "a loop carries, and stacks what it returns",
      text: """
        graph @g(%x: f32[2]) -> (%last: f32[2], %all: f32[3, 2]) {
          %n: i64[] = const dense[3]
          %two: f32[] = const dense[2.0]
          %last: f32[2], %all: f32[3, 2] = Loop(%n, _, %x) {body: graph @b(%i: i64[], %c: bool[], %v: f32[2]) captures(%two: f32[]) -> (%d: bool[], %w: f32[2], %v: f32[2]) {
            %d: bool[] = Identity(%c)
            %w: f32[2] = Mul(%v, %two)
          }}
        }
        """,
      inputs: ["x": Tensor([1, 3] as [Float])],
      expected: [
        "last": Tensor([8, 24] as [Float]),
        "all": Tensor([1, 3, 2, 6, 4, 12] as [Float], shape: [3, 2]),
      ]),
    Sample(
      name: "a carried value grows",
      text: """
        graph @g(%x: f32[1, 2], %n: i64[]) -> (%y: f32[M, 2]) {
          %y: f32[M, 2] = Loop(%n, _, %x) {body: graph @b(%i: i64[], %c: bool[], %v: f32[?, 2]) -> (%d: bool[], %w: f32[?, 2]) {
            %d: bool[] = Identity(%c)
            %w: f32[?, 2] = Concat(%v, %v) {axis: 0}
          }}
        }
        """,
      inputs: ["x": Tensor([1, 2] as [Float], shape: [1, 2]), "n": Tensor(scalar: Int64(2))],
      expected: ["y": Tensor([1, 2, 1, 2, 1, 2, 1, 2] as [Float], shape: [4, 2])],
      isPlanned: false),
    Sample(
      name: "no trip is made",
      text: """
        graph @g(%x: f32[2], %p: bool[]) -> (%last: f32[2], %all: f32[M, 2]) {
          %last: f32[2], %all: f32[M, 2] = Loop(_, %p, %x) {body: graph @b(%i: i64[], %c: bool[], %v: f32[2]) -> (%d: bool[], %w: f32[2], %u: f32[2]) {
            %d: bool[] = Identity(%c)
            %w: f32[2] = Neg(%v)
            %u: f32[2] = Abs(%v)
          }}
        }
        """,
      inputs: ["x": Tensor([1, 2] as [Float]), "p": Tensor(scalar: false)],
      expected: [
        "last": Tensor([1, 2] as [Float]), "all": Tensor([Float](), shape: [0, 2]),
      ],
      isPlanned: false),
    Sample(
      name: "a condition of the body ends the loop",
      text: """
        graph @g(%x: f32[1], %flags: bool[4]) -> (%y: f32[1]) {
          %y: f32[1] = Loop(_, _, %x) {body: graph @b(%i: i64[], %c: bool[], %v: f32[1]) captures(%flags: bool[4]) -> (%d: bool[], %w: f32[1]) {
            %d: bool[] = Gather(%flags, %i)
            %w: f32[1] = Add(%v, %v)
          }}
        }
        """,
      inputs: [
        "x": Tensor([1] as [Float]), "flags": Tensor([true, true, false, true], shape: [4]),
      ],
      expected: ["y": Tensor([8] as [Float])]),
    Sample(
      name: "a loop within a branch reads values two graphs round it",
      text: """
        graph @g(%x: f32[2], %p: bool[]) -> (%y: f32[2]) {
          %n: i64[] = const dense[2]
          %y: f32[2] = If(%p) {else_branch: graph @e() captures(%x: f32[2]) -> (%x: f32[2]) {
          }, then_branch: graph @t() captures(%x: f32[2], %n: i64[]) -> (%z: f32[2]) {
            %z: f32[2] = Loop(%n, _, %x) {body: graph @b(%i: i64[], %c: bool[], %v: f32[2]) captures(%x: f32[2]) -> (%d: bool[], %w: f32[2]) {
              %d: bool[] = Identity(%c)
              %w: f32[2] = Add(%v, %x)
            }}
          }}
        }
        """,
      inputs: ["x": Tensor([1, 5] as [Float]), "p": Tensor(scalar: true)],
      expected: ["y": Tensor([3, 15] as [Float])]),
    Sample(
      name: "a scan backwards along the second axis",
      text: """
        graph @g(%s: f32[2], %x: f32[2, 3]) -> (%last: f32[2], %all: f32[2, 3]) {
          %last: f32[2], %all: f32[2, 3] = Scan(%s, %x) {body: graph @b(%v: f32[2], %e: f32[2]) -> (%w: f32[2], %u: f32[2]) {
            %w: f32[2] = Add(%v, %e)
            %u: f32[2] = Identity(%w)
          }, num_scan_inputs: 1, scan_input_axes: [1], scan_input_directions: [1], scan_output_axes: [-1], scan_output_directions: [1]}
        }
        """,
      inputs: [
        "s": Tensor([10, 20] as [Float]),
        "x": Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]),
      ],
      expected: [
        "last": Tensor([16, 35] as [Float]),
        "all": Tensor([16, 15, 13, 35, 31, 26] as [Float], shape: [2, 3]),
      ]),
    Sample(
      name: "parts of a tensor become a sequence and a tensor again",
      text: """
        graph @g(%x: f32[3, 2], %n: i64[]) -> (%y: f32[...], %m: i64[], %z: f32[...]) {
          %zero: i64[] = const dense[0]
          %parts: ? = SplitToSequence(%x) {keepdims: 0}
          %part: f32[2] = SequenceAt(%parts, %n)
          %more: ? = SequenceInsert(%parts, %part, %zero)
          %fewer: ? = SequenceErase(%more)
          %y: f32[...] = ConcatFromSequence(%fewer) {axis: 1, new_axis: 1}
          %m: i64[] = SequenceLength(%more)
          %z: f32[...] = ConcatFromSequence(%more) {axis: 0}
        }
        """,
      inputs: [
        "x": Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2]), "n": Tensor(scalar: Int64(-1)),
      ],
      expected: [
        "y": Tensor([5, 1, 3, 6, 2, 4] as [Float], shape: [2, 3]), "m": Tensor(scalar: Int64(4)),
        "z": Tensor([5, 6, 1, 2, 3, 4, 5, 6] as [Float]),
      ],
      isPlanned: false),
    Sample(
      name: "graphs of attention change its scores and probabilities",
      text: attention("Mul(%s, %zero)"),
      inputs: [
        "q": Tensor([3, -1] as [Float], shape: [1, 1, 1, 2]),
        "k": Tensor([1, 2, 3, 5] as [Float], shape: [1, 1, 2, 2]),
        "v": Tensor([3, 5] as [Float], shape: [1, 1, 2, 1]),
      ],
      expected: ["y": Tensor([8] as [Float], shape: [1, 1, 1, 1])]),
  ]

  /// Attention whose scores become those of a node, and whose probabilities are doubled.
  private static func attention(_ scores: String) -> String {
    """
    graph @g(%q: f32[1, 1, 1, 2], %k: f32[1, 1, 2, 2], %v: f32[1, 1, 2, 1]) -> (%y: f32[1, 1, 1, 1]) {
      %zero: f32[] = const dense[0.0]
      %two: f32[] = const dense[2.0]
      %y: f32[1, 1, 1, 1] = ai.onnx.preview::FlexAttention(%q, %k, %v) {prob_mod: graph @p(%p: f32[?, ?, ?, ?]) captures(%two: f32[]) -> (%r: f32[?, ?, ?, ?]) {
        %r: f32[?, ?, ?, ?] = Mul(%p, %two)
      }, score_mod: graph @s(%s: f32[?, ?, ?, ?]) captures(%zero: f32[]) -> (%t: f32[?, ?, ?, ?]) {
        %t: f32[?, ?, ?, ?] = \(scores)
      }}
    }
    """
  }

  @Test func refusesScoresOfAnotherShape() throws {
    let graph = try GraphParser.model(Self.attention("Transpose(%s)")).graph
    let inputs = try #require(Self.samples.last).inputs
    let error = #expect(throws: Diagnostic.self) { try Interpreter().run(graph, inputs: inputs) }
    #expect(error?.kind == .invalid)
    #expect(error?.message.contains("score_mod") == true)
  }

  @Test(arguments: samples.indices) func interpreterAgrees(_ index: Int) throws {
    let sample = Self.samples[index]
    let graph = try GraphParser.model(sample.text).graph
    try graph.verify()
    #expect(try Interpreter().run(graph, inputs: sample.inputs) == sample.expected)
    let wide = try Interpreter(precision: .float64).run(graph, inputs: sample.inputs)
    #expect(wide.mapValues(\.doubles) == sample.expected.mapValues(\.doubles))
  }

  @Test(arguments: samples.indices) func sessionAgrees(_ index: Int) throws {
    let sample = Self.samples[index]
    let graph = try GraphParser.model(sample.text).graph
    guard sample.isPlanned else {
      let error = #expect(throws: Diagnostic.self) { try Session(graph) }
      #expect(error?.kind == .unsupported)
      return
    }
    let session = try Session(graph, options: SessionOptions(threads: 2))
    #expect(try session.run(sample.inputs) == sample.expected)
    #expect(session.arenaConflicts.isEmpty)
  }

  /// A loop over `n` trips that carries `x`, with this body and a stacked output `u`.
  private static func loop(_ body: String) throws -> Graph {
    try GraphParser.model(
      """
      graph @g(%x: f32[4], %n: i64[]) -> (%y: f32[...], %all: f32[...]) {
        %y: f32[...], %all: f32[...] = Loop(%n, _, %x) {body: graph @b(%i: i64[], %c: bool[], %v: f32[...]) -> (%c: bool[], %w: f32[...], %u: f32[...]) {
          \(body)
        }}
      }
      """
    ).graph
  }

  @Test(arguments: [
    (
      "%w: f32[...] = Identity(%v)\n%u: f32[...] = Identity(%v)",
      Interpreter(maximumTrips: 1000), "loops run more than 1000 times"
    ),
    (
      "%w: f32[...] = Identity(%v)\n%u: f32[...] = Identity(%v)",
      Interpreter(maximumBytes: 1 << 12), "what the trips return exceeds 4096 bytes"
    ),
    (
      "%w: f32[...] = Concat(%v, %v) {axis: 0}\n%u: f32[...] = Identity(%i)",
      Interpreter(maximumBytes: 1 << 20), "exceeds 1048576 bytes"
    ),
    (
      "%w: f32[...] = Concat(%v, %v) {axis: 0}\n%u: f32[...] = Identity(%v)",
      Interpreter(), "a body's output is f32[8], that of the first trip was f32[4]"
    ),
  ])
  func endsInOrder(_ body: String, _ interpreter: Interpreter, _ message: String) throws {
    let graph = try Self.loop(body)
    let inputs = ["x": Tensor([1, 2, 3, 4] as [Float]), "n": Tensor(scalar: Int64.max)]
    let error = #expect(throws: Diagnostic.self) { try interpreter.run(graph, inputs: inputs) }
    #expect(error?.message.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
  }
}
