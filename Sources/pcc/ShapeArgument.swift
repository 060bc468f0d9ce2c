/// The argument of `--shape`: an input's name and its extents, split at the last colon.
struct ShapeArgument: Hashable {
  var name: String
  var extents: [Int]

  /// Reads `name:1,3,224,224` or `name:1x3x224x224`; nil for anything else.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else { return nil }
    let list = text[text.index(after: colon)...]
    let separator: Character = list.contains(",") ? "," : "x"
    let parts =
      list.isEmpty ? [] : list.split(separator: separator, omittingEmptySubsequences: false)
    let extents = parts.compactMap { Int($0) }
    guard extents.count == parts.count, extents.allSatisfy({ $0 >= 0 && $0 < 1 << 40 }) else {
      return nil
    }
    self.name = String(text[..<colon])
    self.extents = extents
  }
}
