import Foundation
import Testing
import Training

@Suite struct OptimizerTests {
  /// On f(p) = a·p²/2, each step of Nesterov's momentum multiplies (p, v) by a fixed matrix.
  @Test func momentumFollowsItsMatrix() {
    let (a, rate, momentum, decay) = (0.8, 0.1, 0.9, 0.05)
    var parameter: [Float] = [2]
    var descent = MomentumDescent(count: 1)
    var (p, v) = (2.0, 0.0)
    for _ in 0..<50 {
      let slope = [Float(a) * parameter[0]]
      parameter.withUnsafeMutableBufferPointer { parameter in
        slope.withUnsafeBufferPointer {
          descent.step(
            parameter, gradient: $0, rate: Float(rate), momentum: Float(momentum),
            decay: Float(decay))
        }
      }
      let c = a + decay
      (p, v) = (
        (1 - rate * c * (1 + momentum)) * p - rate * momentum * momentum * v, c * p + momentum * v
      )
      #expect(abs(Double(parameter[0]) - p) < 1e-5)
      #expect(abs(Double(descent.velocity[0]) - v) < 1e-5)
    }
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
    let schedule = CosineSchedule(peak: 0.4, final: 0.1, warmup: 4, steps: 24)
    for (step, rate) in [0.1, 0.2, 0.3, 0.4].enumerated() {
      #expect(abs(schedule.rate(step) - rate) < 1e-12)
    }
    #expect(abs(schedule.rate(4) - 0.4) < 1e-12)
    #expect(abs(schedule.rate(14) - 0.25) < 1e-12)
    #expect(abs(schedule.rate(24) - 0.1) < 1e-12)
    #expect((4..<23).allSatisfy { schedule.rate($0) > schedule.rate($0 + 1) })
  }

  @Test func rampFollowsItsPower() {
    let ramp = PowerRamp(from: 5, to: 30, between: 2, and: 6)
    #expect(ramp.value(at: 0) == 5 && ramp.value(at: 7) == 30)
    #expect(abs(ramp.value(at: 4) - (5 + 25 * 0.125)) < 1e-12)
  }
}
