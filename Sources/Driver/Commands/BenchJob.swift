import Foundation
import IR

/// What `pcc bench` does: measures the latency of a model.
public struct BenchJob: Sendable {
  public var model: String
  public var batch: Int
  /// How many inferences are measured; nil for as many as take a second or two.
  public var runs: Int?
  public var warmup: Int
  public var shapes: [String: [Int]]
  /// Whether the steps of the plan are measured as well.
  public var profiles: Bool

  /// The latency of a model.
  public struct Outcome: Report {
    public var medianMs: Double
    public var p10Ms: Double
    public var p90Ms: Double
    /// Twice the multiply-accumulates of one inference over the median.
    public var gflops: Double
    /// The multiply-accumulates at batch 1.
    public var macs: Int
    public var peakRssMb: Double
    /// Reading the file and planning.
    public var loadMs: Double
    /// The first inference.
    public var firstMs: Double
    public var runs: Int
    public var batch: Int
    public var threads: Int
    /// Where the time goes, if that was asked for.
    public var profile: StepProfile?

    public func text(width: Int?) -> String {
      var table = Table([.left("measure"), .right("value")])
      table.append(["median", Quantity.milliseconds(medianMs)])
      table.append(["10th percentile", Quantity.milliseconds(p10Ms)])
      table.append(["90th percentile", Quantity.milliseconds(p90Ms)])
      table.append(["GFLOP/s", Quantity.significant(gflops)])
      table.append(["load and plan", Quantity.milliseconds(loadMs)])
      table.append(["first inference", Quantity.milliseconds(firstMs)])
      table.append(["peak memory", Quantity.significant(peakRssMb) + " MB"])
      table.append(["inferences", "\(runs)"])
      let profile = profile.map { "\n\n" + $0.text(width: width) } ?? ""
      return table.render(width: width) + profile
    }
  }

  /// Creates the job.
  public init(
    model: String, batch: Int, runs: Int?, warmup: Int, shapes: [String: [Int]],
    profiles: Bool = false
  ) {
    self.model = model
    self.batch = batch
    self.runs = runs
    self.warmup = warmup
    self.shapes = shapes
    self.profiles = profiles
  }

  /// Measures the model.
  public func run(_ context: CommandContext) throws(Diagnostic) -> Outcome {
    let start = Stopwatch()
    let (bench, macs, batch) = try prepare(context)
    let load = start.milliseconds
    let first = try bench.first()
    if let obstacle = bench.obstacle {
      context.warn(
        "\(model): runs node by node on reference kernels, for it cannot be planned: \(obstacle)")
    }
    for _ in 0..<warmup { _ = try bench.time() }
    var times: [Double] = []
    var profile = StepProfile()
    let clock = Stopwatch()
    while runs.map({ times.count < $0 }) ?? (times.count < 10 || clock.milliseconds < 1500) {
      times.append(try bench.time())
      if profiles { profile.add(bench.steps) }
      if runs == nil, times.count >= 100_000 { break }
    }
    let summary = LatencySummary(times)
    return Outcome(
      medianMs: summary.median, p10Ms: summary.p10, p90Ms: summary.p90,
      gflops: 2 * Double(bench.macs) / summary.median * 1e-6, macs: macs,
      peakRssMb: PeakMemory.megabytes, loadMs: load, firstMs: first, runs: times.count,
      batch: batch,
      threads: context.threads, profile: profiles ? profile : nil)
  }

  /// Answers each line `go SECONDS` on the standard input with a line of milliseconds, one number an
  /// inference, after a first line `ready CHECKSUM`.
  public func serve(_ context: CommandContext) throws(Diagnostic) {
    let bench = try prepare(context).loop
    try StandardOutput.line("ready \(bench.checksum())")
    while let line = readLine() {
      let words = line.split(separator: " ")
      guard words.count == 2, words[0] == "go", let seconds = Double(words[1]), seconds.isFinite
      else { throw Diagnostic(kind: .usage, "expected a line 'go SECONDS', found '\(line)'") }
      _ = try bench.time()
      var times: [Double] = []
      let clock = Stopwatch()
      while times.count < 3 || clock.milliseconds <= seconds * 1000 {
        times.append(try bench.time())
      }
      try StandardOutput.line(times.map { String(format: "%.4f", $0) }.joined(separator: " "))
    }
  }

  /// Plans the model at the batch that is wanted, and counts its multiply-accumulates at batch 1.
  ///
  /// Throws a `usage` diagnostic if the model is made for another batch.
  private func prepare(_ context: CommandContext) throws(Diagnostic) -> (
    loop: InferenceLoop, macs: Int, batch: Int
  ) {
    var file = try ModelFile(model)
    try file.requireKnownOperators()
    var graph = Graph(name: "")
    swap(&graph, &file.model.graph)
    var sizes = InputSizes.usual
    sizes.batch = batch
    let chosen = try sizes.shapes(of: graph, requested: shapes)
    context.logChoice(chosen, in: graph, requested: shapes)
    let batches = Set(chosen.values.compactMap(\.first))
    let taken = batches.contains(batch) ? batch : batches.min() ?? batch
    guard batch == 1 || batch == taken || !shapes.isEmpty else {
      throw Diagnostic(
        kind: .usage, "--batch \(batch): the model is made for a batch of \(taken)"
      ).inFile(model)
    }
    let single = try InputSizes.usual.shapes(of: graph, requested: shapes)
    do {
      let macs = try GraphFacts(copy graph, inputShapes: graph.identified(single)).macCount
      let loop = try InferenceLoop(
        consume graph, shapes: chosen, threads: context.threads, profiles: profiles)
      return (loop, macs, taken)
    } catch { throw error.inFile(model) }
  }
}
