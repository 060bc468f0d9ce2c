import DenseRuntime
import IR
import TestSupport
import Testing

/// Tests of every reference kernel, and of plans of single operators, against another runtime.
@Suite struct OperatorTableTests {
  @Test(arguments: try OperatorTable.all())
  func interpreterAgrees(_ test: OperatorTable) throws {
    let (graph, inputs) = test.graph()
    let found = try Interpreter().run(graph, inputs: inputs)
    for (name, expected) in test.results {
      try compare(found[name], expected, exactType: true)
    }
  }

  @Test(arguments: try OperatorTable.all())
  func interpreterAgreesInFloat64(_ test: OperatorTable) throws {
    let (graph, inputs) = test.graph()
    let found = try Interpreter(precision: .float64).run(graph, inputs: inputs)
    for (name, expected) in test.results {
      try compare(found[name], expected, exactType: false)
    }
  }

  @Test(arguments: try OperatorTable.all())
  func sessionAgrees(_ test: OperatorTable) throws {
    let (graph, inputs) = test.graph()
    let session: Session
    do throws(Diagnostic) {
      session = try Session(graph, options: SessionOptions(threads: 2))
    } catch {
      #expect(error.kind == .unsupported)
      #expect(test.holdsStrings || Self.unplanned.contains(test.op))
      return
    }
    let found = try session.run(inputs)
    for (name, expected) in test.results {
      try compare(found[name], expected, exactType: true)
    }
  }

  /// Operators whose results' shapes follow from the operands' elements.
  private static let unplanned: Set<Operator> = [
    .unique, .compress, .nonZero, .nonMaxSuppression, .range, .blackmanWindow, .hannWindow,
    .hammingWindow,
  ]

  @Test func coversEveryStandardOperator() throws {
    let covered = Set(try OperatorTable.all().map(\.op))
    let elsewhere: Set<Operator> = [
      .opaque, .constant, .if, .loop, .scan, .sequenceConstruct, .sequenceEmpty, .sequenceAt,
      .sequenceInsert, .sequenceErase, .sequenceLength, .sequenceMap, .splitToSequence,
      .concatFromSequence, .optional, .optionalHasElement, .optionalGetElement,
    ]
    let missing = Operator.allCases.filter {
      !covered.contains($0) && !Operator.drawing.contains($0)
        && $0.domain.isEmpty && !elsewhere.contains($0)
    }
    #expect(missing.isEmpty)
  }

  private func compare(_ found: Tensor?, _ expected: Tensor, exactType: Bool) throws {
    let found = try #require(found)
    #expect(found.shape == expected.shape)
    #expect(!exactType || found.type == expected.type)
    if expected.type.isInteger || expected.type == .bool || expected.type == .string {
      #expect(found == expected)
      return
    }
    let (left, right) = (try #require(found.doubles), try #require(expected.doubles))
    let scale = right.reduce(1) { $1.isFinite ? max($0, $1.magnitude) : $0 }
    let tolerance = expected.type == .float16 ? 1e-3 : 2e-6
    for (a, b) in zip(left, right) {
      if b.isNaN {
        #expect(a.isNaN)
      } else if b.isInfinite {
        #expect(a == b)
      } else {
        #expect((a - b).magnitude <= tolerance * scale, "\(a) instead of \(b)")
      }
    }
  }
}
