import Testing

/// Collapsed random networks compute what the masked ones do.
struct CollapsePropertyTests {
  @Test(arguments: 0..<300)
  func equalsMasked(seed: Int) throws {
    let message = try CollapseProperty.check(seed: UInt64(seed), steps: 3 + seed % 8)
    #expect(message == nil, "seed \(seed): \(message ?? "")")
  }
}
