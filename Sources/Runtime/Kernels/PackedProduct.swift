import CKernels
import IR

extension Planner {
  /// Plans a product whose right side is constant, with what follows it, as a convolution of single
  /// pixels: the rows of the left side. Its weights are packed once, where BLAS packs them in every run.
  ///
  /// Returns false if the product is none of these, or of a single row, for which there is a kernel; or with a
  /// vector, of which the result has no axis of columns.
  func planPackedProduct(
    _ id: NodeID, _ product: Product, bias: ValueID?
  ) throws(Diagnostic) -> Bool {
    let node = node(id)
    let (rows, columns, inner) = (product.rows, product.columns, product.inner)
    guard rows > 1, !product.turnsLeft, let a = node.inputs[0], let y = node.output(0),
      let matrix = facts.constant(node.inputs[1]), matrix.type == .float32, matrix.rank == 2
    else { return false }
    var addend: [Double]?
    if let bias, product.beta != 0 {
      let values = Affine.channels(facts.constant(bias), of: [rows, columns], axis: 1)
      guard let values else { return false }
      addend = values.map { $0 * Double(product.beta) }
    }
    let chain = chain(
      from: y, axis: facts.shape(y).count - 1, taking: [.affine, .residual, .activation])
    let nodes = [id] + chain.nodes
    try postpone(nodes, to: nodes[nodes.count - 1]) { () throws(Diagnostic) in
      let packed = self.packedMatrix(
        { product.weights(matrix, scale: chain.scale) }, directions: 1, rows: columns, 0..<columns,
        columns: inner, pixels: rows)
      let shift = self.folded(addend, chain, channels: columns)
      let source = self.rowMajor(a)
      let added = chain.residual.map(self.rowMajor)
      self.finish(nodes)
      let target = self.result(chain.result, .rowMajor, reusing: [chain.residual].compactMap { $0 })
      let macs = rows * columns * inner
      let split = self.split(
        packed.extents, .CK_FORWARD, rows: rows, height: rows, operands: rows * inner,
        weights: packed.count, macs: macs)
      let kernels = self.kernels
      self.emit(
        node.name, kind: node.type,
        touches: [source.buffer, packed.buffer, target.buffer]
          + [shift, added?.buffer].compactMap { $0 },
        tasks: split.tasks, macs: macs
      ) { memory in
        let epilogue = ck_epilogue(
          bias: shift.map { UnsafePointer(memory.floats($0)) },
          residual: added.map {
            ck_source(data: memory.floats($0), pixel: columns, row: columns, image: rows * columns)
          } ?? .none, activation: chain.activation)
        let from = ck_source(
          data: memory.floats(source), pixel: inner, row: inner, image: rows * inner)
        let to = ck_target(
          data: memory.floats(target), pixel: columns, row: columns, image: rows * columns)
        let weights = memory.floats(packed.buffer)
        return { task, _ in
          let (rows, blocks) = split.part(task)
          packed.multiply(kernels, weights, 0, from, epilogue, to, pixels: rows, blocks: blocks)
        }
      }
    }
    return true
  }
}

extension Product {
  /// The right side, turned and times `alpha`, its columns scaled: as weights of a convolution, one row a
  /// result.
  fileprivate func weights(_ matrix: Tensor, scale: [Double]?) -> [Float] {
    let values = matrix.floats ?? []
    if turnsRight, alpha == 1, scale == nil { return values }
    let (column, element) = turnsRight ? (inner, 1) : (1, columns)
    var weights: [Float] = []
    weights.reserveCapacity(values.count)
    for index in 0..<columns {
      let factor = Double(alpha) * (scale?[index] ?? 1)
      for k in 0..<inner {
        weights.append(Float(Double(values[index * column + k * element]) * factor))
      }
    }
    return weights
  }
}
