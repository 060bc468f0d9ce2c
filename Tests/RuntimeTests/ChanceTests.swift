import DenseRuntime
import IR
import Testing

/// Operators that draw by chance: the same numbers each time, of the distribution asked for.
@Suite struct ChanceTests {
  private func draw(_ call: String, _ input: String = "", seed: String = "seed: 3.0") throws
    -> [Double]
  {
    let tensor = Tensor(Array(repeating: Float(0.25), count: 4000), shape: [40, 100])
    let graph = try GraphParser.model(
      "graph @case(%x: f32[40, 100]) -> (%y) {\n%y = \(call)(\(input)) {\(seed)}\n}"
    ).graph
    let first = try #require(try Interpreter().run(graph, inputs: ["x": tensor])["y"])
    let second = try #require(try Interpreter().run(graph, inputs: ["x": tensor])["y"])
    let planned = try #require(
      try Session(graph, options: SessionOptions(threads: 1)).run(["x": tensor])["y"])
    #expect(first == second)
    #expect(first == planned)
    return try #require(first.doubles)
  }

  private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, square.squareRoot())
  }

  @Test func normalNumbers() throws {
    for (call, input) in [("RandomNormal", ""), ("RandomNormalLike", "%x")] {
      let shape = input.isEmpty ? ", shape: [50, 80]" : ""
      let values = try draw(call, input, seed: "seed: 3.0, mean: 2.0, scale: 3.0\(shape)")
      let (mean, deviation) = moments(values)
      #expect(abs(mean - 2) < 0.2)
      #expect(abs(deviation - 3) < 0.2)
    }
  }

  @Test func uniformNumbers() throws {
    for (call, input) in [("RandomUniform", ""), ("RandomUniformLike", "%x")] {
      let shape = input.isEmpty ? ", shape: [50, 80]" : ""
      let values = try draw(call, input, seed: "seed: 3.0, low: -1.0, high: 3.0\(shape)")
      #expect(values.allSatisfy { $0 >= -1 && $0 < 3 })
      #expect(abs(moments(values).mean - 1) < 0.1)
    }
  }

  @Test func truthValues() throws {
    let values = try draw("Bernoulli", "%x")
    #expect(Set(values) == [0, 1])
    #expect(abs(moments(values).mean - 0.25) < 0.03)
  }

  @Test func classes() throws {
    let values = try draw("Multinomial", "%x", seed: "seed: 3.0, sample_size: 100")
    #expect(values.allSatisfy { (0..<100).contains($0) })
    #expect(abs(moments(values).mean - 49.5) < 2)
  }

  @Test func seedsAndNamesMatter() throws {
    let one = try draw("RandomUniformLike", "%x", seed: "seed: 1.0")
    let two = try draw("RandomUniformLike", "%x", seed: "seed: 2.0")
    #expect(one != two)
  }
}
