import CKernels
import IR

extension Planner {
  /// Plans ReduceMean: over all positions of an image in channels-last order, else of rows.
  func planReduceMean(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), isSpatial(x), isChannelsLast(x),
      let given = facts.constant(node.input(1))?.integers
    else { return try planReduction(id) }
    let rank = facts.shape(x).count
    guard Set(given.map { $0 < 0 ? $0 + rank : $0 }) == Set(2..<rank) else {
      return try planReduction(id)
    }
    emitGlobalAverage(id, x, y)
    return true
  }

  /// Plans sums, means, sums of squares, norms and extremes over any axes: the axes are brought
  /// last, so that each result is that of a row.
  func planReduction(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), facts.element(x) == .float32,
      let reduce = rowReduction(node.op)
    else { return false }
    let shape = facts.shape(x)
    var axes = Array(shape.indices)
    if let operand = node.input(1) {
      guard let given = facts.constant(operand)?.integers else { return false }
      if given.isEmpty, node.attributes.int("noop_with_empty_axes") ?? 0 != 0 { return false }
      if !given.isEmpty { axes = given.map { $0 < 0 ? $0 + shape.count : $0 } }
    } else if node.attributes.int("noop_with_empty_axes") ?? 0 != 0 {
      return false
    }
    guard axes.allSatisfy(shape.indices.contains) else { return false }
    let reduced = Set(axes)
    if node.op == .reduceSum, reduced == Set(0..<reduced.count),
      let columns = columns(x, after: reduced.count)
    {
      finish([id])
      emitChannelSum(node.name, of: columns, to: result(y, .rowMajor))
      return true
    }
    let order = shape.indices.filter { !reduced.contains($0) } + reduced.sorted()
    let columns = reduced.reduce(1) { $0 * shape[$1] }
    let source: Place
    if order == Array(shape.indices) {
      source = rowMajor(x)
    } else {
      guard let turned = transposed(x, order: order, node.name) else { return false }
      source = turned
    }
    finish([id])
    let target = result(y, .rowMajor)
    let rows = target.count
    let tasks = tasks(rows, work: rows * columns)
    emit(
      node.name, kind: node.type, touches: [source.buffer, target.buffer], tasks: tasks
    ) { memory in
      let (from, to) = (memory.floats(source), memory.floats(target))
      return { task, _ in
        for row in share(rows, task, of: tasks) { to[row] = reduce(from + row * columns, columns) }
      }
    }
    return true
  }

  /// A matrix whose rows run over the first axes of a value and its columns over the others, as the
  /// pixels and channels of images; nil if there is only one column, or no row.
  private func columns(_ value: ValueID, after axes: Int) -> Place? {
    let shape = facts.shape(value)
    let (rows, columns) = (shape[..<axes].reduce(1, *), shape[axes...].reduce(1, *))
    guard columns > 1, rows > 0, let width = (1...64).last(where: { rows % $0 == 0 }) else {
      return nil
    }
    let place = rowMajor(value)
    return Place(
      buffer: place.buffer, layout: .channelsLast(.none), element: place.element,
      shape: [rows / width, columns, 1, width])
  }

  /// What becomes of a row of floats.
  private func rowReduction(_ op: Operator) -> ((UnsafePointer<Float>, Int) -> Float)? {
    let kernels = kernels
    let extremes: [Operator: (Float, Float) -> Bool] = [
      .reduceMax: { $0 > $1 }, .reduceMin: { $0 < $1 },
    ]
    if let isBetter = extremes[op] {
      return { row, count in
        var best = row[0]
        for index in 1..<max(count, 1) where isBetter(row[index], best) || row[index].isNaN {
          best = row[index]
          if best.isNaN { break }
        }
        return best
      }
    }
    let sums: [Operator: (UnsafePointer<Float>, Int) -> Double] = [
      .reduceSum: { kernels.sum($1, $0) },
      .reduceMean: { kernels.sum($1, $0) / Double($1) },
      .reduceSumSquare: { kernels.dot($1, $0, $0) },
      .reduceL2: { kernels.dot($1, $0, $0).squareRoot() },
    ]
    return sums[op].map { sum in { Float(sum($0, $1)) } }
  }
}
