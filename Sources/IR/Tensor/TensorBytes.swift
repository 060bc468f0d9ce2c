#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A block of memory that holds a tensor's elements, shared by all copies of the tensor.
public final class TensorBytes: @unchecked Sendable {
  // Safety: the memory is written only through `Tensor.withMutableBytes`, which asks for unique
  // ownership first, so shared instances are read-only.

  /// The first byte; aligned to 64 bytes if allocated here.
  package let base: UnsafeMutableRawPointer
  /// The length in bytes.
  public let count: Int
  private let release: @Sendable () -> Void

  /// Allocates `count` bytes, 64-byte aligned, not initialised.
  init(uninitialized count: Int) {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, max(count, 64)) == 0, let memory else {
      fatalError("out of memory: \(count) bytes")
    }
    let address = UInt(bitPattern: memory)
    self.base = memory
    self.count = count
    self.release = { free(UnsafeMutableRawPointer(bitPattern: address)) }
  }

  /// Takes over memory that somebody else made; `release` gives it back.
  ///
  /// - Precondition: the memory does not change until `release` is called.
  public init(
    adopting memory: UnsafeMutableRawPointer, count: Int, release: @escaping @Sendable () -> Void
  ) {
    self.base = memory
    self.count = count
    self.release = release
  }

  deinit { release() }

  /// The memory.
  var buffer: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: base, count: count)
  }

  /// A copy of the same bytes.
  func copy() -> TensorBytes {
    let copy = TensorBytes(uninitialized: count)
    copy.buffer.copyMemory(from: UnsafeRawBufferPointer(buffer))
    return copy
  }
}
