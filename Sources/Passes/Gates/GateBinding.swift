import IR

/// Which channels of which groups a gate's channels act on, found from the gate's sites.
struct GateBinding: Sendable {
  /// A run of a group's indices on which a gate acts.
  struct Run: Hashable, Sendable {
    var group: GroupID
    /// The gate's channel for the group's index 0.
    var offset: Int
  }

  /// The runs of every gate of the table; empty for block gates.
  let runs: [[Run]]

  /// Binds the gates of a table to the groups of the gated graph: those whose indices follow the
  /// gate's channels one by one.
  ///
  /// Throws an `invalid` diagnostic if a site names a value or an axis that does not exist.
  init(_ table: GateTable, _ graph: Graph, _ analysis: ChannelAnalysis) throws(Diagnostic) {
    var all: [[Run]] = []
    for gate in table.gates {
      var runs: [Run] = []
      for site in gate.sites where gate.kind != .block {
        for run in try GateBinding.runs(of: gate, at: site, graph, analysis)
        where !runs.contains(run) { runs.append(run) }
      }
      all.append(runs)
    }
    runs = all
  }

  private static func runs(
    of gate: Gate, at site: Gate.Site, _ graph: Graph, _ analysis: ChannelAnalysis
  ) throws(Diagnostic) -> [Run] {
    guard let value = graph.value(named: site.value) else {
      throw .invalid("gate '\(gate.name)' has a site at '\(site.value)', which does not exist")
    }
    guard let layouts = layouts(of: value, graph, analysis), site.axis < layouts.count,
      let extent = layouts[site.axis].extent, site.segment[1] <= extent
    else {
      throw .invalid("gate '\(gate.name)' does not fit the value '\(site.value)'")
    }
    let fast = site.repeats?[1] ?? 1
    var runs: [Run] = []
    for group in layouts[site.axis].groups {
      guard let coordinates = layouts[site.axis].coordinates(of: group) else { continue }
      var offsets: Set<Int> = []
      for position in site.segment[0]..<site.segment[1] {
        guard let index = coordinates[position] else { continue }
        offsets.insert((position - site.segment[0]) / fast % gate.size - index)
      }
      guard offsets.count == 1, let offset = offsets.first, offset >= 0,
        offset + analysis[group].size <= gate.size
      else { continue }
      runs.append(Run(group: group, offset: offset))
    }
    return runs
  }

  /// The layouts of a value; those of its first use if it is a constant.
  private static func layouts(
    of value: ValueID, _ graph: Graph, _ analysis: ChannelAnalysis
  ) -> [Layout]? {
    analysis.constantValues.contains(value)
      ? analysis.layouts(ofConstant: value, in: graph) : analysis.layouts(of: value)
  }
}
