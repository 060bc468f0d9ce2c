import Foundation
import IR
import Testing
import Training

/// Metrics of models whose predictions are known.
@Suite struct EvaluationTests {
  /// A model that predicts its input, of the given extents for a sample.
  static func identity(_ extents: [Int]) -> Model {
    var graph = Graph(name: "identity")
    let type = ValueType.tensor(.float32, Shape([.named("n")] + extents.map { .known($0) }))
    let x = graph.addInput("x", type)
    graph.addOutput(graph.add(.identity, [x], result: "y", type))
    let other = graph.add(.neg, [x], result: "z", type)
    graph.addOutput(other)
    graph.addOutput(graph.add(.sub, [x, x], result: "zero", type))
    return Model(graph: graph)
  }

  private func evaluate(
    _ samples: [Float], _ extents: [Int], _ labels: Dataset.Labels, batch: Int = 2,
    output: String? = nil
  ) throws -> Evaluation {
    let set = try Dataset(elements: .floats(samples), extents: extents, labels: labels)
    return try Evaluation.run(
      Self.identity(extents), on: set, metadata: InputMetadata(), batch: batch, output: output,
      threads: 1)
  }

  @Test func countsClassesAndTheFiveNearest() throws {
    let rows: [[Float]] = [
      [9, 8, 7, 6, 5, 4, 3], [9, 8, 7, 6, 5, 4, 3], [0, 0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7],
    ]
    let found = try evaluate(rows.flatMap(\.self), [7], .classes([0, 4, 5, 0], positions: 1))
    #expect(found.accuracy == 0.25 && found.topFive == 0.5)
    #expect(found.metric == TaskMetric(.accuracy, 0.25) && found.meanIoU == nil)
    #expect(found.confusion?[0] == [1, 0, 0, 0, 0, 0, 1] && found.confusion?[5][0] == 1)
    #expect(found.classes[0].actual == 2 && found.classes[0].accuracy == 0.5)
    let cross = rows.enumerated().reduce(0.0) { sum, row in
      let label = [0, 4, 5, 0][row.offset]
      let total = row.element.reduce(0.0) { $0 + exp(Double($1)) }
      return sum + log(total) - Double(row.element[label])
    }
    #expect(abs((found.loss ?? 0) - cross / 4) < 1e-9)
  }

