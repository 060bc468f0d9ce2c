import Dispatch
import Foundation
import IR
import Synchronization
import Testing

/// Collapsed random networks compute what the masked ones do.
///
/// `PCC_NETWORKS=100000` checks so many, `PCC_FIRST_NETWORK` says from which seed on; a single one that
/// fails is shown, as small as it still fails.
struct CollapsePropertyTests {
  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init)
  }

  /// Debug builds are slow: they check enough to notice a mistake while working on one.
  #if DEBUG
    private static let usualCount = 200
  #else
    private static let usualCount = 2000
  #endif

  /// The outcomes of all networks, computed once.
  static let outcomes: [CollapseProperty.Outcome] = {
    let count = number("PCC_NETWORKS") ?? usualCount
    let first = number("PCC_FIRST_NETWORK") ?? 0
    let found = Mutex<[CollapseProperty.Outcome]>([])
    DispatchQueue.concurrentPerform(iterations: (count + 49) / 50) { block in
      let seeds = (block * 50)..<min(count, block * 50 + 50)
      let outcomes = seeds.map { CollapseProperty.outcome(seed: UInt64(first + $0)) }
      found.withLock { $0 += outcomes }
    }
    return found.withLock { $0.sorted { $0.seed < $1.seed } }
  }()

  @Test func equalsMasked() throws {
    for outcome in Self.outcomes {
      guard let failure = outcome.failure else { continue }
      Issue.record("seed \(outcome.seed): \(failure)")
      guard Self.outcomes.count == 1 else { continue }
      print(try CollapseProperty.explanation(seed: outcome.seed) ?? "")
    }
  }

  /// Networks whose results a rounding changes prove nothing; there are few of them.
  @Test func isStable() {
    let count = Self.outcomes.count { $0.isUnstable }
    #expect(count * 1000 <= Self.outcomes.count, "\(count) of \(Self.outcomes.count)")
  }

  /// Most networks lose channels, so that there is something to get wrong.
  @Test func removesChannels() {
    let count = Self.outcomes.count { $0.removedChannels > 0 }
    #expect(count * 5 >= Self.outcomes.count * 4, "\(count) of \(Self.outcomes.count)")
  }

  /// Operators that channels can be traced through occur in one network of a hundred at least.
  @Test func coversOperators() throws {
    var occurrences: [Operator: Int] = [:]
    for outcome in Self.outcomes {
      for op in outcome.operators { occurrences[op, default: 0] += 1 }
    }
    guard Self.outcomes.count >= 2000 else { return }
    let rare = try RuledOperators.all().filter {
      occurrences[$0, default: 0] * 100 < Self.outcomes.count
    }
    let list = rare.map { "\($0.name) \(occurrences[$0] ?? 0)" }.sorted()
    #expect(rare.isEmpty, "\(list.joined(separator: ", "))")
  }
}
