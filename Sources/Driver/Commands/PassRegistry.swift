import IR
import Passes

/// The passes that can be called by name.
enum PassRegistry {
  /// All of them, in the order in which `all` runs them.
  static let all: [any Pass] = []

  /// The passes of a list of names separated by commas; `all` is all of them.
  ///
  /// Throws a `usage` diagnostic for a name that none bears.
  static func passes(named list: String) throws(Diagnostic) -> [any Pass] {
    if list == "all" { return all }
    var passes: [any Pass] = []
    for name in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let pass = all.first(where: { type(of: $0).name == name }) else {
        let names = all.map { type(of: $0).name }.joined(separator: ", ")
        throw Diagnostic(kind: .usage, "there is no pass '\(name)': the passes are \(names)")
      }
      passes.append(pass)
    }
    return passes
  }
}
