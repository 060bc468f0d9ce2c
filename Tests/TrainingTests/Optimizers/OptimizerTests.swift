import Foundation
import Testing
import Training

@Suite struct OptimizerTests {
  /// Takes steps with the gradient that a function gives, from 2, and returns where they led.
  private func path(
    _ optimizer: Optimizer, steps: Int, rate: Double, factor: Float = 1,
    _ slope: (Float) -> Float
  ) -> [Double] {
    var parameter: [Float] = [2]
    var memory = Array(repeating: [Float(0)], count: optimizer.memories)
    return (0..<steps).map { number in
      let slopes = [slope(parameter[0])]
      parameter.withUnsafeMutableBufferPointer { parameter in
        slopes.withUnsafeBufferPointer {
          optimizer.step(
            parameter, gradient: $0, memory: &memory, rate: rate, number: number, factor: factor)
        }
      }
      return Double(parameter[0])
    }
  }

  /// On f(p) = a·p²/2, each step of Nesterov's momentum multiplies (p, v) by a fixed matrix.
  @Test func momentumFollowsItsMatrix() {
    let (a, rate, momentum, decay) = (0.8, 0.1, 0.9, 0.05)
    let optimizer = Optimizer(.sgd, momentum: momentum, decay: decay)
    var (p, v) = (2.0, 0.0)
    let c = a + decay
    for found in path(optimizer, steps: 50, rate: rate, { Float(a) * $0 }) {
      (p, v) = (
        (1 - rate * c * (1 + momentum)) * p - rate * momentum * momentum * v, c * p + momentum * v
      )
      #expect(abs(found - p) < 1e-5)
    }
  }

  /// Adam in float64, decay as part of the gradient or apart from it, against its definition.
  @Test(arguments: [Optimizer.Kind.adam, .adamw], [Float(1), 0.25])
  func adamFollowsItsDefinition(_ kind: Optimizer.Kind, factor: Float) {
    let (rate, decay) = (0.05, 0.1)
    let found = path(
      Optimizer(kind, decay: decay), steps: 200, rate: rate, factor: factor, { 3 * $0 - 1 })
    var (p, m, v) = (2.0, 0.0, 0.0)
    for (step, found) in found.enumerated() {
      let slope = Double(factor) * (3 * p - 1) + (kind == .adam ? decay * p : 0)
      m = 0.9 * m + 0.1 * slope
      v = 0.999 * v + 0.001 * slope * slope
      let (a, b) = (1 - pow(0.9, Double(step + 1)), 1 - pow(0.999, Double(step + 1)))
      if kind == .adamw { p -= rate * decay * p }
      p -= rate * (m / a) / ((v / b).squareRoot() + 1e-8)
      #expect(abs(found - p) < 2e-4)
    }
  }

  @Test func normIsThatOfAllParts() {
    let parts = [[Float](repeating: 2, count: 1500), [3, -4, 0.5]]
    var norm = GradientNorm()
    for part in parts { part.withUnsafeBufferPointer { norm.add($0) } }
    #expect(abs(norm.value - (6000 + 25.25).squareRoot()) < 1e-9)
    [1, Float.nan].withUnsafeBufferPointer { norm.add($0) }
    #expect(!norm.value.isFinite)
  }

  /// After as many steps as it remembers, the average of a constant is that constant.
  @Test func averageForgetsItsStart() {
    var average: [Float] = [5, -5]
    for step in 0..<200 {
      [1, 2].withUnsafeBufferPointer {
        WeightAverage.move(&average, to: $0, decay: WeightAverage.decay(0.9, step: step))
      }
    }
    #expect(abs(average[0] - 1) < 1e-5 && abs(average[1] - 2) < 1e-5)
    #expect(WeightAverage.decay(0.9, step: 0) == 0.1 && WeightAverage.decay(0.9, step: 500) == 0.9)
  }

  /// Under a constant gradient, Adam's corrected moments are g and g², so each step is the rate.
  @Test(arguments: [3.0, -0.001])
  func adamMovesByTheRate(_ gradient: Double) {
    var parameter = [1.0]
    var moments = AdaptiveMoments(count: 1)
    for step in 1...20 {
      moments.step(&parameter, gradient: [gradient], rate: 0.01)
      let expected = 1 - 0.01 * Double(step) * (gradient > 0 ? 1 : -1)
      #expect(abs(parameter[0] - expected) < 1e-5)
    }
  }

  @Test func cosineRisesAndFalls() {
    let schedule = LearningRate(peak: 0.4, final: 0.1, warmup: 4, steps: 24)
    for (step, rate) in [0.1, 0.2, 0.3, 0.4].enumerated() {
      #expect(abs(schedule.rate(step) - rate) < 1e-12)
    }
    #expect(abs(schedule.rate(4) - 0.4) < 1e-12)
    #expect(abs(schedule.rate(14) - 0.25) < 1e-12)
    #expect(abs(schedule.rate(24) - 0.1) < 1e-12)
    #expect((4..<23).allSatisfy { schedule.rate($0) > schedule.rate($0 + 1) })
  }

  @Test func otherSchedules() {
    let step = LearningRate(.step, peak: 0.4, warmup: 2, steps: 42)
    #expect(
      [2, 21, 22, 31, 32, 41].map(step.rate).elementsEqual([0.4, 0.4, 0.04, 0.04, 0.004, 0.004]) {
        abs($0 - $1) < 1e-12
      })
    let cycle = LearningRate(.onecycle, peak: 0.5, warmup: 7, steps: 100)
    #expect(abs(cycle.rate(0) - 0.02) < 1e-12 && abs(cycle.rate(30) - 0.5) < 1e-12)
    #expect(abs(cycle.rate(65) - 0.25) < 1e-12 && abs(cycle.rate(100)) < 1e-12)
    let constant = LearningRate(.constant, peak: 0.5, warmup: 1, steps: 10)
    #expect((1..<12).allSatisfy { constant.rate($0) == 0.5 })
  }

  @Test func rampFollowsItsPower() {
    let ramp = PowerRamp(from: 5, to: 30, between: 2, and: 6)
    #expect(ramp.value(at: 0) == 5 && ramp.value(at: 7) == 30)
    #expect(abs(ramp.value(at: 4) - (5 + 25 * 0.125)) < 1e-12)
  }
}