  @Test func intersectionOverUnionLeavesUnknownPixelsOut() throws {
    // Two images of 2 by 2 pixels and three classes; predicted 0 0 1 1 and 1 1 1 0.
    let first: [Float] = [1, 1, 0, 0, 0, 0, 1, 1, -1, -1, -1, -1]
    let second: [Float] = [0, 0, 0, 1, 1, 1, 1, 0, -1, -1, -1, -1]
    let found = try evaluate(
      first + second, [3, 2, 2], .classes([0, 1, 1, -1, 1, 1, 0, 0], positions: 4), batch: 1)
    // Class 0: hits 2 of union 4 (true 3, predicted 3); class 1: hits 3 of union 5; class 2: none.
    #expect(found.accuracy == 5.0 / 7)
    #expect(
      found.classes[0].iou == 0.5 && found.classes[1].iou == 0.6 && found.classes[2].iou == nil)
    #expect(abs((found.meanIoU ?? 0) - 0.55) < 1e-12)
    #expect(found.metric?.kind == .meanIoU)
  }

  @Test func measuresErrorsOfNumbers() throws {
    let found = try evaluate([1, 2, 3, 5, 5, 8], [2], .values([1, 2, 2, 4, 6, 6], extents: [2]))
    #expect(abs((found.squaredError ?? 0) - 7.0 / 6) < 1e-12)
    #expect(abs((found.absoluteError ?? 0) - 5.0 / 6) < 1e-12)
    // The targets' means are 3 and 4, their spreads 14 and 8.
    #expect(abs((found.determination ?? 0) - (1 - 7.0 / 22)) < 1e-12)
    #expect(found.loss == found.squaredError && found.accuracy == nil)
    for targets in [[Float.infinity, 0], [2, 2]] {
      #expect(try evaluate([1, 1], [1], .values(targets, extents: [1])).determination == nil)
    }
  }

  @Test func predictionsThatAreNoNumbersAreNamed() throws {
    #expect {
      _ = try evaluate(
        [1, 0, 1, 0, 0, .infinity], [2], .classes([0, 0, 1], positions: 1), output: "zero")
    } throws: { String(describing: $0).contains("prediction for sample 2") }
    #expect {
      _ = try evaluate([1, 0, 1, 0, 0, .nan], [2], .classes([0, 0, 1], positions: 1))
    } throws: { String(describing: $0).contains("sample 2 holds NaN") }
  }

  @Test func withoutLabelsTheTeacherIsAgreedWith() throws {
    func evaluate(_ samples: [Float], _ extents: [Int], _ labels: Dataset.Labels) throws
      -> Evaluation
    {
      var teacher = Self.identity(extents)
      let negative = try #require(teacher.graph.value(named: "z"))
      teacher.graph.setOutput(0, negative)
      let set = try Dataset(elements: .floats(samples), extents: extents, labels: labels)
      return try Evaluation.run(
        Self.identity(extents), on: set, metadata: InputMetadata(), batch: 2, teacher: teacher,
        threads: 1)
    }
    let classes = try evaluate([1, 0, 0, 1, 3, 3], [2], .none)
    #expect(classes.metric == TaskMetric(.agreement, 1.0 / 3) && classes.accuracy == nil)
    // Two pixels, of which the second is of the same class for both.
    let pixels = try evaluate([1, 5, 0, 5], [2, 2], .none)
    #expect(pixels.agreement == 0.5 && pixels.meanIoU == nil)
    let numbers = try evaluate([1, 3], [1], .none)
    #expect(numbers.metric == TaskMetric(.determination, 1 - 40.0 / 2))
    let labelled = try evaluate([1, 0, 0, 1], [2], .classes([0, 0], positions: 1))
    #expect(labelled.metric == TaskMetric(.accuracy, 0.5))
  }

  @Test func channelsThatStandLastAreSeen() throws {
    let samples = [Float](repeating: 1, count: 12)
    let set = try Dataset(elements: .floats(samples), extents: [2, 2, 3], labels: .none)
    #expect {
      _ = try Evaluation.run(Self.identity([3, 2, 2]), on: set, threads: 1)
    } throws: { String(describing: $0).contains("--layout nhwc") }
  }

  @Test func readsTheOutputThatIsNamed() throws {
    let labels = Dataset.Labels.classes([0, 1], positions: 1)
    #expect(try evaluate([1, 0, 0, 1], [2], labels).accuracy == 1)
    #expect(try evaluate([1, 0, 0, 1], [2], labels, output: "z").accuracy == 0)
    #expect {
      _ = try evaluate([1, 0, 0, 1], [2], labels, output: "w")
    } throws: { String(describing: $0).contains("'w', but y, z") }
  }

  /// Height and width that a model leaves open are the data's, in either layout.
  @Test(arguments: [SampleLayout.nchw, .nhwc]) func openExtentsAreTheData(_ layout: SampleLayout)
    throws
  {
    let isFirst = layout == .nchw
    var graph = Graph(name: "open")
    let sides: [Dim] = [.named("h"), .named("w")]
    let x = graph.addInput(
      "x",
      .tensor(
        .float32, Shape([.named("n")] + (isFirst ? [.known(3)] + sides : sides + [.known(3)]))))
    let order = graph.add(
      .transpose, [x], attributes: ["perm": .ints(isFirst ? [0, 1, 2, 3] : [0, 3, 1, 2])],
      result: "first", .unknown)
    let axes = graph.addConstant("axes", Tensor([Int64(2), 3]))
    graph.addOutput(
      graph.add(
        .reduceMean, [order, axes], attributes: ["keepdims": .int(0)], result: "y",
        .tensor(.float32, [.named("n"), .known(3)])))
    // The brightest channel is the class.
    let pixels = (0..<6).flatMap { sample in
      (0..<60).map { Float($0 / 20 == sample % 3 ? 1 : 0) }
    }
    let data = try Dataset(
      elements: .floats(pixels), extents: [3, 4, 5],
      labels: .classes((0..<6).map { Int32($0 % 3) }, positions: 1))
    #expect(try Evaluation.run(Model(graph: graph), on: data).accuracy == 1)
  }

  @Test func doesNotDependOnTheBatch() throws {
    var random = RandomSource(seed: 2)
    let samples = (0..<(37 * 5)).map { _ in Float(random.uniform()) }
    let labels = (0..<37).map { Int32($0 % 5) }
    let found = try [1, 4, 37].map {
      try evaluate(samples, [5], .classes(labels, positions: 1), batch: $0)
    }
    #expect(Set(found.map(\.confusion)).count == 1 && Set(found.map(\.loss)).count == 1)
  }

  @Test func labelsBeyondTheClassesAreNamed() throws {
    #expect {
      _ = try evaluate(
        [Float](repeating: 0, count: 8), [2, 2, 2], .classes([0, 1, 255, 0], positions: 4))
    } throws: { error in
      let text = String(describing: error)
      return text.contains("label 255 of sample 0") && text.contains("--ignore-label 255")
    }
  }
}
