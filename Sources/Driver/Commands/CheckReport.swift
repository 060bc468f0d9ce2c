/// What the test cases of `pcc check` came to.
public struct CheckReport: Report {
  /// What a case came to.
  public enum Status: String, Encodable, CaseIterable, Sendable {
    /// Every output is as expected.
    case pass
    /// An output differs from the expected one.
    case fail
    /// The model needs something that pcc cannot run.
    case unsupported
    /// The model or the data are wrong, or cannot be read.
    case invalid
  }

  /// One case.
  public struct Case: Encodable, Sendable {
    public var name: String
    public var status: Status
    /// Why the case did not pass; empty if it did.
    public var reason: String
  }

  public var cases: [Case]
  public var passed: Int
  public var failed: Int
  public var unsupported: Int
  public var invalid: Int

  /// Counts the cases.
  init(_ cases: [Case]) {
    func count(_ status: Status) -> Int { cases.count { $0.status == status } }
    self.cases = cases
    passed = count(.pass)
    failed = count(.fail)
    unsupported = count(.unsupported)
    invalid = count(.invalid)
  }

  public var exitStatus: Int32 { failed + invalid == 0 ? 0 : ExitStatus.difference }

  public func text(width: Int?) -> String {
    var table = Table([.left("status"), .right("cases")])
    for status in Status.allCases {
      table.append([status.rawValue, Quantity.grouped(cases.count { $0.status == status })])
    }
    let wrong = cases.filter { $0.status == .fail || $0.status == .invalid }
    let lines = wrong.map { "\($0.status.rawValue): \($0.name): \($0.reason)" }
    return ([table.render(width: width)] + lines).joined(separator: "\n")
  }
}
