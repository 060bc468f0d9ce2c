import CKernels
import IR

/// Turns a graph with known shapes into steps over buffers.
final class Planner {
  let graph: Graph
  let kernels: ck_kernels
  let options: SessionOptions
  let parameters: Set<ValueID>
  let facts: PlanFacts
  /// The zeros that convolutions read round each value.
  let borders: [ValueID: Border]

  private(set) var buffers: [BufferPlan] = []
  private(set) var steps: [PlannedStep] = []
  /// Packs parameters, before the steps of each run.
  private(set) var refreshes: [(touches: [Int], bind: (Memory) -> () -> Void)] = []
  /// Where steps leave their errors.
  let failure = StepFailure()
  /// The scratch memory that one thread needs at most, in floats.
  private(set) var scratchCount = 0

  private var places: [ValueID: Place] = [:]
  private var converted: [ValueID: [Place]] = [:]
  private var residents: [Int: [ValueID]] = [:]
  private var pending: [ValueID: Int] = [:]
  private var done: Set<NodeID> = []
  /// The buffers of outputs that were made so far.
  private var outputBuffers: Set<Int> = []
  /// The buffers of sums that were taken on the way, by the node that asks for them.
  private var sums: [NodeID: Int] = [:]
  /// Work that waits until the operands of a later node are there, by that node.
  private var postponed: [NodeID: () throws(Diagnostic) -> Void] = [:]

  /// Plans a graph; `parameters` are the constants whose memory may change between runs.
  init(
    _ graph: Graph, inputShapes: [ValueID: [Int]], parameters: [ValueID], options: SessionOptions
  ) throws(Diagnostic) {
    self.graph = graph
    self.options = options
    self.parameters = Set(parameters)
    kernels = ck_kernels_best().pointee
    facts = try PlanFacts(
      graph, inputShapes: inputShapes, parameters: self.parameters,
      packsTightly: options.packsTightly)
    borders = try PlanBorders.borders(facts)
    for id in facts.nodes {
      for value in graph[id].reads { pending[value, default: 0] += 1 }
    }
    for value in graph.outputs { pending[value, default: 0] += 1 }
    for value in graph.inputs where graph[value].constant == nil || facts.isOverridable(value) {
      places[value] = own(value)
    }
    for id in facts.nodes {
      if let work = postponed.removeValue(forKey: id) {
        try work()
      } else if !done.contains(id) {
        try plan(id)
      }
    }
    for id in facts.nodes where !done.contains(id) {
      throw .init(
        kind: .bug, "the node was not planned",
        at: Site(nodes: [graph[id].name], op: graph[id].type))
    }
  }

  /// The node.
  func node(_ id: NodeID) -> Node { graph[id] }

  /// Whether the node's work is planned already, or left to a later node.
  func isDone(_ id: NodeID) -> Bool { done.contains(id) }

  private func plan(_ id: NodeID) throws(Diagnostic) {
    let node = graph[id]
    if !isEmpty(node), try node.op.plan(id, self) { return }
    try planReference(id)
  }

  /// Whether an operand or result has no elements, which kernels do not take.
  private func isEmpty(_ node: Node) -> Bool {
    (node.reads + node.outputs.compactMap { $0 }).contains { facts.shape($0).contains(0) }
  }

  /// What can be computed together with a value that a node makes; nothing if the options forbid
  /// it.
  func chain(from value: ValueID, axis: Int = 1, taking parts: Chain.Parts) -> Chain {
    Chain(from: value, axis: axis, facts, taking: options.fuses ? parts : [], except: done)
  }

  /// Has `work` done in place of `last`, the last of `nodes`, all of which it does.
  func postpone(_ nodes: [NodeID], to last: NodeID, _ work: @escaping () throws(Diagnostic) -> Void)
    throws(Diagnostic)
  {
    done.formUnion(nodes)
    if last == nodes.first { return try work() }
    postponed[last] = work
  }

  // MARK: Buffers

  /// Makes a transient buffer.
  func transient(bytes: Int) -> Int {
    buffers.append(BufferPlan(kind: .transient, bytes: bytes))
    return buffers.count - 1
  }

  /// Makes a persistent buffer that `initialize` fills once.
  func persistent(bytes: Int, _ initialize: ((UnsafeMutableRawPointer) -> Void)? = nil) -> Int {
    buffers.append(BufferPlan(kind: .persistent, bytes: bytes, initialize: initialize))
    return buffers.count - 1
  }

