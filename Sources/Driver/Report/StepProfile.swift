import DenseRuntime

/// Where the time of a planned model goes: the mean milliseconds of each step.
public struct StepProfile: Encodable, Sendable {
  /// One step of the plan.
  public struct Step: Encodable, Sendable {
    /// The node it computes, or prepares something for.
    public var name: String
    /// What kind of work it is.
    public var kind: String
    public var ms: Double
    public var macs: Int
  }

  /// The steps, in order.
  public private(set) var steps: [Step] = []
  private var runs = 0

  /// How many steps are listed one by one.
  private static let listed = 12

  private enum CodingKeys: String, CodingKey {
    case steps
  }

  /// Creates a profile of no run.
  init() {}

  /// Takes the times of one more run of the same plan.
  mutating func add(_ run: [SessionStatistics.Step]) {
    if steps.isEmpty {
      steps = run.map { Step(name: $0.name, kind: $0.kind, ms: 0, macs: $0.macs) }
    }
    runs += 1
    for (index, step) in run.enumerated() {
      steps[index].ms += (Double(step.nanoseconds) * 1e-6 - steps[index].ms) / Double(runs)
    }
  }

  /// The time by kind of work, then the longest steps.
  func text(width: Int?) -> String {
    guard !steps.isEmpty else { return "no plan, so no steps" }
    let total = max(steps.reduce(0) { $0 + $1.ms }, .leastNormalMagnitude)
    var kinds = Table([.left("work"), .right("steps"), .right("time"), .right("share")])
    let groups = Dictionary(grouping: steps, by: \.kind)
      .map { (kind: $0, count: $1.count, ms: $1.reduce(0) { $0 + $1.ms }) }
      .sorted { ($1.ms, $0.kind) < ($0.ms, $1.kind) }
    for group in groups {
      kinds.append([
        group.kind, "\(group.count)", Quantity.milliseconds(group.ms),
        Quantity.percent(group.ms / total),
      ])
    }
    var longest = Table([.left("longest steps"), .left("work"), .right("time"), .right("GFLOP/s")])
    for step in steps.sorted(by: { $0.ms > $1.ms }).prefix(Self.listed) {
      let speed = step.macs > 0 ? Quantity.significant(Double(2 * step.macs) / step.ms * 1e-6) : ""
      longest.append([step.name, step.kind, Quantity.milliseconds(step.ms), speed])
    }
    return kinds.render(width: width) + "\n\n" + longest.render(width: width)
  }
}
