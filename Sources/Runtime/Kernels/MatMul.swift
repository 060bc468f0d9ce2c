import CBLAS
import CKernels
import IR

extension Planner {
  /// Plans Gemm, with an activation that follows it.
  func planGemm(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let a = node.inputs[0], let b = node.inputs[1], let y = node.output(0),
      facts.element(y) == .float32
    else { return false }
    let attributes = node.attributes
    let isTurned = (attributes.int("transA") ?? 0 != 0, attributes.int("transB") ?? 0 != 0)
    let shape = facts.shape(y)
    let left = facts.shape(a)
    let beta = attributes.float("beta") ?? 1
    let addend = node.input(2)
    let product = Product(
      rows: shape[0], columns: shape[1], inner: left[isTurned.0 ? 0 : 1], turnsLeft: isTurned.0,
      turnsRight: isTurned.1, alpha: attributes.float("alpha") ?? 1,
      beta: addend == nil ? 0 : beta)
    guard product.fits else { return false }
    if try planPackedProduct(id, product, bias: addend) { return true }
    let chain = chain(from: y, taking: [.activation])
    let nodes = [id] + chain.nodes
    try postpone(nodes, to: nodes[nodes.count - 1]) { () throws(Diagnostic) in
      let places = [a, b].map(self.rowMajor)
      let added = addend.map(self.rowMajor)
      self.finish(nodes)
      let target = self.result(chain.result, .rowMajor)
      self.emitProduct(
        node, [product], places[0], places[1], added: added, activation: chain.activation, target,
        offsets: [(0, 0, 0)])
    }
    return true
  }

  /// Plans MatMul, batched or not.
  func planMatMul(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let a = node.inputs[0], let b = node.inputs[1], let y = node.output(0),
      facts.element(y) == .float32
    else { return false }
    let left = facts.shape(a).count == 1 ? [1] + facts.shape(a) : facts.shape(a)
    let right = facts.shape(b).count == 1 ? facts.shape(b) + [1] : facts.shape(b)
    guard let batch = Strided.broadcast(Array(left.dropLast(2)), Array(right.dropLast(2))) else {
      return false
    }
    var (m, k, n) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
    var offsets: [(Int, Int, Int)] = []
    if right.count == 2 {
      m *= batch.reduce(1, *)
      offsets = [(0, 0, 0)]
    } else {
      let strides = [left, right].map {
        Strided.strides(of: Array($0.dropLast(2)), broadcastTo: batch)
      }
      WindowGeometry.forEachIndex(of: batch) { index in
        let starts = strides.map { zip($0, index).reduce(0) { $0 + $1.0 * $1.1 } }
        offsets.append((starts[0] * m * k, starts[1] * k * n, offsets.count * m * n))
      }
    }
    let product = Product(
      rows: m, columns: n, inner: k, turnsLeft: false, turnsRight: false, alpha: 1, beta: 0)
    guard product.fits else { return false }
    if right.count == 2, try planPackedProduct(id, product, bias: nil) { return true }
    let places = [a, b].map(rowMajor)
    finish([id])
    let target = result(y, .rowMajor)
    emitProduct(
      node, Array(repeating: product, count: offsets.count), places[0], places[1], added: nil,
      activation: .identity, target, offsets: offsets)
    return true
  }

  /// Emits matrix products, each cut into parts of its rows or columns that do not depend on the
  /// number of threads.
  private func emitProduct(
    _ node: Node, _ products: [Product], _ left: Place, _ right: Place, added: Place?,
    activation: ck_activation, _ target: Place, offsets: [(Int, Int, Int)]
  ) {
    let kernels = kernels
    let product = products[0]
    let work = product.rows * product.columns * product.inner
    let parts = product.parts(of: work)
    let strides = added.map {
      Strided.strides(of: $0.shape, broadcastTo: [product.rows, product.columns])
    }
    emit(
      node.name, kind: node.type,
      touches: [left.buffer, right.buffer, target.buffer] + [added?.buffer].compactMap { $0 },
      tasks: offsets.count * parts.count, macs: work * offsets.count
    ) { memory in
      let (a, b, y) = (memory.floats(left), memory.floats(right), memory.floats(target))
      let c = added.map { memory.floats($0) }
      return { task, _ in
        let start = offsets[task / parts.count]
        let (rows, columns) = parts[task % parts.count]
        let part = y + start.2
        if let c, let strides {
          for row in rows {
            for column in columns {
              part[row * product.columns + column] = c[row * strides[0] + column * strides[1]]
            }
          }
        }
        product.compute(a + start.0, b + start.1, part, rows, columns, kernels)
        if activation.function == .CK_IDENTITY { return }
        withUnsafePointer(to: activation) { activation in
          for row in rows {
            let begin = part + row * product.columns + columns.lowerBound
            kernels.activation(activation, columns.count, begin, begin)
          }
        }
      }
    }
  }
}

/// A matrix product `alpha · A' · B' + beta · C` of row-major matrices.
struct Product {
  let rows: Int
  let columns: Int
  let inner: Int
  let turnsLeft: Bool
  let turnsRight: Bool
  let alpha: Float
  let beta: Float

  /// Whether the extents are within what BLAS counts with.
  var fits: Bool {
    [rows, columns, inner].allSatisfy { $0 < Int(Int32.max) }
      && Tensor.count(of: [rows, columns, inner, 1 << 20]) != nil
  }

  /// Ranges of rows and columns to compute apart from each other, for so many multiplications.
  ///
  /// Columns are cut at multiples of 16, because BLAS sums those in other orders that are left over
  /// from its blocks: cut elsewhere, equal columns would have unequal products.
  func parts(of work: Int) -> [(Range<Int>, Range<Int>)] {
    let count = min(8, max(1, work / 100_000))
    if rows >= columns || rows >= 64 {
      let parts = min(count, (rows + 15) / 16)
      return (0..<parts).map { (share(rows, $0, of: parts), 0..<columns) }
    }
    let parts = min(count, (columns + 31) / 32)
    return (0..<parts).map { part in
      let blocks = share((columns + 15) / 16, part, of: parts)
      return (0..<rows, min(16 * blocks.lowerBound, columns)..<min(16 * blocks.upperBound, columns))
    }
  }

  /// Computes some rows and columns of C.
  func compute(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>,
    _ rowRange: Range<Int>, _ columnRange: Range<Int>, _ kernels: ck_kernels
  ) {
    if rowRange.isEmpty || columnRange.isEmpty { return }
    // Safety: the ranges lie within the matrices, whose extents the planner checked.
    if rows == 1 {
      return kernels.row_product(
        inner, columnRange.count, a, b + columnRange.lowerBound * (turnsRight ? inner : 1),
        turnsRight ? inner : columns, turnsRight, alpha, beta, c + columnRange.lowerBound)
    }
    cblas_sgemm(
      CblasRowMajor, turnsLeft ? CblasTrans : CblasNoTrans, turnsRight ? CblasTrans : CblasNoTrans,
      Int32(rowRange.count), Int32(columnRange.count), Int32(inner), alpha,
      a + rowRange.lowerBound * (turnsLeft ? 1 : inner), Int32(turnsLeft ? rows : inner),
      b + columnRange.lowerBound * (turnsRight ? inner : 1), Int32(turnsRight ? inner : columns),
      beta, c + rowRange.lowerBound * columns + columnRange.lowerBound, Int32(columns))
  }
}
