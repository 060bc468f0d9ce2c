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

  /// Plans a graph.
  ///
  /// `inputShapes` replaces shapes that the graph leaves open; `parameters` are constants of type
  /// float32 whose memory may change between runs. Throws `unsupported` where a shape is not known
  /// before the graph runs, or an operator has no kernel.
  public init(
    _ graph: Graph, inputShapes: [ValueID: [Int]] = [:], parameters: [ValueID] = [],
    options: SessionOptions = SessionOptions()
  ) throws(Diagnostic) {
    let planner = try Planner(
      graph, inputShapes: inputShapes, parameters: parameters, options: options)
    var inputs: [ValueID: Place] = [:]
    var inputNames: [String: ValueID] = [:]
    var defaults: [String: Tensor] = [:]
    for value in graph.inputs
    where graph[value].constant == nil || graph[value].constant?.isOverridable == true {
      inputs[value] = planner.native(value)
      inputNames[graph[value].name] = value
      defaults[graph[value].name] = graph[value].constant?.tensor
    }
    var own: [ValueID: Place] = [:]
    for value in parameters { own[value] = planner.native(value) }
    var outputs: [ValueID: Place] = [:]
    for value in graph.outputs { outputs[value] = planner.output(value) }
    var buffers = planner.buffers
    arenaBytes = ArenaPlan.place(&buffers)
    let kept = buffers.reduce(0) { $0 + $1.persistentBytes }
    guard arenaBytes + kept <= options.maximumBytes else {
      throw .environment(
        "the graph needs \(arenaBytes + kept) bytes of memory, of which there are"
          + " \(options.maximumBytes)")
    }
    memory = Memory(
      buffers, arenaBytes: arenaBytes, scratchCount: planner.scratchCount,
      threads: options.threads)
    for initialize in planner.initializers { initialize(memory) }
    let memory = memory
    var bodies = planner.steps.map { ($0.tasks, $0.bind(memory)) }
    var steps = planner.steps
    let refreshes = planner.refreshes.map { $0.bind(memory) }
    if !refreshes.isEmpty {
      bodies.insert((refreshes.count, { task, _ in refreshes[task]() }), at: 0)
      steps.insert(
        PlannedStep(
          name: "", kind: "pack parameters", tasks: refreshes.count, macs: 0,
          bind: { _ in { _, _ in } }), at: 0)
    }
    executor = Executor(bodies, threads: options.threads)
    failure = planner.failure
    self.options = options
    self.steps = steps
    self.buffers = buffers
    self.inputs = inputs
    self.outputs = outputs
    self.inputNames = inputNames
    self.defaults = defaults
    outputNames = outputs.keys.reduce(into: [:]) { $0[$1] = graph[$1].name }
    self.parameters = own
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
