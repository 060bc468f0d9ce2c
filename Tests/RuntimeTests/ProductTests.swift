import DenseRuntime
import IR
import Testing

/// Products with constant matrices, and what is computed with them.
@Suite struct ProductTests {
  private static let constants = SessionCase(name: "products with constants and what follows") {
    sketch in
    let x = sketch.input([3, 7, 20])
    let product = sketch.add(.matMul, [x, sketch.constant([20, 37])])
    let scaled = sketch.add(.mul, [product, sketch.constant([37])])
    let shifted = sketch.add(.add, [sketch.constant([1, 1, 37]), scaled])
    let sum = sketch.add(.add, [shifted, sketch.input([3, 7, 37])])
    sketch.output(sketch.add(.relu, [sum]))
    let halved = sketch.add(.mul, [x, sketch.constant([1])])
    let narrow = sketch.add(.matMul, [halved, sketch.constant([20, 3])])
    sketch.output(sketch.add(.add, [narrow, sketch.constant([7, 1])]))
    let vector = sketch.add(.matMul, [x, sketch.constant([20])])
    sketch.output(
      sketch.add(.mul, [sketch.add(.add, [vector, sketch.constant([7])]), sketch.constant([7])]))
    let rows = sketch.input([19, 24])
    let weighted = sketch.add(
      .gemm, [rows, sketch.constant([50, 24]), sketch.constant([1, 50])],
      ["transB": .int(1), "alpha": .float(0.5), "beta": .float(2)])
    let statistics = (0..<4).map { _ in sketch.constant([50]) { $0 + 1.5 } }
    sketch.output(
      sketch.add(.tanh, [sketch.add(.batchNormalization, [weighted] + statistics.map { $0 })]))
    sketch.output(
      sketch.add(.gemm, [rows, sketch.constant([24, 9]), sketch.constant([19, 1])]))
    sketch.output(sketch.add(.gemm, [rows, sketch.constant([24, 9]), sketch.constant([])]))
  }

  /// x · (1 + Erf(x / √2)) / 2, its factors in each order, after a product, a convolution and a sum.
  private static let geluForms = SessionCase(name: "gelu as exporters write it") { sketch in
    func number(_ value: Double) -> ValueID {
      sketch.constant(Tensor([Float(value)], shape: []))
    }
    func gate(_ scaled: ValueID) -> ValueID {
      sketch.add(.add, [sketch.add(.erf, [scaled]), number(1)])
    }
    let product = sketch.add(.matMul, [sketch.input([2, 5, 12]), sketch.constant([12, 21])])
    let x = sketch.add(.add, [product, sketch.constant([21])])
    let outer = sketch.add(
      .mul, [x, gate(sketch.add(.div, [x, number(2 * 0.5.squareRoot())]))])
    sketch.output(sketch.add(.mul, [outer, number(0.5)]))
    let image = sketch.add(.conv, [sketch.input([1, 9, 6, 6]), sketch.constant([10, 9, 3, 3])])
    let scaled = sketch.add(.mul, [number(0.5.squareRoot()), image])
    let halved = sketch.add(.mul, [image, number(0.5)])
    sketch.output(sketch.add(.mul, [gate(scaled), halved]))
    let rows = sketch.add(.matMul, [sketch.input([3, 12]), sketch.constant([12, 40])])
    let sum = sketch.add(.add, [rows, sketch.input([3, 40])])
    let half = sketch.add(
      .mul, [number(0.5), gate(sketch.add(.div, [sum, number(2 * 0.5.squareRoot())]))])
    sketch.output(sketch.add(.mul, [sum, half]))
  }

  private static let all = [constants, geluForms]

  @Test(arguments: all) func computesWhatTheInterpreterDoes(_ test: SessionCase) throws {
    try test.check(SessionOptions(threads: 2))
  }

  @Test(arguments: all) func computesTheSameWithoutFusion(_ test: SessionCase) throws {
    try test.check(SessionOptions(threads: 1, fuses: false))
  }

  @Test(arguments: all) func doesNotDependOnThreads(_ test: SessionCase) throws {
    try test.checkThreads()
  }

  @Test func fusesGelu() throws {
    let kinds = try Session(Self.geluForms.sketch().graph).statistics.steps.map(\.kind)
    #expect(!kinds.contains("Erf") && !kinds.contains("Mul"), "\(kinds)")
  }
}
