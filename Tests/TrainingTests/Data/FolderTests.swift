import Foundation
import IR
import TestSupport
import Testing
import Training

/// Data sets in folders and archives.
@Suite struct FolderTests {
  private let images = ImageTests.folder

  @Test func readsAFolderAClass() throws {
    let source = try DataSource.read(images + "/folders")
    let training = try #require(source.training)
    let evaluation = try #require(source.evaluation)
    #expect(source.validation == nil)
    #expect(training.count == 6 && evaluation.count == 2)
    #expect(training.classNames == ["bee", "wasp"] && evaluation.classNames == ["bee", "wasp"])
    let fitted = try training.fitting([1, 6, 6], nil)
    for position in 0..<6 {
      let bytes = try #require(fitted.sample(position).elements.bytes)
      #expect(try fitted.label(position) == .classes([bytes[0] > 100 ? 0 : 1]))
    }
    #expect(throws: Diagnostic.self) { try training.bytes }
  }

  @Test func splitsAFolderWithoutPartsTheSameWayEveryTime() throws {
    let image = try FileBytes.read(images + "/forms/grey.png")
    var files: [String: [UInt8]] = [:]
    for number in 0..<20 { files["\(number % 2 == 0 ? "a" : "b")/\(number).png"] = image }
    try ImageTests.withTree(files) { folder in
      let sources = try (0..<2).map { _ in try DataSource.read(folder) }
      let evaluation = try #require(sources[0].evaluation)
      let training = try #require(sources[0].training)
      #expect(training.count == 18 && evaluation.count == 2)
      #expect(Set(training.indices).isDisjoint(with: evaluation.indices))
      #expect(try (0..<2).map { try evaluation.label($0) } == [.classes([0]), .classes([1])])
      #expect(evaluation.indices == sources[1].evaluation?.indices)
    }
  }

  /// Where labels are masks, all differ, and a tenth of the samples is taken all the same.
  @Test func splitsAnArchiveOfMasks() throws {
    let image = try FileBytes.read(images + "/forms/grey.png")
    let masks = try ["bits.png", "palette.png"].map { try FileBytes.read(images + "/forms/" + $0) }
    let files = (0..<20).flatMap { [("\($0).png", image), ("\($0).mask.png", masks[$0 % 2])] }
    try IDXTests.withFolder(["scenes.tar": Tar.archive(files)]) {
      let source = try DataSource.read($0 + "/scenes.tar")
      #expect(source.training?.count == 18 && source.evaluation?.count == 2)
    }
  }

  @Test func takesImagesAlone() throws {
    let image = try FileBytes.read(images + "/forms/grey.png")
    try IDXTests.withFolder(["a.png": image, "b.png": image, "notes.txt": [65]]) {
      let set = try #require(try DataSource.read($0).training)
      #expect(set.count == 2 && set.labels == LabelKind.none)
    }
  }

  @Test func classesGoByName() throws {
    let set = try #require(try DataSource.read(images + "/folders").evaluation)
    let turned = try set.numbered(as: ["ant", "wasp", "bee"])
    #expect(try (0..<2).map { try turned.label($0) } == [.classes([2]), .classes([1])])
    #expect(throws: Diagnostic.self) { try set.numbered(as: ["ant", "bee"]) }
  }

  @Test func readsArchives() throws {
    let packed = try FileBytes.read(images + "/train.tar.gz")
    for path in [images + "/train.tar.gz", images] where path != images || packed.count > 0 {
      let set = try #require(try DataSource.read(path).training)
      #expect(set.count == 6 && set.extents == [1, 6, 6] && set.classNames == ["bee", "wasp"])
      for position in 0..<6 {
        let bytes = try #require(set.sample(position).elements.bytes)
        #expect(try set.label(position) == .classes([bytes[0] > 100 ? 0 : 1]))
      }
    }
  }

  @Test func readsArchivesOfArraysAndMasks() throws {
    let array = try NumPyArray.write(Tensor((0..<4).map { Float($0) }, shape: [1, 2, 2]))
    let image = try FileBytes.read(images + "/forms/grey.png")
    let mask = try FileBytes.read(images + "/forms/bits.png")
    let arrays = Tar.archive([
      ("a.npy", array), ("a.cls", [0x33]), ("b.npy", array), ("b.cls", [0x30]),
    ])
    let masks = Tar.archive([("x/a.png", image), ("x/a.seg.png", mask)])
    try IDXTests.withFolder(["train-0.tar": arrays, "val-0.tar": arrays]) {
      let source = try DataSource.read($0)
      let set = try #require(source.training)
      #expect(set.labels == .classes(positions: 1) && source.evaluation?.count == 2)
      #expect(try set.label(0) == .classes([3]))
      let floats = try #require(set.sample(1).elements.floats)
      #expect(floats == [0, 1, 2, 3])
    }
    try IDXTests.withFolder(["train.tar": masks]) {
      let set = try #require(try DataSource.read($0).training)
      #expect(set.labels == .classes(positions: 130))
    }
  }

  @Test func readsCIFAR() throws {
    func record(_ labels: [UInt8], _ seed: Int) -> [UInt8] {
      labels + (0..<3072).map { UInt8(truncatingIfNeeded: $0 + seed) }
    }
    try IDXTests.withFolder([
      "data_batch_1.bin": record([3], 0) + record([9], 1), "data_batch_2.bin": record([0], 2),
      "test_batch.bin": record([1], 3),
    ]) { folder in
      let source = try DataSource.read(folder)
      let set = try #require(source.training)
      #expect(set.count == 3 && set.extents == [3, 32, 32] && source.evaluation?.count == 1)
      #expect(try (0..<3).map { try set.label($0) } == [3, 9, 0].map { .classes([$0]) })
      let bytes = try #require(set.sample(2).elements.bytes)
      #expect(bytes == Array(record([], 2)))
      #expect(try DataSource.read(folder + "/data_batch_1.bin").training?.count == 2)
    }
    try IDXTests.withFolder(["train.bin": record([4, 77], 0)]) {
      let set = try #require(try DataSource.read($0).training)
      #expect(try set.label(0) == .classes([77]))
    }
  }
}
