import Foundation
import IR
import Passes

extension InfoReport {
  /// One channel group.
  public struct Group: Encodable, Sendable {
    public var name: String
    public var size: Int
    /// How its channels are made: `convolution`, `linear`, `stream` for several producers, or
    /// `parameter` for other constants.
    public var kind: String
    /// The nodes whose weights make the channels.
    public var producers: [String]
    /// The nodes that sum over them.
    public var consumers: [String]
    public var gated: Bool
    public var blocked: Bool
    /// What blocks it; if it is free, the nodes that are fitted to fewer channels, and how.
    public var reason: String?

    private enum CodingKeys: CodingKey {
      case name, size, kind, producers, consumers, gated, blocked, reason
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(size, forKey: .size)
      try container.encode(kind, forKey: .kind)
      try container.encode(producers, forKey: .producers)
      try container.encode(consumers, forKey: .consumers)
      try container.encode(gated, forKey: .gated)
      try container.encode(blocked, forKey: .blocked)
      try container.encode(reason, forKey: .reason)
    }

    /// Describes a group.
    init(_ group: ChannelGroup, gates: [Passes.Gate], _ graph: Graph) {
      name = group.name
      size = group.size
      producers = Self.labels(group.producers.map(\.node), graph)
      consumers = Self.labels(group.consumers.map(\.node), graph)
      blocked = !group.isFree
      let words = group.isFree ? group.compensations : group.blocked
      reason = words.isEmpty ? nil : words.map(\.description).joined(separator: "; ")
      let members = Set(group.members.map { graph[$0.value].name })
      gated = gates.contains { gate in gate.sites.contains { members.contains($0.value) } }
      let makers = Set(group.producers.map { graph[$0.node].op })
      if !makers.isDisjoint(with: [.lstm, .gru, .rnn]) {
        kind = "recurrent"
      } else if producers.count > 1 {
        kind = "stream"
      } else if makers.isSubset(of: [.conv, .convTranspose]), !makers.isEmpty {
        kind = "convolution"
      } else {
        kind = makers.isSubset(of: [.gemm, .matMul]) && !makers.isEmpty ? "linear" : "parameter"
      }
    }

    private static func labels(_ nodes: [NodeID], _ graph: Graph) -> [String] {
      var seen: Set<NodeID> = []
      return nodes.filter { seen.insert($0).inserted }.map { graph.label(of: $0) }
    }
  }

  /// One gate.
  public struct Gate: Encodable, Sendable {
    public var name: String
    public var size: Int
    public var kind: String
    public var sites: Int
    /// How many of its weights are at least one half.
    public var open: Int
    /// How many of its weights lie between 0.05 and 0.95.
    public var undecided: Int

    /// Describes all gates of a model.
    static func all(of table: GateTable, in graph: Graph) throws(Diagnostic) -> [Gate] {
      var gates: [Gate] = []
      for gate in table.gates {
        let weights = try weights(of: gate, table, graph)
        gates.append(
          Gate(
            name: gate.name, size: gate.size, kind: gate.kind.rawValue, sites: gate.sites.count,
            open: weights.filter { $0 >= 0.5 }.count,
            undecided: weights.filter { $0 > 0.05 && $0 < 0.95 }.count))
      }
      return gates
    }

    /// The weights of a gate: sigmoid(k·s), or the value `NAME.w` where another tool folded that.
    private static func weights(
      of gate: Passes.Gate, _ table: GateTable, _ graph: Graph
    ) throws(Diagnostic) -> [Double] {
      if let folded = graph.tensor(of: graph.value(named: gate.weightName))?.doubles {
        return folded
      }
      let k = Double(table.sharpness(in: graph))
      return try table.scores(of: gate, in: graph).map { 1 / (1 + exp(-k * Double($0))) }
    }

    /// The gates as a table.
    static func table(_ gates: [Gate]) -> Table {
      var table = Table([
        .left("gate"), .right("size"), .left("kind"), .right("sites"), .right("open"),
        .right("undecided"),
      ])
      for gate in gates {
        table.append([
          gate.name, "\(gate.size)", gate.kind, "\(gate.sites)", "\(gate.open)",
          "\(gate.undecided)",
        ])
      }
      return table
    }
  }

  /// One node.
  public struct Layer: Encodable, Sendable {
    public var name: String
    public var op: String
    /// The shape of its first result.
    public var shape: String
    public var params: Int
    public var macs: Int
    /// The share of its multiply-accumulates that prunable channels take part in; nil if it has none.
    public var prunable: Double?

    /// Describes all nodes of a graph.
    static func all(
      of graph: Graph, _ facts: GraphFacts, _ analysis: ChannelAnalysis
    ) -> [Layer] {
      var counted: Set<ValueID> = []
      return graph.nodes.map { id in
        let node = graph[id]
        var params = 0
        for case let operand? in node.inputs {
          guard let tensor = graph[operand].constant?.tensor, tensor.type.isFloatingPoint,
            counted.insert(operand).inserted
          else { continue }
          params += tensor.count
        }
        let shape = node.output(0).flatMap { facts.shape(of: $0) }
        return Layer(
          name: graph.label(of: id), op: node.type, shape: shape?.text ?? "?", params: params,
          macs: facts.macCount(of: id), prunable: analysis.prunableShare(of: id, facts))
      }
    }

    /// The nodes that multiply and accumulate, with what of that can be pruned, as a table.
    static func reachTable(_ layers: [Layer]) -> Table {
      var table = Table([.left("node"), .left("operator"), .right("MACs"), .right("prunable")])
      for layer in layers {
        guard let share = layer.prunable else { continue }
        table.append([
          layer.name, layer.op, Quantity.grouped(layer.macs), Quantity.percent(share),
        ])
      }
      return table
    }

    /// The nodes as a table.
    static func table(_ layers: [Layer]) -> Table {
      var table = Table([
        .left("node"), .left("operator"), .left("shape"), .right("parameters"), .right("MACs"),
      ])
      for layer in layers {
        table.append([
          layer.name, layer.op, layer.shape, Quantity.grouped(layer.params),
          Quantity.grouped(layer.macs),
        ])
      }
      return table
    }
  }
}

extension Graph {
  /// What to call a node: its name, or that of its first result.
  func label(of id: NodeID) -> String {
    let node = self[id]
    if !node.name.isEmpty { return node.name }
    return node.outputs.compactMap { $0 }.first.map { self[$0].name } ?? node.type
  }
}
