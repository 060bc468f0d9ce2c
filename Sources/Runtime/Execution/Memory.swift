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

  /// Allocates the arena, the persistent buffers and scratch for each thread; all zeros.
  init(_ buffers: [BufferPlan], arenaBytes: Int, scratchCount: Int, threads: Int) {
    self.scratchCount = scratchCount
    arena = Memory.allocate(arenaBytes)
    owned.append(arena)
    for buffer in buffers {
      switch buffer.kind {
      case .transient: addresses.append(arena + buffer.offset)
      case .persistent:
        addresses.append(Memory.allocate(buffer.bytes))
        owned.append(addresses[addresses.count - 1])
      case .constant(let bytes):
        addresses.append(bytes.base)
        shared.append(bytes)
      }
    }
    for _ in 0..<threads {
      let memory = Memory.allocate(scratchCount * 4 + 64)
      owned.append(memory)
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

  /// The bytes of a row-major place.
  func bytes(_ place: Place) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: addresses[place.buffer], count: place.byteCount)
  }

  /// Scratch memory of a thread.
  func scratch(_ thread: Int) -> UnsafeMutablePointer<Float> { scratches[thread] }

  private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, max(bytes, 64)) == 0, let memory else {
      fatalError("out of memory: \(bytes) bytes")
    }
    memset(memory, 0, max(bytes, 64))
    return memory
  }
}
