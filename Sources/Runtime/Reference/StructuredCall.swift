import IR

/// One application of an operator whose operands or results may be other than tensors, or that runs
/// graphs of its own.
struct StructuredCall {
  let node: Node
  let operands: [Datum?]
  /// What the values of the enclosing graph hold, by index.
  let scope: [Datum?]
  let interpreter: Interpreter
  let budget: TripBudget

  /// Where the node is, for diagnostics.
  var site: Site { Site(nodes: [node.name], op: node.type) }

  /// An error about the node or its operands.
  func invalid(_ message: String) -> Diagnostic { .invalid(message, at: site) }

  /// An error about something that is not supported.
  func unsupported(_ message: String) -> Diagnostic { .unsupported(message, at: site) }

  /// The same application for kernels that work on tensors.
  func reference(_ operands: [Tensor?] = []) -> ReferenceCall {
    ReferenceCall(
      node: node, operands: operands, isWidened: interpreter.precision == .float64,
      maximumBytes: interpreter.maximumBytes)
  }

  /// The operand, if it is given.
  func optional(_ index: Int) -> Datum? { index < operands.count ? operands[index] : nil }

  /// The operand; throws if it is left out.
  func operand(_ index: Int) throws(Diagnostic) -> Datum {
    guard let datum = optional(index) else { throw invalid("operand \(index) is missing") }
    return datum
  }

  /// The operand, a tensor; throws if it is left out or no tensor.
  func tensor(_ index: Int) throws(Diagnostic) -> Tensor {
    let datum = try operand(index)
    guard let tensor = datum.tensor else {
      throw invalid("operand \(index) is \(datum.kind), expected a tensor")
    }
    return tensor
  }

  /// The operand, a sequence; throws if it is left out or none.
  func sequence(_ index: Int) throws(Diagnostic) -> [Tensor] {
    let datum = try operand(index)
    guard case .sequence(let tensors) = datum else {
      throw invalid("operand \(index) is \(datum.kind), expected a sequence")
    }
    return tensors
  }

  /// The only element of an integer operand; throws if it is something else.
  func integer(_ index: Int) throws(Diagnostic) -> Int {
    let tensor = try tensor(index)
    guard tensor.type.isInteger, let values = tensor.integers, values.count == 1 else {
      throw invalid(
        "operand \(index) is \(tensor.type.textName)\(tensor.shape), expected one integer")
    }
    return values[0]
  }

  /// The only element of a boolean datum; throws if it is something else.
  func flag(_ datum: Datum?, _ what: String) throws(Diagnostic) -> Bool {
    guard let tensor = datum?.tensor, tensor.type == .bool, let values = tensor.integers,
      values.count == 1
    else { throw invalid("\(what) is expected to be one boolean") }
    return values[0] != 0
  }

  /// A graph of the node, ready to run with what it captures.
  func body(_ name: String) throws(Diagnostic) -> Body {
    guard case .graph(let graph)? = node.attributes[name] else {
      throw invalid("attribute '\(name)' is missing")
    }
    var captured: [(ValueID, Datum)] = []
    for capture in graph.captures {
      guard let datum = scope[capture.outer.index] else {
        throw unsupported("value '\(graph[capture.inner].name)' of a graph round it is not known")
      }
      captured.append((capture.inner, datum))
    }
    return Body(schedule: Schedule(graph, interpreter), captured: captured, call: self)
  }

  /// A graph of a node within its surroundings.
  struct Body {
    fileprivate let schedule: Schedule
    fileprivate let captured: [(ValueID, Datum)]
    fileprivate let call: StructuredCall

    /// The number of inputs.
    var inputCount: Int { schedule.graph.inputs.count }
    /// The number of outputs.
    var outputCount: Int { schedule.graph.outputs.count }

    /// The declared type of an output.
    func outputType(_ index: Int) -> ValueType {
      schedule.graph[schedule.graph.outputs[index]].type
    }

    /// Runs the graph once.
    ///
    /// - Precondition: there are as many inputs as the graph has.
    func run(_ inputs: [Datum]) throws(Diagnostic) -> [Datum] {
      try call.budget.take(at: call.site)
      let graph = schedule.graph
      let given = captured + Array(zip(graph.inputs, inputs))
      do throws(Diagnostic) {
        let values = try schedule.run(given, call.interpreter, call.budget)
        var outputs: [Datum] = []
        for output in graph.outputs {
          guard let datum = values[output.index] else {
            throw .unsupported("output '\(graph[output].name)' is not computed")
          }
          outputs.append(datum)
        }
        return outputs
      } catch {
        var error = error
        if error.site.nodes.isEmpty { error.site.op = call.node.type }
        error.site.nodes.insert(call.node.name, at: 0)
        throw error
      }
    }
  }
}
