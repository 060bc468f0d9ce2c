import IR
import Testing
import Training

/// What augmentations do to samples and their labels.
@Suite struct AugmentationTests {
  /// One image of 3 by 3 pixels from 1 to 9, each labelled with its own number.
  private func numbered() throws -> Dataset {
    try Dataset(
      elements: .floats((1...9).map { Float($0) }), extents: [1, 3, 3],
      labels: .classes((1...9).map { Int32($0) }, positions: 9))
  }

  /// The batches of the one image in many epochs.
  private func batches(_ text: String, count: Int = 200, of set: Dataset? = nil) throws -> [Batch] {
    let assembler = try BatchAssembler(
      set ?? numbered(), size: 1, metadata: InputMetadata(),
      augmentation: Augmentation(parsing: text))
    return try (0..<count).map { try assembler.batch(0, of: [0], epoch: $0) }
  }

  @Test func verticalFlipTurnsRowsOver() throws {
    let seen = Set(try batches("vflip").map(\.elements))
    #expect(seen == [[1, 2, 3, 4, 5, 6, 7, 8, 9], [7, 8, 9, 4, 5, 6, 1, 2, 3]])
  }

  @Test func shiftRepeatsTheBorderAndItsLabels() throws {
    let found = try batches("shift:1")
    for batch in found { #expect(batch.elements == batch.classes.map { Float($0) }) }
    let seen = Set(found.map(\.elements))
    #expect(seen.count == 9 && seen.contains([1, 1, 2, 1, 1, 2, 4, 4, 5]))
  }

  @Test func cutoutHidesASquareAndItsLabels() throws {
    for batch in try batches("cutout:2") {
      let hidden = batch.elements.indices.filter { batch.elements[$0] == 0 }
      #expect((1...4).contains(hidden.count))
      for place in 0..<9 {
        #expect(batch.classes[place] == (hidden.contains(place) ? -1 : Int64(place + 1)))
      }
    }
  }

  @Test func brightnessAndContrastKeepBytesInRange() throws {
    let set = try Dataset(
      elements: .bytes([0, 60, 120, 250]), extents: [1, 2, 2], labels: .classes([1], positions: 1))
    for text in ["brightness:0.5", "contrast:0.5"] {
      let found = try batches(text, of: set)
      #expect(found.allSatisfy { $0.elements.allSatisfy { (0...1).contains($0) } })
      #expect(Set(found.map(\.elements)).count > 190)
    }
    for batch in try batches("brightness:0.25", of: set) {
      #expect(abs(batch.elements[1] * 2 - batch.elements[2]) < 1e-6 && batch.elements[0] == 0)
      #expect((0.74 * 60 / 255...1.26 * 60 / 255).contains(Double(batch.elements[1])))
    }
  }

  @Test func noiseHasItsDeviation() throws {
    let set = try Dataset(
      elements: .bytes([UInt8](repeating: 128, count: 4096)), extents: [1, 64, 64],
      labels: .classes([1], positions: 1))
    let batch = try batches("noise:0.1", count: 1, of: set)[0]
    let errors = batch.elements.map { Double($0) - 128.0 / 255 }
    let mean = errors.reduce(0, +) / 4096
    let deviation = (errors.reduce(0) { $0 + $1 * $1 } / 4096 - mean * mean).squareRoot()
    #expect(abs(mean) < 0.01 && abs(deviation - 0.1) < 0.005)
  }

  @Test func mixupMixesElementsAndNamesBothLabels() throws {
    let set = try Dataset(
      elements: .floats([0, 1, 2, 3]), extents: [1, 1, 1],
      labels: .classes([0, 1, 2, 3], positions: 1))
    let assembler = try BatchAssembler(
      set, size: 4, metadata: InputMetadata(), augmentation: Augmentation(parsing: "mixup:1"))
    var shares: Set<Float> = []
    for epoch in 0..<50 {
      let batch = try assembler.batch(0, of: [0, 1, 2, 3], epoch: epoch)
      let mixing = try #require(batch.mixing)
      #expect((0...1).contains(mixing.share) && mixing.classes.sorted() == [0, 1, 2, 3])
      for slot in 0..<4 {
        let expected =
          mixing.share * Float(batch.classes[slot]) + (1 - mixing.share)
          * Float(mixing.classes[slot])
        #expect(abs(batch.elements[slot] - expected) < 1e-6)
      }
      shares.insert(mixing.share)
    }
    #expect(shares.count == 50)
  }

  @Test func wrongUsesAreRefused() throws {
    let row = try Dataset(
      elements: .floats([0, 1, 2, 3]), extents: [4], labels: .classes([1], positions: 1))
    #expect(throws: Diagnostic.self) { try batches("flip", of: row) }
  }

  @Test func measuresMeansAndDeviations() throws {
    let set = try Dataset(
      elements: .bytes([0, 255, 51, 51, 255, 0, 51, 51]), extents: [2, 1, 2],
      labels: .classes([0, 1], positions: 1))
    let metadata = try InputMetadata.measured(on: set)
    #expect(metadata.mean == [0.5, 0.2] && metadata.std == [0.5, 1])
  }
}
