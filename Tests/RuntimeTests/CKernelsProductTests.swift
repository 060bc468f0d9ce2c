import CKernels
import Testing

/// Tests the product of a row and a matrix, in every variant that the processor has.
@Suite struct CKernelsProductTests {
  @Test(arguments: [1, 5, 16, 33, 130], [1, 7, 16, 65, 150, 300])
  func multipliesARow(inner: Int, columns: Int) {
    for kernels in kernelVariants {
      for transposed in [false, true] {
        let x = (0..<inner).map { Float(($0 * 7) % 11) / 4 - 1 }
        // Columns j and j + 13 are equal.
        let b = { (k: Int, j: Int) in Float((k * 5 + j % 13 * 3) % 17) / 8 - 1 }
        let matrix =
          transposed
          ? (0..<columns).flatMap { j in (0..<inner).map { b($0, j) } }
          : (0..<inner).flatMap { k in (0..<columns).map { b(k, $0) } }
        let stride = transposed ? inner : columns
        var plain = [Float](repeating: .nan, count: columns)
        kernels.row_product(inner, columns, x, matrix, stride, transposed, 1, 0, &plain)
        var blended = [Float](repeating: 2, count: columns)
        kernels.row_product(inner, columns, x, matrix, stride, transposed, 0.5, -3, &blended)
        for j in 0..<columns {
          let sum = (0..<inner).reduce(0.0) { $0 + Double(x[$1]) * Double(b($1, j)) }
          #expect(abs(Double(plain[j]) - sum) <= 1e-4)
          #expect(abs(Double(blended[j]) - (0.5 * sum - 6)) <= 1e-4)
          if j >= 13 {
            #expect(plain[j] == plain[j - 13])
            #expect(blended[j] == blended[j - 13])
          }
        }
      }
    }
  }
}
