import IR
import Passes

/// Pipelines by the names that the command line gives them.
enum PassRegistry {
  /// The names of all passes, in the order of the canonical pipeline.
  static let names = CanonicalPasses.all.map { type(of: $0).name }

  /// The steps of a list of pass names separated by commas; `all` is the canonical pipeline.
  ///
  /// Throws a `usage` diagnostic for a name that no pass bears.
  static func steps(named list: String) throws(Diagnostic) -> [PassManager.Step] {
    if list == "all" { return CanonicalPasses.pipeline }
    var steps: [PassManager.Step] = []
    for name in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let pass = CanonicalPasses.named(String(name)) else {
        throw Diagnostic(
          kind: .usage,
          "there is no pass '\(name)': the passes are \(names.joined(separator: ", "))")
      }
      steps.append(.pass(pass))
    }
    return steps
  }
}
