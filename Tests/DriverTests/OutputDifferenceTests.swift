import Driver
import IR
import Testing

/// Checks the measure of difference on numbers that are not finite.
struct OutputDifferenceTests {
  struct Sample: Sendable {
    var left: [Float]
    var right: [Float]
    var largest: Double
    var scale: Double
  }

  static let samples = [
    Sample(left: [1, -4], right: [1.5, -4], largest: 0.5, scale: 4),
    Sample(left: [.nan, 1], right: [.nan, 1], largest: 0, scale: 1),
    Sample(left: [.nan, 1], right: [0, 1], largest: .infinity, scale: 1),
    Sample(left: [0, 1], right: [.nan, 1], largest: .infinity, scale: 1),
    Sample(left: [.infinity, 1], right: [.infinity, 1], largest: 0, scale: 1),
    Sample(left: [.infinity, 1], right: [-.infinity, 1], largest: .infinity, scale: 1),
    Sample(left: [.infinity, 1], right: [3e38, 1], largest: .infinity, scale: 1),
  ]

  @Test(arguments: samples.indices) func measures(_ index: Int) {
    let sample = Self.samples[index]
    let difference = OutputDifference(Tensor(sample.left), Tensor(sample.right))
    #expect(difference.largest == sample.largest)
    #expect(difference.scale == sample.scale)
    #expect(difference.isTelling)
  }

  @Test func otherShapesDiffer() {
    let difference = OutputDifference(Tensor([1, 2] as [Float]), Tensor([1] as [Float]))
    #expect(difference.largest == .infinity && difference.shapes == [[2], [1]])
  }

  @Test func nothingFiniteTellsNothing() {
    let difference = OutputDifference(Tensor([Float.nan]), Tensor([Float.nan]))
    #expect(!difference.isTelling)
    #expect(difference.relative == 0)
  }
}
