import IR
import Passes

/// What `pcc info` tells of a model.
public struct InfoReport: Report {
  public var file: String
  public var fileBytes: Int
  public var irVersion: Int
  public var opset: Int?
  public var producer: String?
  /// The version of pcc that wrote the file, if one did.
  public var writtenBy: String?
  public var nodes: Int
  public var params: Int
  /// Multiply-accumulates for a batch of one.
  public var macs: Int
  /// The shapes of the inputs for which `macs` counts.
  public var inputs: [String: [Int]]
  public var outputs: [String]
  /// How often each operator occurs.
  public var operators: [String: Int]
  /// Operators that pcc does not know; they pass through untouched.
  public var unsupported: [String]
  public var groups: [Group] = []
  /// The gates; nil for a model without gates.
  public var gates: [Gate]?
  /// The nodes, if they were asked for.
  public var layers: [Layer]?
  /// The share of the multiply-accumulates that prunable channels take part in.
  public var prunable = 0.0
  private var reach: [Layer] = []
  private var explains: Bool

  private enum CodingKeys: CodingKey {
    case file, fileBytes, irVersion, opset, producer, writtenBy, nodes, params, macs, inputs
    case outputs, operators, unsupported, groups, gates, layers, prunable
  }

  /// Describes a model without its groups, gates and layers.
  init(file: ModelFile, cost: DenseCost, inputs: [String: [Int]], explains: Bool) {
    let model = file.model
    self.file = file.path
    self.inputs = inputs
    self.explains = explains
    fileBytes = ModelFile.size(of: file.path, model: model)
    irVersion = model.irVersion
    opset = model.opset
    producer = [model.producerName, model.producerVersion].compactMap { $0 }
      .filter { !$0.isEmpty }.joined(separator: " ")
    writtenBy = model[metadata: Version.key]
    nodes = model.graph.nodeCount
    params = cost.params
    macs = cost.macs
    outputs = model.graph.outputs.map { model.graph[$0].name }
    operators = [:]
    var unknown: Set<String> = []
    for id in model.graph.nodes {
      let node = model.graph[id]
      let isPlain = node.domain.isEmpty || node.domain == "ai.onnx"
      let type = isPlain ? node.type : "\(node.domain)::\(node.type)"
      operators[type, default: 0] += 1
      if node.op == .opaque { unknown.insert(type) }
    }
    unsupported = unknown.sorted()
  }

  /// Notes what of each node can be pruned; the nodes are listed only if they were asked for.
  mutating func note(_ nodes: [Layer], lists: Bool) {
    reach = nodes
    layers = lists ? nodes : nil
    let total = nodes.reduce(0) { $0 + Double($1.macs) }
    let reached = nodes.reduce(0) { $0 + Double($1.macs) * ($1.prunable ?? 0) }
    prunable = total > 0 ? reached / total : 0
  }

  public func text(width: Int?) -> String {
    var sections = [overview.render(width: width)]
    sections.append(operatorTable.render(width: width))
    if !unsupported.isEmpty {
      sections.append(
        "operators pcc does not know, which pass through and block pruning: "
          + unsupported.joined(separator: ", "))
    }
    if !groups.isEmpty { sections.append(groupTable.render(width: width)) }
    let free = groups.filter { !$0.blocked }.count
    if explains, reach.contains(where: { $0.prunable != nil }) {
      sections.append(Layer.reachTable(reach).render(width: width))
    }
    sections.append(
      "\(free) of \(groups.count) channel groups can be pruned; they take part in"
        + " \(Quantity.percent(prunable)) of the MACs")
    if let gates, !gates.isEmpty { sections.append(Gate.table(gates).render(width: width)) }
    if let layers { sections.append(Layer.table(layers).render(width: width)) }
    return sections.joined(separator: "\n\n")
  }

  private var overview: Table {
    var table = Table([.left("model"), .left(file)])
    for (name, extents) in inputs.sorted(by: { $0.key < $1.key }) {
      table.append(["input", "\(name) \(extents.map(String.init).joined(separator: "x"))"])
    }
    table.append(["outputs", outputs.joined(separator: ", ")])
    table.append(["parameters", Quantity.grouped(params)])
    table.append(["MACs", "\(Quantity.grouped(macs)) (batch 1)"])
    table.append(["nodes", "\(nodes)"])
    table.append(["opset", opset.map(String.init) ?? "none"])
    table.append(["IR version", "\(irVersion)"])
    table.append(["file size", Quantity.bytes(fileBytes)])
    if let producer, !producer.isEmpty { table.append(["producer", producer]) }
    if let writtenBy { table.append(["written by", "pcc \(writtenBy)"]) }
    return table
  }

  private var operatorTable: Table {
    var table = Table([.left("operator"), .right("count")])
    for (type, count) in operators.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      table.append([type, "\(count)"])
    }
    return table
  }

  private var groupTable: Table {
    var columns: [Table.Column] = [
      .left("channel group"), .right("size"), .left("kind"), .right("producers"),
      .right("consumers"), .left("gated"), .left("state"),
    ]
    if explains { columns.append(.left("because")) }
    var table = Table(columns)
    for group in groups {
      var cells = [
        group.name, "\(group.size)", group.kind, "\(group.producers.count)",
        "\(group.consumers.count)", group.gated ? "yes" : "no", group.blocked ? "blocked" : "free",
      ]
      if explains { cells.append(group.reason ?? "") }
      table.append(cells)
    }
    return table
  }
}
