import IR

/// A piece of memory that steps read and write.
struct BufferPlan {
  /// What the memory is for.
  enum Kind {
    /// Part of the arena: holds something between two steps of a run.
    case transient
    /// Keeps its content between runs: inputs, outputs, parameters, packed constants.
    case persistent
    /// Holds a constant where its tensor has it; is never written.
    case constant(TensorBytes)
  }

  var kind: Kind
  var bytes: Int
  /// The first step that touches the buffer.
  var first = Int.max
  /// The last step that touches the buffer.
  var last = -1
  /// The place in the arena, in bytes.
  var offset = 0
  /// Fills the memory before the first run; holds what it is filled from only until then.
  var initialize: ((UnsafeMutableRawPointer) -> Void)?

  /// Whether the buffer is part of the arena.
  var isTransient: Bool { if case .transient = kind { true } else { false } }

  /// The bytes of its own that the buffer keeps between runs.
  var persistentBytes: Int { if case .persistent = kind { bytes } else { 0 } }

  /// Whether both buffers hold something at the same time.
  func overlapsInTime(_ other: BufferPlan) -> Bool { first <= other.last && other.first <= last }

  /// Whether both buffers share bytes of the arena.
  func overlapsInSpace(_ other: BufferPlan) -> Bool {
    offset < other.offset + other.bytes && other.offset < offset + bytes
  }
}

/// Places transient buffers in one piece of memory.
enum ArenaPlan {
  /// What starts of buffers are multiples of, in bytes.
  static let alignment = 64

  /// Sets the offsets of the transient buffers, and returns the arena's bytes.
  ///
  /// The largest buffer is placed first, each at the lowest offset where no buffer lies whose
  /// lifetime overlaps its own.
  static func place(_ buffers: inout [BufferPlan]) -> Int {
    let order = buffers.indices
      .filter { buffers[$0].isTransient && buffers[$0].last >= 0 }
      .sorted { (buffers[$1].bytes, $0) < (buffers[$0].bytes, $1) }
    var placed: [Int] = []
    var total = 0
    for index in order {
      let neighbours = placed.filter { buffers[$0].overlapsInTime(buffers[index]) }
        .sorted { buffers[$0].offset < buffers[$1].offset }
      var offset = 0
      for other in neighbours {
        if offset + buffers[index].bytes <= buffers[other].offset { break }
        offset = max(offset, aligned(buffers[other].offset + buffers[other].bytes))
      }
      buffers[index].offset = offset
      total = max(total, offset + buffers[index].bytes)
      placed.append(index)
    }
    return aligned(total)
  }

  /// Pairs of buffers that share bytes while both hold something; none, if the plan is right.
  static func conflicts(_ buffers: [BufferPlan]) -> [(Int, Int)] {
    let transient = buffers.indices.filter {
      buffers[$0].isTransient && buffers[$0].last >= 0
    }
    var found: [(Int, Int)] = []
    for (number, left) in transient.enumerated() {
      for right in transient[(number + 1)...]
      where buffers[left].overlapsInTime(buffers[right])
        && buffers[left].overlapsInSpace(buffers[right])
      {
        found.append((left, right))
      }
    }
    return found
  }

  private static func aligned(_ bytes: Int) -> Int {
    (bytes + alignment - 1) / alignment * alignment
  }
}
