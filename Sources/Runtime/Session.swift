import CBLAS
import IR

/// A graph planned once, for shapes that are fixed then, and run many times.
///
/// Inputs, outputs and parameters live in memory of the session, in row-major order; it can be
/// filled and read without copies. A session is used by one thread at a time.
public final class Session {
  private let options: SessionOptions
  private let memory: Memory
  private let executor: Executor
  private let failure: StepFailure
  private let steps: [PlannedStep]
  private let buffers: [BufferPlan]
  private let arenaBytes: Int
  private let inputs: [ValueID: Place]
  private let outputs: [ValueID: Place]
  private let inputNames: [String: ValueID]
  private let outputNames: [ValueID: String]
  /// The values of inputs that need not be given, by name.
  private let defaults: [String: Tensor]
  private let parameters: [ValueID: Place]

  /// Plans a graph; see `SessionPlan`.
  public convenience init(
    _ graph: Graph, inputShapes: [ValueID: [Int]] = [:], parameters: [ValueID] = [],
    options: SessionOptions = SessionOptions()
  ) throws(Diagnostic) {
    self.init(
      try SessionPlan(graph, inputShapes: inputShapes, parameters: parameters, options: options))
  }

  /// Allocates what a plan asks for and packs its constants.
  ///
  /// Constants that nobody else holds are freed as they are packed.
  public init(_ plan: consuming SessionPlan) {
    options = plan.options
    arenaBytes = plan.arenaBytes
    inputs = plan.inputs
    outputs = plan.outputs
    inputNames = plan.inputNames
    outputNames = plan.outputNames
    defaults = plan.defaults
    parameters = plan.parameters
    failure = plan.failure
    let memory = Memory(
      &plan.buffers, arenaBytes: plan.arenaBytes, scratchCount: plan.scratchCount,
      threads: options.threads)
    self.memory = memory
    buffers = plan.buffers
    var steps = plan.steps
    var bodies = steps.map { ($0.tasks, $0.bind(memory)) }
    let refreshes = plan.refreshes.map { $0.bind(memory) }
    if !refreshes.isEmpty {
      bodies.insert((refreshes.count, { task, _ in refreshes[task]() }), at: 0)
      steps.insert(
        PlannedStep(
          name: "", kind: "pack parameters", tasks: refreshes.count, macs: 0,
          bind: { _ in { _, _ in } }), at: 0)
    }
    self.steps = steps
    executor = Executor(bodies, threads: options.threads)
    openblas_set_num_threads(1)
  }

  /// Runs the graph on what the inputs' memory holds, and leaves the results in the outputs'.
  public func run() throws(Diagnostic) {
    failure.clear()
    executor.run(measures: options.profiles)
    if let diagnostic = failure.diagnostic { throw diagnostic }
  }

  /// Runs the graph on tensors by name and returns its outputs by name.
  ///
  /// Overridable constants that are not given have their own values.
  public func run(_ tensors: [String: Tensor]) throws(Diagnostic) -> [String: Tensor] {
    for name in tensors.keys.sorted() where inputNames[name] == nil {
      throw .invalid("the graph has no input '\(name)'")
    }
    for (name, value) in inputNames {
      guard let place = inputs[value] else { continue }
      guard let tensor = tensors[name] ?? defaults[name] else {
        throw .invalid("input '\(name)' is missing")
      }
      guard tensor.type == place.element, tensor.shape == place.shape else {
        throw .invalid(
          "input is \(tensor.type.textName)\(tensor.shape), planned for"
            + " \(place.element.textName)\(place.shape)", at: Site(value: name))
      }
      tensor.withBytes { memory.bytes(place).copyMemory(from: $0) }
    }
    try run()
    var results: [String: Tensor] = [:]
    for (value, place) in outputs {
      results[outputNames[value] ?? ""] = Tensor(type: place.element, shape: place.shape) {
        $0.copyMemory(from: UnsafeRawBufferPointer(memory.bytes(place)))
      }
    }
    return results
  }

  /// Calls `body` with the memory of a graph input; nil if the value is none.
  public func withInput<Result>(
    _ value: ValueID, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) rethrows -> Result? {
    try inputs[value].map { try body(memory.bytes($0)) }
  }

  /// Calls `body` with the memory of a graph output; nil if the value is none.
  public func withOutput<Result>(
    _ value: ValueID, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result? {
    try outputs[value].map { try body(UnsafeRawBufferPointer(memory.bytes($0))) }
  }

  /// Calls `body` with the elements of a parameter; nil if the value is none.
  public func withParameter<Result>(
    _ value: ValueID, _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result? {
    try parameters[value].map { place in
      try body(UnsafeMutableBufferPointer(start: memory.floats(place), count: place.count))
    }
  }

  /// The extents an input or output was planned for.
  public func shape(of value: ValueID) -> [Int]? { (inputs[value] ?? outputs[value])?.shape }

  /// What the plan takes, and how long its steps took.
  public var statistics: SessionStatistics {
    SessionStatistics(
      steps: zip(steps, executor.times).map { step, time in
        SessionStatistics.Step(
          name: step.name, kind: step.kind, macs: step.macs, nanoseconds: time)
      },
      arenaBytes: arenaBytes,
      persistentBytes: buffers.reduce(0) { $0 + $1.persistentBytes })
  }

  /// Pairs of buffers that share bytes of the arena while both hold something; none in a right
  /// plan.
  package var arenaConflicts: [(Int, Int)] { ArenaPlan.conflicts(buffers) }
}
