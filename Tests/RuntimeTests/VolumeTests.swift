import DenseRuntime
import IR
import Testing

/// Tests of sessions on volumes.
@Suite struct VolumeTests {
  private static let planned = VolumeCases.convolutions + VolumeCases.others

  @Test(arguments: planned + VolumeCases.fallbacks)
  func computesWhatTheInterpreterDoes(_ test: SessionCase) throws {
    try test.check(SessionOptions(threads: 2))
    try test.check(SessionOptions(threads: 1, fuses: false))
  }

  @Test(arguments: planned) func needsNoReferenceKernels(_ test: SessionCase) throws {
    let steps = try Session(test.sketch().graph).statistics.steps
    #expect(!steps.contains { $0.kind.hasPrefix("reference") })
  }

  @Test(arguments: planned) func doesNotDependOnThreads(_ test: SessionCase) throws {
    let sketch = test.sketch()
    let one = try Session(sketch.graph, options: SessionOptions(threads: 1)).run(sketch.inputs)
    for threads in [2, 3] {
      let more = try Session(sketch.graph, options: SessionOptions(threads: threads))
      #expect(try more.run(sketch.inputs) == one)
    }
  }
}
