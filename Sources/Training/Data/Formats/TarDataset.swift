import Foundation
import IR

/// Samples in tar archives, plain or compressed by gzip, in the manner of WebDataset: the files of
/// a sample share their name up to the first dot. `.png`, `.jpg` or `.jpeg` is an image, `.npy` an
/// array of channels first in its place; `.cls` a class as text, a number or a name; `.mask.png` or
/// `.seg.png` a mask. Other files are passed over.
enum TarDataset {
  /// Reads the archives of a folder: those whose names begin with `train`, `val` and `test` are the
  /// parts, each perhaps in several archives. Nil if there are none.
  static func readFolder(_ folder: String) throws(Diagnostic) -> DataSource? {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter(knows).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    if names.isEmpty { return nil }
    let known = try ClassNames.read("\(folder)/classes.txt")
    var parts: [[String]] = []
    for word in ["train", "val", "test"] {
      parts.append(names.filter { $0.hasPrefix(word) }.map { "\(folder)/\($0)" })
    }
    if parts.allSatisfy(\.isEmpty) {
      return try dataset(names.map { "\(folder)/\($0)" }, known).splitByName()
    }
    var classes = known
    var sets: [Dataset?] = []
    for paths in parts {
      let set = try paths.isEmpty ? nil : dataset(paths, classes)
      classes = classes ?? set?.classNames
      sets.append(set)
    }
    return DataSource(train: sets[0], val: sets[1], test: sets[2])
  }

  /// Reads one archive; a part if its name says so, else it is split.
  static func readFile(_ path: String) throws(Diagnostic) -> DataSource {
    let name = URL(fileURLWithPath: path).lastPathComponent
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let set = try dataset([path], ClassNames.read("\(folder)/classes.txt"))
    if name.hasPrefix("train") { return DataSource(training: set, evaluation: nil) }
    if name.hasPrefix("val") || name.hasPrefix("test") {
      return DataSource(training: nil, evaluation: set)
    }
    return set.splitByName()
  }

  /// Whether a file's name is that of an archive.
  static func knows(_ name: String) -> Bool {
    [".tar", ".tar.gz", ".tgz"].contains { name.hasSuffix($0) } && !name.hasPrefix(".")
  }

  /// The files of a sample.
  private struct Group {
    var path: String
    var image: TarFile.Entry?
    var array: TarFile.Entry?
    var mask: TarFile.Entry?
    var label: String?
  }

  private static func dataset(_ paths: [String], _ known: [String]?) throws(Diagnostic) -> Dataset {
    var order: [String] = []
    var groups: [String: Group] = [:]
    for path in paths {
      for entry in try TarFile.entries(expanded(path)) {
        let (key, ending) = split(entry.name)
        let place = "\(path): \(key)"
        var group = groups[place] ?? Group(path: path)
        guard try take(entry, ending, into: &group) else { continue }
        if groups.updateValue(group, forKey: place) == nil { order.append(place) }
      }
    }
    let samples = order.compactMap { groups[$0] }.filter { $0.image != nil || $0.array != nil }
    guard !samples.isEmpty else {
      throw Diagnostic.invalid("holds no samples, expected files like NAME.png and NAME.cls")
        .inFile(paths[0])
    }
    return try dataset(samples, known, paths[0])
  }

  /// The archive's bytes, expanded if they are compressed.
  private static func expanded(_ path: String) throws(Diagnostic) -> DataFile {
    let file = try DataFile(path: path)
    guard file.count >= 2, try file.read(0, 2) == [0x1F, 0x8B] else { return file }
    return try CompressedFile(path: path).rest()
  }

  /// A name up to the first dot of its last part, and what follows the dot.
  private static func split(_ name: String) -> (key: String, ending: String) {
    let slash = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    guard let dot = name[slash...].firstIndex(of: "."), dot != slash else { return (name, "") }
    return (String(name[..<dot]), name[name.index(after: dot)...].lowercased())
  }

  /// Puts a file into its sample; returns whether it is of a kind that is read.
  private static func take(_ entry: TarFile.Entry, _ ending: String, into group: inout Group)
    throws(Diagnostic) -> Bool
  {
    let isTwice: Bool
    switch ending {
    case "png", "jpg", "jpeg":
      isTwice = group.image != nil
      group.image = entry
    case "npy":
      isTwice = group.array != nil
      group.array = entry
    case "mask.png", "seg.png":
      isTwice = group.mask != nil
      group.mask = entry
    case "cls":
      isTwice = group.label != nil
      guard entry.content.count <= 4096 else {
        throw Diagnostic.invalid("has \(entry.content.count) bytes, expected a class")
          .inFile("\(group.path): \(entry.name)")
      }
      let bytes = try entry.content.read(0, entry.content.count)
      group.label = String(decoding: bytes, as: UTF8.self).trimmingCharacters(
        in: .whitespacesAndNewlines)
    default: return false
    }
    if isTwice {
      throw Diagnostic.invalid("a sample has two files of this kind")
        .inFile("\(group.path): \(entry.name)")
    }
    return true
  }

  private static func dataset(_ samples: [Group], _ known: [String]?, _ path: String)
    throws(Diagnostic) -> Dataset
  {
    func name(_ entry: TarFile.Entry?) -> String { entry.map(\.name) ?? "" }
    let isMasked = samples[0].mask != nil
    let isLabelled = samples[0].label != nil
    let isArray = samples[0].image == nil
    for sample in samples
    where (sample.mask != nil) != isMasked || (sample.label != nil) != isLabelled
      || (sample.image == nil) != isArray
    {
      throw Diagnostic.invalid("the sample does not have the same kinds of files as the first one")
        .inFile("\(sample.path): \(name(sample.image ?? sample.array))")
    }
    let (labels, names) =
      try isLabelled && !isMasked ? classes(samples, known) : ([Int32?](), known)
    func label(_ index: Int) -> Int32? { labels.isEmpty ? nil : labels[index] }
    if isArray {
      let items = samples.enumerated().compactMap { index, sample in
        sample.array.map { ArrayFileStore.Item(array: $0, label: label(index), path: sample.path) }
      }
      return try Dataset(ArrayFileStore(items: items), labelFile: path, classNames: names)
    }
    let items = samples.enumerated().compactMap { index, sample -> ImageStore.Item? in
      sample.image.map {
        ImageStore.Item(
          image: .part($0.content, name: $0.name),
          mask: sample.mask.map { .part($0.content, name: $0.name) }, label: label(index))
      }
    }
    return try Dataset(ImageStore(items: items), labelFile: path, classNames: names)
  }

  /// The classes of samples: the numbers their labels are, or those of the names they are in order.
  private static func classes(_ samples: [Group], _ known: [String]?) throws(Diagnostic)
    -> (labels: [Int32?], names: [String]?)
  {
    let texts = samples.map { $0.label ?? "" }
    let numbers = texts.map { Int32($0) }
    if numbers.allSatisfy({ $0.map { $0 >= 0 } ?? false }) { return (numbers, known) }
    let names = known ?? Set(texts).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var labels: [Int32?] = []
    for (index, text) in texts.enumerated() {
      guard let number = names.firstIndex(of: text), !text.isEmpty else {
        throw Diagnostic.invalid(
          "class '\(text.prefix(40))' is none of those known:"
            + " \(names.prefix(12).joined(separator: ", "))"
        ).inFile("\(samples[index].path): \(samples[index].image?.name ?? "")")
      }
      labels.append(Int32(number))
    }
    return (labels, names)
  }
}
