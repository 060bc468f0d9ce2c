import ArgumentParser
import Passes
import Training

/// How much of a dense model is to be left.
struct CostArguments: ParsableArguments {
  @Option(
    name: .customLong("target-macs"),
    help: "Drive the gates to this fraction of the multiply-accumulates.")
  var targetMACs: Double?

  @Option(
    name: .customLong("target-params"), help: "Drive the gates to this fraction of the parameters.")
  var targetParams: Double?

  func validate() throws {
    for (name, share) in [("--target-macs", targetMACs), ("--target-params", targetParams)] {
      if let share { try Self.check(name, share) }
    }
    if targetMACs != nil, targetParams != nil {
      throw ValidationError("--target-macs and --target-params exclude each other")
    }
  }

  /// Throws a validation error unless `share` is one.
  static func check(_ name: String, _ share: Double) throws {
    if !(share > 0 && share <= 1) {
      throw ValidationError("\(name) takes a number above 0, at most 1, not \(share)")
    }
  }

  /// The target; nil if none is given.
  var target: CostTarget? {
    targetMACs.map { CostTarget(.macs, $0) } ?? targetParams.map { CostTarget(.params, $0) }
  }
}
