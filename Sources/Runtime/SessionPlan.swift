import IR

/// How a graph is going to run, for shapes that are fixed: its steps, and the memory they want.
///
/// It holds the graph's constants until a session has packed them.
public struct SessionPlan {
  let options: SessionOptions
  let arenaBytes: Int
  let inputs: [ValueID: Place]
  let outputs: [ValueID: Place]
  let inputNames: [String: ValueID]
  let outputNames: [ValueID: String]
  /// The values of inputs that need not be given, by name.
  let defaults: [String: Tensor]
  let parameters: [ValueID: Place]
  let steps: [PlannedStep]
  /// Packs parameters, before the steps of each run.
  let refreshes: [(touches: [Int], bind: (Memory) -> () -> Void)]
  let scratchCount: Int
  let failure: StepFailure
  var buffers: [BufferPlan]

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
    buffers = planner.buffers
    arenaBytes = ArenaPlan.place(&buffers)
    let kept = buffers.reduce(0) { $0 + $1.persistentBytes }
    guard arenaBytes + kept <= options.maximumBytes else {
      throw .environment(
        "the graph needs \(arenaBytes + kept) bytes of memory, of which there are"
          + " \(options.maximumBytes)")
    }
    self.options = options
    self.inputs = inputs
    self.outputs = outputs
    self.inputNames = inputNames
    self.defaults = defaults
    outputNames = outputs.keys.reduce(into: [:]) { $0[$1] = graph[$1].name }
    self.parameters = own
    steps = planner.steps
    refreshes = planner.refreshes
    scratchCount = planner.scratchCount
    failure = planner.failure
  }
}
