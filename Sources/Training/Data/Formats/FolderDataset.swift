import Foundation
import IR

/// Images in folders: a folder a class, or images beside their masks.
///
/// Parts are folders `train`, `val` or `valid`, and `test`; where there is no `test`, the
/// validation part is what is evaluated on. A folder of classes without parts is split: a tenth of
/// each class, the same at every time, is evaluated on.
enum FolderDataset {
  /// Reads a folder; nil if it holds nothing of the kind.
  static func read(_ folder: String) throws(Diagnostic) -> DataSource? {
    let parts = try list(folder, folders: true)
    let names = [["train", "training"], ["val", "valid", "validation"], ["test", "testing"]].map {
      words in parts.first { words.contains($0.lowercased()) }
    }
    let known = try ClassNames.read("\(folder)/classes.txt")
    guard names.contains(where: { $0 != nil }) else { return try single(folder, parts, known) }
    var classes = known
    var sets: [Dataset?] = []
    for name in names {
      guard let name else {
        sets.append(nil)
        continue
      }
      let set = try part("\(folder)/\(name)", &classes)
      sets.append(set)
    }
    return DataSource(train: sets[0], val: sets[1], test: sets[2])
  }

  /// A folder that has no parts.
  private static func single(_ folder: String, _ folders: [String], _ known: [String]?)
    throws(Diagnostic) -> DataSource?
  {
    let isMasked = folders.contains("images") && folders.contains("masks")
    if folders.isEmpty {
      let images = try list(folder, folders: false).filter(ImageDecoder.knows)
      if images.isEmpty { return nil }
      let items = images.map {
        ImageStore.Item(image: .path("\(folder)/\($0)"), mask: nil, label: nil)
      }
      return DataSource(
        training: try Dataset(ImageStore(items: items), labelFile: folder), evaluation: nil)
    }
    var classes = known
    let set = try part(folder, &classes)
    if isMasked { return DataSource(training: set, evaluation: nil) }
    return set.splitByName()
  }

  /// The samples of one part; classes that are not known yet are numbered in the order of their
  /// names.
  private static func part(_ folder: String, _ classes: inout [String]?) throws(Diagnostic)
    -> Dataset
  {
    let folders = try list(folder, folders: true)
    if folders.contains("images") && folders.contains("masks") {
      return try masked(folder, classes)
    }
    guard !folders.isEmpty else {
      throw Diagnostic.invalid("holds no folders, expected one a class, or images and masks")
        .inFile(folder)
    }
    let names = classes ?? folders
    classes = names
    var items: [ImageStore.Item] = []
    for name in folders {
      guard let label = names.firstIndex(of: name) else {
        throw Diagnostic.invalid(
          "class '\(name)' is none of those known: \(names.prefix(12).joined(separator: ", "))"
        ).inFile(folder)
      }
      for file in try list("\(folder)/\(name)", folders: false) where ImageDecoder.knows(file) {
        items.append(
          ImageStore.Item(
            image: .path("\(folder)/\(name)/\(file)"), mask: nil, label: Int32(label)))
      }
    }
    guard !items.isEmpty else {
      throw Diagnostic.invalid("holds folders, but no PNG or JPEG files in them").inFile(folder)
    }
    return try Dataset(ImageStore(items: items), labelFile: folder, classNames: names)
  }

  /// Images `images/NAME.jpg` or `.png` with masks `masks/NAME.png`.
  private static func masked(_ folder: String, _ classes: [String]?) throws(Diagnostic) -> Dataset {
    let masks = Set(try list("\(folder)/masks", folders: false))
    var items: [ImageStore.Item] = []
    for file in try list("\(folder)/images", folders: false) where ImageDecoder.knows(file) {
      let stem = file.prefix(upTo: file.lastIndex(of: ".") ?? file.endIndex)
      guard masks.contains("\(stem).png") else {
        throw Diagnostic.environment("no such file, expected the mask of 'images/\(file)'")
          .inFile("\(folder)/masks/\(stem).png")
      }
      items.append(
        ImageStore.Item(
          image: .path("\(folder)/images/\(file)"), mask: .path("\(folder)/masks/\(stem).png"),
          label: nil))
    }
    return try Dataset(
      ImageStore(items: items), labelFile: "\(folder)/masks", classNames: classes)
  }

  /// The names in a folder that are no hidden ones, folders or files, in the order of their bytes.
  private static func list(_ folder: String, folders: Bool) throws(Diagnostic) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw Diagnostic.environment("cannot be read").inFile(folder)
    }
    return names.filter { name in
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(
        atPath: "\(folder)/\(name)", isDirectory: &isFolder)
      return exists && !name.hasPrefix(".") && isFolder.boolValue == folders
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
