import IR

/// Named arrays in NumPy's `.npz` format: a zip archive of `.npy` files.
public enum NumPyArchive {
  /// Reads all arrays, by name without the suffix `.npy`, in the order of the archive.
  ///
  /// Throws an `invalid` diagnostic for a damaged archive or array.
  public static func read(
    _ bytes: [UInt8]
  ) throws(Diagnostic) -> [(name: String, array: Tensor)] {
    let archive = try ZipArchive(bytes)
    var arrays: [(name: String, array: Tensor)] = []
    for entry in archive.entries {
      guard entry.name.hasSuffix(".npy") else {
        throw .invalid("member '\(entry.name)' of a .npz archive is no .npy file")
      }
      let content = try archive.content(of: entry)
      let name = String(entry.name.dropLast(4))
      do {
        arrays.append((name, try NumPyArray.read(content)))
      } catch {
        throw Diagnostic(error.level, kind: error.kind, "array '\(name)': \(error.message)")
      }
    }
    return arrays
  }

  /// The `.npz` file of the arrays, stored without compression.
  ///
  /// Throws an `unsupported` diagnostic for types that NumPy lacks and for 4 GiB and more.
  public static func write(
    _ arrays: [(name: String, array: Tensor)]
  ) throws(Diagnostic) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, array) in arrays {
      let content = try NumPyArray.write(array)
      let path = Array((name + ".npy").utf8)
      guard let size = UInt32(exactly: content.count), let offset = UInt32(exactly: file.count),
        let nameLength = UInt16(exactly: path.count)
      else { throw .unsupported("a .npz archive of 4 GiB or more") }
      // Version 2.0, names in UTF-8, stored, 1 January 1980, so that equal arrays make equal files.
      let common: [UInt8] =
        little(20 as UInt16) + little(0x800 as UInt16) + little(0 as UInt16) + little(0 as UInt16)
        + little(0x21 as UInt16) + little(ZipArchive.checksum(content)) + little(size)
        + little(size) + little(nameLength)
      file += little(0x0403_4B50 as UInt32) + common + little(0 as UInt16) + path + content
      directory += little(0x0201_4B50 as UInt32) + little(20 as UInt16) + common
      directory += [UInt8](repeating: 0, count: 12) + little(offset) + path
    }
    guard let length = UInt32(exactly: directory.count), let start = UInt32(exactly: file.count),
      let count = UInt16(exactly: arrays.count)
    else { throw .unsupported("a .npz archive of 4 GiB or more") }
    file += directory + little(0x0605_4B50 as UInt32) + little(0 as UInt32)
    file += little(count) + little(count) + little(length) + little(start) + little(0 as UInt16)
    return file
  }

  private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
