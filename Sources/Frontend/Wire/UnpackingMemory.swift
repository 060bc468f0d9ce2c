import COnnx

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The memory that protobuf-c may take for one model.
///
/// Refuses to hand out more than a file of that size can need, and gives the pages of a mapped file
/// back once their payload has been copied, so that weights are not in memory twice.
final class UnpackingMemory {
  /// The memory that any file may unpack to, in bytes.
  private static let floor = 256 << 20
  /// How many times its own size a larger file may unpack to.
  private static let factor = 8
  /// The size of payloads that are worth giving pages back for.
  private static let large = 1 << 16

  private let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool
  /// How many bytes may be handed out at most.
  let limit: Int
  /// Whether more was asked for.
  private(set) var isExhausted = false
  private var total = 0
  /// How many bytes of large payloads have been copied: the file is read about that far. A page
  /// that is given back too early is read again.
  private var copied = 0
  private var released = 0

  /// Prepares to unpack `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, isMapped: Bool) {
    self.bytes = bytes
    self.isMapped = isMapped
    limit = max(UnpackingMemory.floor, UnpackingMemory.factor * bytes.count)
  }

  /// Unpacks a message with `unpack`, one of the generated functions, which is handed the
  /// allocator.
  ///
  /// What it returns is freed, piece by piece, with `free`.
  func use<Result>(_ unpack: (UnsafeMutablePointer<ProtobufCAllocator>) -> Result) -> Result {
    var allocator = ProtobufCAllocator(
      alloc: { context, size in
        guard let context else { return nil }
        // Safety: the context is the object itself, which outlives the call.
        return Unmanaged<UnpackingMemory>.fromOpaque(context).takeUnretainedValue().allocate(size)
      },
      free: { _, memory in free(memory) },
      allocator_data: Unmanaged.passUnretained(self).toOpaque())
    return withExtendedLifetime(self) { unpack(&allocator) }
  }

  private func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    guard size <= limit - total else {
      isExhausted = true
      return nil
    }
    total += size
    if isMapped, size >= UnpackingMemory.large {
      release()
      copied += size
    }
    return malloc(size)
  }

  private func release() {
    let page = Int(getpagesize())
    let end = copied / page * page
    guard end > released, let base = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + released), end - released, MADV_DONTNEED)
    released = end
  }
}
