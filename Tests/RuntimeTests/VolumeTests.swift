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
    try test.checkKernels()
  }

  @Test(arguments: planned) func doesNotDependOnThreads(_ test: SessionCase) throws {
    try test.checkThreads()
  }
}
