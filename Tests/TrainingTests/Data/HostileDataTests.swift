import Foundation
import IR
import TestSupport
import Testing
import Training

/// Data sets of damaged and malicious files: each is read, or refused with a diagnostic that names
/// a file; nothing traps.
@Suite struct HostileDataTests {
  /// A data set whose file `name` is damaged.
  struct Victim: Sendable, CustomStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// The other files.
    var others: [String: [UInt8]] = [:]
    var description: String { name }
  }

  static func victims() throws -> [Victim] {
    let forms = ImageTests.folder + "/forms/"
    func form(_ name: String) throws -> [UInt8] { try FileBytes.read(forms + name) }
    let x = Tensor((0..<24).map { UInt8($0) }, shape: [2, 1, 3, 4])
    let y = Tensor([Int64(1), 0])
    let image = try form("grey.png")
    var victims = try ["color.png", "palette.png", "color.jpg", "progressive.jpg", "inks.jpg"].map {
      Victim(name: $0, bytes: try form($0))
    }
    victims += [
      Victim(name: "masks/a.png", bytes: try form("palette.png"), others: ["images/a.png": image]),
      Victim(name: "data.npz", bytes: try NumPyArchive.write([("x", x), ("y", y)])),
      Victim(name: "data.npy", bytes: try NumPyArray.write(x)),
      Victim(
        name: "train-images-idx3-ubyte", bytes: IDXTests.images,
        others: ["train-labels-idx1-ubyte": IDXTests.labels]),
      Victim(
        name: "train-labels-idx1-ubyte", bytes: IDXTests.labels,
        others: ["train-images-idx3-ubyte": IDXTests.images]),
      Victim(
        name: "train.tar",
        bytes: Tar.archive([
          ("a.png", image), ("a.cls", [0x31]), ("b.png", image), ("b.cls", [0x30]),
        ])),
      Victim(name: "train.tar.gz", bytes: try FileBytes.read(ImageTests.folder + "/train.tar.gz")),
      Victim(name: "data_batch_1.bin", bytes: [1] + [UInt8](repeating: 7, count: 3072)),
      Victim(name: "classes.txt", bytes: Array("a\nb\n".utf8), others: ["train/a/i.png": image]),
    ]
    return victims
  }

  /// Reads all that a folder or file holds; returns the diagnostic if it is refused.
  private func read(_ path: String) -> Diagnostic? {
    do throws(Diagnostic) {
      let source = try DataSource.read(path)
      for set in [source.training, source.validation, source.evaluation] {
        guard let set else { continue }
        let fitted = try set.fitting([3, 8, 8], set.isImages ? .stretch : nil)
        for position in 0..<min(fitted.count, 8) { _ = try fitted.sample(position) }
      }
      return nil
    } catch { return error }
  }

  private func check(_ victim: Victim, _ bytes: [UInt8], _ what: String) throws {
    try ImageTests.withTree(victim.others.merging([victim.name: bytes]) { $1 }) { folder in
      let isFile = victim.name.hasPrefix("data.")
      guard let refusal = read(isFile ? folder + "/" + victim.name : folder) else { return }
      #expect(refusal.kind != .bug && refusal.site.file != nil, "\(what): \(refusal)")
      #expect(!refusal.description.contains("\n"), "\(what): \(refusal)")
    }
  }

  @Test(arguments: 0..<14) func flippedBytesAreReadOrRefused(_ index: Int) throws {
    let victim = try Self.victims()[index]
    var random = RandomSource(seed: 11, stream: UInt64(index))
    for round in 0..<120 {
      var bytes = victim.bytes
      for _ in 0...random.below(3) {
        // The head of a file says most about the rest, so it is hit more often.
        let reach = random.below(2) == 0 ? min(bytes.count, 64) : bytes.count
        bytes[random.below(reach)] = UInt8(random.below(256))
      }
      try check(victim, bytes, "round \(round)")
    }
  }

  @Test(arguments: 0..<14) func truncatedFilesAreReadOrRefused(_ index: Int) throws {
    let victim = try Self.victims()[index]
    var random = RandomSource(seed: 12, stream: UInt64(index))
    for round in 0..<40 {
      let count = round == 0 ? 0 : random.below(victim.bytes.count)
      try check(victim, Array(victim.bytes[..<count]), "\(count) bytes")
    }
  }

  /// A file that must be refused, and what the message must say.
  struct Refusal: Sendable, CustomStringConvertible {
    let description: String
    let files: [String: [UInt8]]
    let path: String
    let parts: [String]
  }

  static func refusals() throws -> [Refusal] {
    let image = try FileBytes.read(ImageTests.folder + "/forms/grey.png")
    let color = try FileBytes.read(ImageTests.folder + "/forms/color.png")
    let photo = try FileBytes.read(ImageTests.folder + "/forms/color.jpg")
    var wide = image
    wide.replaceSubrange(16..<24, with: [0, 1, 0, 0, 0, 1, 0, 0])
    var large = photo
    if let frame = large.indices.dropLast(8).first(where: {
      large[$0] == 0xFF && large[$0 + 1] == 0xC0
    }) {
      large.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0xFF, 0xFF, 0xFF])
    }
    let text = Array(
      "{'descr': '|u1', 'fortran_order': False, 'shape': (4611686018427387904, 4), }\n".utf8)
    let overflow: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(text.count), 0] + text
    func labelled(_ label: String) -> [UInt8] {
      Tar.archive([("a.png", image), ("a.cls", Array(label.utf8))])
    }
    return [
      Refusal(
        description: "more pixels than anyone has", files: ["a.png": wide], path: "",
        parts: ["a.png"]),
      Refusal(
        description: "a photo of four thousand million pixels", files: ["a.jpg": large], path: "",
        parts: ["a.jpg", "pixels"]),
      Refusal(
        description: "a photo cut short", files: ["a.jpg": Array(photo.dropLast(60))], path: "",
        parts: ["a.jpg", "image"]),
      Refusal(
        description: "a coloured mask", files: ["images/a.png": image, "masks/a.png": color],
        path: "", parts: ["masks/a.png", "palette"]),
      Refusal(
        description: "a mask of another size",
        files: [
          "images/a.png": try FileBytes.read(ImageTests.folder + "/folders/val/bee/0.png"),
          "masks/a.png": image,
        ],
        path: "", parts: ["masks/a.png", "10x13", "6x6"]),
      Refusal(
        description: "no mask", files: ["images/a.png": image, "masks/b.png": image], path: "",
        parts: ["masks/a.png", "images/a.png"]),
      Refusal(
        description: "an unknown class",
        files: ["train/a/i.png": image, "val/b/i.png": image], path: "", parts: ["val", "'b'"]),
      Refusal(
        description: "no images", files: ["train/a/readme": [1], "train/b/readme": [1]], path: "",
        parts: ["train", "PNG or JPEG"]),
      Refusal(
        description: "half a record", files: ["data_batch_1.bin": [1, 2, 3]], path: "",
        parts: ["data_batch_1.bin", "3 bytes", "3073"]),
      Refusal(
        description: "a class beyond ten",
        files: ["test_batch.bin": [10] + [UInt8](repeating: 0, count: 3072)], path: "",
        parts: ["test_batch.bin", "offset 0", "below 10"]),
      Refusal(
        description: "a shape that overflows", files: ["x.npy": overflow], path: "/x.npy",
        parts: ["x.npy", "4611686018427387904"]),
      Refusal(
        description: "a file larger than its archive",
        files: ["train.tar": Tar.header("a.png", 1 << 32) + image], path: "",
        parts: ["train.tar", "offset 0", "4294967296"]),
      Refusal(
        description: "a header that was changed",
        files: ["train.tar": [0x62] + labelled("1").dropFirst()], path: "",
        parts: ["train.tar", "offset 0", "checksum"]),
      Refusal(
        description: "two images of one name",
        files: ["train.tar": Tar.archive([("a.png", image), ("a.jpg", photo)])], path: "",
        parts: ["train.tar: a.jpg", "two files"]),
      Refusal(
        description: "labels for some",
        files: ["train.tar": Tar.archive([("a.png", image), ("a.cls", [0x31]), ("b.png", image)])],
        path: "", parts: ["train.tar: b.png", "same kinds"]),
      Refusal(
        description: "an empty archive", files: ["train.tar": Tar.archive([])], path: "",
        parts: ["train.tar", "no samples"]),
    ]
  }

  @Test(arguments: 0..<16) func isRefused(_ index: Int) throws {
    let test = try Self.refusals()[index]
    try ImageTests.withTree(test.files) { folder in
      let refusal = try #require(read(folder + test.path), "\(test)")
      for part in test.parts {
        #expect(refusal.description.contains(part), "\(test): \(refusal)")
      }
    }
  }

  @Test func aBombOfTarHeadersStaysSmall() throws {
    let header = Tar.header("a.txt", 0)
    var bytes: [UInt8] = []
    for _ in 0..<4096 { bytes += header }
    try IDXTests.withFolder(["train.tar.gz": bytes]) {
      #expect(read($0)?.description.contains("no samples") == true)
    }
  }
}
