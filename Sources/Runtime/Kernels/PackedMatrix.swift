import CKernels

/// A matrix for each of some directions, packed for the kernels as a convolution of single pixels:
/// pixels are the vectors it is multiplied by.
struct PackedMatrix {
  /// The extents for so many pixels.
  let extents: ck_conv
  /// The buffer of the packed matrices.
  let buffer: Int
  /// The floats of one of them.
  let count: Int

  /// Computes `to = activation(matrix · from + bias + residual)` for some pixels, in all blocks of
  /// channels unless told.
  func multiply(
    _ kernels: ck_kernels, _ packed: UnsafePointer<Float>, _ direction: Int, _ from: ck_source,
    _ epilogue: ck_epilogue, _ to: ck_target, pixels: Range<Int>,
    blocks: Range<Int>? = nil
  ) {
    withUnsafePointer(to: extents) { extents in
      let blocks = blocks ?? 0..<kernels.conv_blocks(extents, .CK_FORWARD)
      withUnsafePointer(to: epilogue) { epilogue in
        kernels.conv_forward(
          extents, packed + direction * count, from, epilogue, to, pixels.kernel, blocks.kernel, nil
        )
      }
    }
  }
}

extension Planner {
  /// Packs rows `range` of each of the matrices of `rows` rows and `columns` columns that `values`
  /// makes when they are packed, to be multiplied by `pixels` vectors.
  func packedMatrix(
    _ values: @escaping () -> [Float], directions: Int, rows: Int, _ range: Range<Int>,
    columns: Int, pixels: Int
  ) -> PackedMatrix {
    let kernels = kernels
    var extents = ck_conv(
      batch: 1, in_h: pixels, in_w: 1, in_channels: columns, out_h: pixels, out_w: 1,
      out_channels: range.count, groups: 1, kernel_h: 1, kernel_w: 1, stride_h: 1, stride_w: 1,
      dilation_h: 1, dilation_w: 1, pad_top: 0, pad_left: 0, algorithm: .CK_DIRECT)
    let count = kernels.conv_packed_count(&extents, .CK_FORWARD)
    let fixed = extents
    let buffer = persistent(bytes: directions * count * 4) { memory in
      let packed = memory.assumingMemoryBound(to: Float.self)
      values().withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return }
        for direction in 0..<directions {
          withUnsafePointer(to: fixed) {
            kernels.conv_pack(
              $0, .CK_FORWARD, base + (direction * rows + range.lowerBound) * columns,
              packed + direction * count)
          }
        }
      }
    }
    return PackedMatrix(extents: extents, buffer: buffer, count: count)
  }
}
