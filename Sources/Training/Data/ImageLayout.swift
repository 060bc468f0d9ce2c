import IR

/// Images with their channels last, turned so that they come first.
enum ImageLayout {
  /// The extents of a sample, channels first, from those in a file; two extents are an image of one
  /// channel.
  static func extents(of found: [Int], _ layout: SampleLayout) -> [Int] {
    if layout == .nhwc && found.count == 3 { return [found[2], found[0], found[1]] }
    return found.count == 2 ? [1] + found : found
  }

  /// The elements of a sample of extents [height, width, channels] with the channels first.
  static func channelsFirst<Element>(_ elements: [Element], _ extents: [Int]) -> [Element] {
    let (area, channels) = (extents[0] * extents[1], extents[2])
    guard channels > 1 else { return elements }
    return [Element](unsafeUninitializedCapacity: elements.count) { target, count in
      for channel in 0..<channels {
        for place in 0..<area {
          target.initializeElement(
            at: channel * area + place, to: elements[place * channels + channel])
        }
      }
      count = area * channels
    }
  }
}
