import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The memory of a plan's buffers: the arena and the persistent ones, freed with the object, and the
/// constants, which tensors hold.
final class Memory {
  private var arena: UnsafeMutableRawPointer
  private var addresses: [UnsafeMutableRawPointer] = []
  private var owned: [UnsafeMutableRawPointer] = []
  private var shared: [TensorBytes] = []
  /// Scratch memory of one thread, in floats.
  private let scratchCount: Int
  private var scratches: [UnsafeMutablePointer<Float>] = []

  /// Allocates the arena, the persistent buffers and scratch for each thread; all zeros but for what
  /// buffers are filled with.
  ///
  /// A buffer lets go of what it is filled from at once, so that packed constants take the place of
  /// those they are made from.
  init(_ buffers: inout [BufferPlan], arenaBytes: Int, scratchCount: Int, threads: Int) {
    self.scratchCount = scratchCount
    arena = Memory.allocate(arenaBytes, &owned)
    for index in buffers.indices {
      switch buffers[index].kind {
      case .transient: addresses.append(arena + buffers[index].offset)
      case .persistent:
        addresses.append(Memory.allocate(buffers[index].bytes, &owned))
        buffers[index].initialize?(addresses[index])
        buffers[index].initialize = nil
      case .constant(let bytes):
        addresses.append(bytes.base)
        shared.append(bytes)
      }
    }
    for _ in 0..<threads {
      let memory = Memory.allocate(scratchCount * 4, &owned)
      scratches.append(memory.assumingMemoryBound(to: Float.self))
    }
  }

  deinit { owned.forEach { free($0) } }

  /// The start of a buffer.
  func address(_ buffer: Int) -> UnsafeMutableRawPointer { addresses[buffer] }

  /// The start of a buffer of floats.
  func floats(_ buffer: Int) -> UnsafeMutablePointer<Float> {
    // Safety: buffers are 64-byte aligned, and hold elements of the one type their places say.
    addresses[buffer].assumingMemoryBound(to: Float.self)
  }

  /// The start of a place's buffer of floats, its border included.
  func floats(_ place: Place) -> UnsafeMutablePointer<Float> { floats(place.buffer) }

  /// The start of a buffer of doubles.
  func doubles(_ buffer: Int) -> UnsafeMutablePointer<Double> {
    addresses[buffer].assumingMemoryBound(to: Double.self)
  }

  /// The start of a place's buffer of int64.
  func integers(_ place: Place) -> UnsafeMutablePointer<Int64> {
    addresses[place.buffer].assumingMemoryBound(to: Int64.self)
  }

  /// The bytes of a row-major place.
  func bytes(_ place: Place) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: addresses[place.buffer], count: place.byteCount)
  }

  /// Scratch memory of a thread.
  func scratch(_ thread: Int) -> UnsafeMutablePointer<Float> { scratches[thread] }

  /// Allocates zeros on a 64-byte boundary; what takes whole pages costs none before it is touched.
  private static func allocate(_ bytes: Int, _ owned: inout [UnsafeMutableRawPointer])
    -> UnsafeMutableRawPointer
  {
    guard let memory = calloc(bytes + ArenaPlan.alignment, 1) else {
      fatalError("out of memory: \(bytes) bytes")
    }
    wantHugePages(memory, bytes)
    owned.append(memory)
    return memory.alignedUp(toMultipleOf: ArenaPlan.alignment)
  }

  /// Asks the system to map memory by pages of megabytes, so that kernels, which walk through much
  /// of it at once, do not wait for the translation of addresses. That costs no memory: what is too
  /// small or not aligned keeps its small pages.
  private static func wantHugePages(_ memory: UnsafeMutableRawPointer, _ bytes: Int) {
    #if os(Linux)
      let page = sysconf(Int32(_SC_PAGESIZE))
      guard bytes >= 4 << 20, page > 0 else { return }
      let start = memory.alignedUp(toMultipleOf: page)
      madvise(start, bytes - (start - memory), MADV_HUGEPAGE)
    #endif
  }
}
