import IR
import Testing
import Training

@Suite struct BatchTests {
  private func images(_ count: Int, _ extents: [Int]) throws -> Dataset {
    let size = extents.reduce(1, *)
    return try Dataset(
      elements: .bytes((0..<(count * size)).map { UInt8($0 % 251) }), extents: extents,
      labels: .classes((0..<count).map { Int32($0) }, positions: 1))
  }

  @Test func splitIsSeededAndDisjoint() throws {
    let set = try images(50, [1, 2, 2])
    let (training, validation) = set.split(validation: 12, seed: 3)
    #expect(training.count == 38 && validation.count == 12)
    #expect(Set(training.indices).isDisjoint(with: validation.indices))
    #expect(Set(training.indices).union(validation.indices) == Set(0..<50))
    #expect(set.split(validation: 12, seed: 3).validation.indices == validation.indices)
    #expect(set.split(validation: 12, seed: 4).validation.indices != validation.indices)
  }

  @Test func epochVisitsEachSampleOnce() throws {
    let assembler = try BatchAssembler(images(23, [1, 2, 2]), size: 5, metadata: InputMetadata())
    var orders: [[Int]] = []
    for epoch in 0..<2 {
      let order = assembler.order(epoch: epoch)
      var labels: [Int64] = []
      for number in 0..<5 { labels += try assembler.batch(number, of: order, epoch: epoch).classes }
      #expect(labels.sorted() == (0..<23).map(Int64.init))
      orders.append(order)
    }
    #expect(orders[0] != orders[1])
  }

  @Test func normalizesEachChannelAndTurnsAxes() throws {
    let set = try images(1, [2, 1, 2])
    let metadata = InputMetadata(mean: [0.5, 0], std: [0.25, 2], layout: .nhwc)
    let batch = try BatchAssembler(set, size: 1, metadata: metadata).batch(0, of: [0], epoch: 0)
    func first(_ x: Double) -> Float { Float(x / 255 / 0.25 - 2) }
    func second(_ x: Double) -> Float { Float(x / 255 / 2) }
    let expected = [first(0), second(2), first(1), second(3)]
    for (found, wanted) in zip(batch.elements, expected) { #expect(abs(found - wanted) < 1e-6) }
  }

  @Test func augmentationMirrorsAndShifts() throws {
    let set = try Dataset(
      elements: .floats((1...9).map { Float($0) }), extents: [1, 3, 3],
      labels: .classes((1...9).map { Int32($0) }, positions: 9))
    let assembler = try BatchAssembler(
      set, size: 1, metadata: InputMetadata(), augmentation: Augmentation(flip: true, crop: 1))
    var seen: Set<[Float]> = []
    for epoch in 0..<400 {
      let batch = try assembler.batch(0, of: [0], epoch: epoch)
      seen.insert(batch.elements)
      for (element, label) in zip(batch.elements, batch.classes) {
        #expect(label == (element == 0 ? -1 : Int64(element)))
      }
    }
    #expect(seen.count == 18)
    #expect(seen.contains([3, 2, 1, 6, 5, 4, 9, 8, 7]))
    #expect(seen.contains([0, 0, 0, 0, 1, 2, 0, 4, 5]))
  }

  @Test(arguments: ["flip", "crop:2", "flip,crop:4", "none", ""])
  func readsAugmentations(_ text: String) throws {
    let parsed = try Augmentation(parsing: text)
    #expect(parsed.flip == text.contains("flip"))
    #expect(parsed.crop == (text.contains("crop:2") ? 2 : text.contains("crop:4") ? 4 : 0))
  }

  @Test(arguments: [
    "rotate", "crop", "crop:-1", "crop:x", "flip:2", "noise:-1", "brightness:2", "mixup", "cutout:",
    "crop:2,shift:2", "contrast:nan",
  ])
  func rejectsAugmentations(_ text: String) {
    #expect(throws: Diagnostic.self) { try Augmentation(parsing: text) }
  }

  @Test func metadataSurvivesAModel() throws {
    var model = Model(graph: Graph(name: "g"))
    #expect(try InputMetadata(of: model) == nil)
    let metadata = InputMetadata(mean: [0.1, 0.2], std: [1, 3], layout: .nhwc, classes: 7)
    metadata.write(to: &model)
    #expect(try InputMetadata(of: model) == metadata)
    for text in [
      "{", "{\"mean\":[],\"std\":[1],\"layout\":\"nchw\"}",
      "{\"mean\":[0],\"std\":[0],\"layout\":\"nchw\"}",
    ] {
      model[metadata: InputMetadata.key] = text
      #expect(throws: Diagnostic.self) { try InputMetadata(of: model) }
    }
  }

  @Test func generatorIsFixed() {
    var random = RandomSource(seed: 0)
    let numbers = (0..<3).map { _ in random.next() }
    #expect(numbers == [0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0])
    var dice = RandomSource(seed: 1)
    let counts = (0..<6000).reduce(into: [Int](repeating: 0, count: 6)) { counts, _ in
      counts[dice.below(6)] += 1
    }
    #expect(counts.allSatisfy { (850...1150).contains($0) })
  }
}
