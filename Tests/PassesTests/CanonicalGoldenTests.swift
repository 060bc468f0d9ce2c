import Passes
import TestSupport
import Testing

@Suite struct CanonicalGoldenTests {
  static let cases = CanonicalPasses.all.flatMap { GoldenCase.all(type(of: $0).name) }

  @Test func everyPassHasCases() {
    for pass in CanonicalPasses.all {
      #expect(!GoldenCase.all(type(of: pass).name).isEmpty, "\(type(of: pass).name)")
    }
  }

  @Test(arguments: cases) func golden(_ golden: GoldenCase) throws {
    let pass = try #require(CanonicalPasses.named(golden.pass))
    try golden.check([pass])
  }
}