  /// Makes a persistent buffer of floats.
  func constant(_ values: [Float]) -> Int {
    persistent(bytes: values.count * 4) { memory in
      values.withUnsafeBytes {
        memory.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: $0.count)
      }
    }
  }

  /// Makes a place in a new transient buffer.
  func place(_ element: ElementType, _ shape: [Int], _ layout: Layout) -> Place {
    var place = Place(buffer: 0, layout: layout, element: element, shape: shape)
    place.buffer = transient(bytes: place.byteCount)
    return place
  }

  /// Makes a buffer of a constant's own memory; nil for strings.
  private func shared(_ tensor: Tensor) -> Int? {
    guard let bytes = tensor.sharedBytes else { return nil }
    buffers.append(BufferPlan(kind: .constant(bytes), bytes: bytes.count))
    return buffers.count - 1
  }

  /// Asks for scratch memory of so many floats on each thread.
  func needScratch(_ count: Int) { scratchCount = max(scratchCount, count) }

  /// The row-major place of a value that no step makes: memory that may change between runs, or a
  /// constant where it is.
  private func own(_ value: ValueID) -> Place {
    let tensor = facts.constants[value] ?? graph[value].constant?.tensor
    var place = Place(
      buffer: 0, layout: .rowMajor, element: facts.element(value), shape: facts.shape(value))
    if !mayChange(value), let buffer = tensor.flatMap(shared) {
      place.buffer = buffer
      return place
    }
    place.buffer = persistent(bytes: place.byteCount) { memory in
      tensor?.withBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        memory.copyMemory(from: base, byteCount: bytes.count)
      }
    }
    return place
  }

  // MARK: Steps

  /// Adds a step that touches these buffers.
  func emit(
    _ name: String, kind: String, touches: [Int], tasks: Int, macs: Int = 0,
    _ bind: @escaping (Memory) -> TaskBody
  ) {
    for buffer in touches {
      buffers[buffer].first = min(buffers[buffer].first, steps.count)
      buffers[buffer].last = max(buffers[buffer].last, steps.count)
    }
    steps.append(PlannedStep(name: name, kind: kind, tasks: tasks, macs: macs, bind: bind))
  }

  /// Adds a step that writes a channels-last result; where the work is split, a last task fills its
  /// border.
  func emit(
    _ name: String, kind: String, touches: [Int], writing place: Place, tasks: Int, macs: Int = 0,
    _ bind: @escaping (Memory) -> TaskBody
  ) {
    let border = place.border
    if border.isNone {
      return emit(name, kind: kind, touches: touches, tasks: tasks, macs: macs, bind)
    }
    let fill = kernels.fill_border
    let image = place.image
    let isSplit = tasks > 1
    emit(name, kind: kind, touches: touches, tasks: isSplit ? tasks + 1 : 1, macs: macs) { memory in
      let body = bind(memory)
      let target = place.target(memory)
      return { task, thread in
        if task < tasks { body(task, thread) }
        if task == tasks || !isSplit {
          fill(image, border.kernel, 0, target, ck_range(begin: 0, end: image.batch))
        }
      }
    }
  }

  /// Has `bind`'s work done at the start of every run.
  func refresh(touches: [Int], _ bind: @escaping (Memory) -> () -> Void) {
    refreshes.append((touches, bind))
  }

  /// The number of tasks to cut `units` into, so that all threads are busy to the end; results never
  /// depend on it. `work` is all units' in the unit of `SessionOptions.taskWork`.
  func tasks(_ units: Int, work: Int) -> Int {
    if options.threads == 1 { return min(units, 1) }
    let most = work < 2_000_000 ? options.threads : 4 * options.threads
    return min(units, most, max(work / options.taskWork, 1))
  }

  // MARK: Values

  /// Whether a caller may change the value's memory between runs.
  private func mayChange(_ value: ValueID) -> Bool {
    parameters.contains(value) || graph.inputs.contains(value)
  }

  /// Counts the reads of the nodes as done, after which operands may be overwritten.
  func finish(_ nodes: [NodeID]) {
    for id in nodes {
      done.insert(id)
      for value in graph[id].reads { pending[value, default: 0] -= 1 }
    }
  }

  /// Whether nothing reads the value's memory any more.
  func isSpent(_ value: ValueID) -> Bool {
    guard let place = places[value], buffers[place.buffer].isTransient else { return false }
    return (residents[place.buffer] ?? []).allSatisfy { pending[$0, default: 0] == 0 }
  }

  /// Whether the value is there: no node that is still to be planned makes it.
  func isMade(_ value: ValueID) -> Bool {
    places[value] != nil || graph[value].producer == nil || facts.constants[value] != nil
  }

  /// Leaves the sums that a BatchNormalizationGradient will ask for.
  func leaveSums(_ buffer: Int, for node: NodeID) { sums[node] = buffer }

  /// The sums that were left for a node.
  func takeSums(of node: NodeID) -> Int? { sums.removeValue(forKey: node) }

  /// Says where a result is.
  func define(_ value: ValueID, _ place: Place) {
    places[value] = place
    residents[place.buffer, default: []].append(value)
  }

  /// Makes a place for a result, in the memory of `reused` if that is spent and fits.
  func result(_ value: ValueID, _ layout: Layout, reusing reused: [ValueID] = []) -> Place {
    var wanted = Place(
      buffer: 0, layout: layout, element: facts.element(value), shape: facts.shape(value))
    let donor = reused.first { candidate in
      guard isSpent(candidate), let place = places[candidate] else { return false }
      return place.layout == layout && place.shape == wanted.shape
        && place.element == wanted.element
    }
    if let donor, let place = places[donor] {
      wanted.buffer = place.buffer
    } else {
      wanted.buffer = transient(bytes: wanted.byteCount)
    }
    define(value, wanted)
    return wanted
  }

  /// The layout of a channels-last result, with the border its readers need.
  func imageLayout(_ value: ValueID) -> Layout { .channelsLast(borders[value] ?? .none) }

  /// Where the value is, in the layout its producer chose.
  func native(_ value: ValueID) -> Place {
    if let place = places[value] { return place }
    let place = own(value)
    places[value] = place
    return place
  }

  /// Whether the value is in channels-last order.
  func isChannelsLast(_ value: ValueID) -> Bool {
    if case .channelsLast = native(value).layout { true } else { false }
  }

  /// The value in row-major order, converted if it has to be.
  func rowMajor(_ value: ValueID) -> Place {
    let place = native(value)
    guard case .channelsLast(let border) = place.layout else { return place }
    if border.isNone, Place.isOrderless(place.shape) { return relabelled(place, .rowMajor) }
    if let found = converted[value]?.first(where: { $0.layout == .rowMajor }) { return found }
    let target = self.place(place.element, place.shape, .rowMajor)
    toRowMajor(place, target, graph[value].name)
    converted[value, default: []].append(target)
    return target
  }

  /// The value in channels-last order with at least the given border, converted if it has to be.
  ///
  /// - Precondition: it has three to five axes and is of type float32.
  func channelsLast(_ value: ValueID, border: Border = .none) -> Place {
    let place = native(value)
    if case .channelsLast(let found) = place.layout, found.covers(border) { return place }
    if case .rowMajor = place.layout, border.isNone, Place.isOrderless(place.shape) {
      return relabelled(place, .channelsLast(.none))
    }
    let fits = { (candidate: Place) -> Bool in
      if case .channelsLast(let found) = candidate.layout { found.covers(border) } else { false }
    }
    if let found = converted[value]?.first(where: fits) { return found }
    let target = self.place(
      place.element, place.shape, .channelsLast(border.union(borders[value] ?? .none)))
    toChannelsLast(place, target, graph[value].name)
    converted[value, default: []].append(target)
    return target
  }

  private func relabelled(_ place: Place, _ layout: Layout) -> Place {
    var copy = place
    copy.layout = layout
    return copy
  }

  private func toRowMajor(_ source: Place, _ target: Place, _ name: String) {
    let kernels = kernels
    let tasks = tasks(source.rows, work: source.count)
    emit(
      name, kind: "to row-major", touches: [source.buffer, target.buffer], tasks: tasks
    ) { memory in
      let from = source.source(memory)
      let to = memory.floats(target)
      return { task, _ in
        source.forEachPlane(share(source.rows, task, of: tasks)) { plane in
          kernels.to_nchw(
            plane.shape, from.moved(by: plane.view), to + plane.rowMajor, plane.rows.kernel)
        }
      }
    }
  }

  private func toChannelsLast(_ source: Place, _ target: Place, _ name: String) {
    let kernels = kernels
    let tasks = tasks(target.rows, work: target.count)
    emit(
      name, kind: "to channels-last", touches: [source.buffer, target.buffer], writing: target,
      tasks: tasks
    ) { memory in
      let to = target.target(memory)
      let image = target.image
      switch source.layout {
      case .rowMajor:
        let from = memory.floats(source)
        return { task, _ in
          target.forEachPlane(share(target.rows, task, of: tasks)) { plane in
            kernels.from_nchw(
              plane.shape, from + plane.rowMajor, to.moved(by: plane.view), plane.rows.kernel)
          }
        }
      case .channelsLast:
        let from = source.source(memory)
        return { task, _ in
          kernels.copy(image, from, to, share(target.rows, task, of: tasks).kernel)
        }
      }
    }
  }

  /// The row-major place of a graph output in memory of its own that outlives the run.
  func output(_ value: ValueID) -> Place {
    let place = rowMajor(value)
    if buffers[place.buffer].isTransient {
      buffers[place.buffer].kind = .persistent
      outputBuffers.insert(place.buffer)
    }
    if outputBuffers.contains(place.buffer) { return place }
    var copy = place
    copy.buffer = persistent(bytes: place.byteCount)
    emit(
      graph[value].name, kind: "copy", touches: [place.buffer, copy.buffer], tasks: 1
    ) { memory in
      let (from, to) = (memory.bytes(place), memory.bytes(copy))
      return { _, _ in to.copyMemory(from: UnsafeRawBufferPointer(from)) }
    }
    outputBuffers.insert(copy.buffer)
    return copy
  }
}

extension Range<Int> {
  /// The range for the kernels.
  var kernel: ck_range { ck_range(begin: lowerBound, end: upperBound) }
}
