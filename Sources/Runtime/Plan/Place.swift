import CKernels
import IR

/// How a tensor's elements lie in memory.
enum Layout: Hashable {
  /// As ONNX orders them, without gaps.
  case rowMajor
  /// Channels last, for tensors of batch, channels and one to three spatial axes, with a border of
  /// zeros round each image. A volume is a sequence of images: batch, depth, height, width,
  /// channels.
  case channelsLast(Border)
}

/// The width of the zeros round an image, in pixels.
struct Border: Hashable {
  var top = 0
  var left = 0
  var bottom = 0
  var right = 0

  /// No border.
  static let none = Border()

  /// Creates no border.
  init() {}

  /// Creates the border a kernel asks for.
  init(_ border: ck_border) {
    top = border.top
    left = border.left
    bottom = border.bottom
    right = border.right
  }

  /// The border for the kernels.
  var kernel: ck_border { ck_border(top: top, left: left, bottom: bottom, right: right) }

  /// Whether there is one.
  var isNone: Bool { self == .none }

  /// Whether it is narrow enough to be worth its memory.
  var isModest: Bool { [top, left, bottom, right].allSatisfy { $0 < 1 << 12 } }

  /// Whether it is at least as wide as `other` on every side.
  func covers(_ other: Border) -> Bool {
    top >= other.top && left >= other.left && bottom >= other.bottom && right >= other.right
  }

  /// The narrowest border that covers both.
  func union(_ other: Border) -> Border {
    var union = self
    union.top = max(top, other.top)
    union.left = max(left, other.left)
    union.bottom = max(bottom, other.bottom)
    union.right = max(right, other.right)
    return union
  }
}

/// Where a value lives: a buffer of the plan and the layout of the elements in it.
struct Place: Hashable {
  var buffer: Int
  var layout: Layout
  var element: ElementType
  var shape: [Int]

  /// The number of elements, borders not counted.
  var count: Int { shape.reduce(1, *) }

  /// The bytes the elements take in the layout; `Place.tooManyBytes` where they are more.
  var byteCount: Int {
    let bytes: Int?
    switch layout {
    case .rowMajor: bytes = Tensor.count(of: shape).flatMap(element.byteCount)
    case .channelsLast(let border):
      let image = image
      bytes = Tensor.count(of: [
        image.batch, image.height + border.top + border.bottom,
        image.width + border.left + border.right, image.channels,
      ]).flatMap(element.byteCount)
    }
    return min(bytes ?? Place.tooManyBytes, Place.tooManyBytes)
  }

  /// More bytes than any machine has, but few enough that sums do not overflow.
  static let tooManyBytes = 1 << 48

  /// The extents as images: missing ones are 1, and each layer of a volume is an image of the batch.
  var image: ck_shape { Place.image(shape) }

  /// A shape as images, see `image`.
  static func image(_ shape: [Int]) -> ck_shape {
    ck_shape(
      batch: shape[0] * depth(shape), height: shape.count > 3 ? shape[shape.count - 2] : 1,
      width: shape.last ?? 1, channels: shape[1])
  }

  /// The images that one sample is: the depth of a volume, else 1.
  var depth: Int { Place.depth(shape) }

  /// The images of one sample of a shape, see `depth`.
  static func depth(_ shape: [Int]) -> Int { shape.count == 5 ? shape[2] : 1 }

  /// The border; none in row-major order.
  var border: Border {
    if case .channelsLast(let border) = layout { border } else { .none }
  }

  /// The number of rows of all images.
  var rows: Int { image.batch * image.height }

  /// Whether both layouts put the elements in the same order, so that either may be claimed.
  static func isOrderless(_ shape: [Int]) -> Bool {
    guard (3...5).contains(shape.count) else { return false }
    return shape[1] == 1 || shape[2...].allSatisfy { $0 == 1 }
  }

  /// The distances of pixels, rows and images, in elements, and of the first pixel from the start.
  var strides: (pixel: Int, row: Int, image: Int, start: Int) {
    let shape = image
    let pixel = shape.channels
    let row = (shape.width + border.left + border.right) * pixel
    let image = (shape.height + border.top + border.bottom) * row
    return (pixel, row, image, border.top * row + border.left * pixel)
  }
}

extension Place {
  /// The distance of neighbours along each axis of the shape, in elements; the first element lies
  /// `strides.start` from the start of the buffer.
  var axisStrides: [Int] {
    switch layout {
    case .rowMajor: return Strided.strides(of: shape)
    case .channelsLast:
      let strides = strides
      let depth = Place.depth(shape)
      return [depth * strides.image, 1]
        + [strides.image, strides.row, strides.pixel].suffix(shape.count - 2)
    }
  }

  /// The distance of the first element from the start of the buffer, in elements.
  var firstElement: Int {
    switch layout {
    case .rowMajor: 0
    case .channelsLast: strides.start
    }
  }

  /// The tensor as a kernel reads it.
  func source(_ memory: Memory) -> ck_source {
    let strides = strides
    return ck_source(
      data: memory.floats(self) + strides.start, pixel: strides.pixel, row: strides.row,
      image: strides.image)
  }

  /// The tensor as a kernel writes it.
  func target(_ memory: Memory) -> ck_target {
    let strides = strides
    return ck_target(
      data: memory.floats(self) + strides.start, pixel: strides.pixel, row: strides.row,
      image: strides.image)
  }
}

extension ck_source {
  /// No tensor.
  static var none: ck_source { ck_source(data: nil, pixel: 0, row: 0, image: 0) }
}

extension ck_target {
  /// No tensor.
  static var none: ck_target { ck_target(data: nil, pixel: 0, row: 0, image: 0) }
}

extension ck_activation {
  /// f(x) = x.
  static var identity: ck_activation { ck_activation(function: .CK_IDENTITY, a: 0, b: 0) }
}
