import Dispatch
import IR

/// The batches of an epoch, assembled on other threads while those before are used.
///
/// What a batch holds does not depend on threads.
final class BatchStream {
  private let assembler: BatchAssembler
  private let order: [Int]
  private let epoch: Int
  private let end: Int
  private var position: Int
  private var pending: [Pending] = []

  /// How many batches are made ahead.
  private static let ahead = 3
  private static let queue = DispatchQueue(label: "pcc.batches", attributes: .concurrent)

  /// A batch that is being made.
  private final class Pending: @unchecked Sendable {
    // Safety: `batch` is written before the group is left and read after it was waited for.
    private let group = DispatchGroup()
    private var batch: Result<Batch, Diagnostic>?

    /// Starts making a batch.
    init(_ make: @escaping @Sendable () -> Result<Batch, Diagnostic>) {
      BatchStream.queue.async(group: group) { self.batch = make() }
    }

    /// Waits for the batch.
    func wait() throws(Diagnostic) -> Batch? {
      group.wait()
      return try batch?.get()
    }
  }

  /// Opens batches number `first` to `end` - 1 of an epoch, whose samples stand in `order`, by
  /// default the epoch's own.
  init(
    _ assembler: BatchAssembler, epoch: Int, from first: Int = 0, count end: Int,
    order: [Int]? = nil
  ) {
    self.assembler = assembler
    self.epoch = epoch
    self.end = end
    position = first
    self.order = order ?? assembler.order(epoch: epoch)
    prepare()
  }

  private func prepare() {
    while position < end, pending.count < BatchStream.ahead {
      let (assembler, order, epoch, number) = (assembler, order, epoch, position)
      pending.append(
        Pending {
          do throws(Diagnostic) {
            return .success(try assembler.batch(number, of: order, epoch: epoch))
          } catch { return .failure(error) }
        })
      position += 1
    }
  }

  /// The next batch; nil after the last. Throws if a sample cannot be read.
  func next() throws(Diagnostic) -> Batch? {
    guard !pending.isEmpty else { return nil }
    let batch = try pending.removeFirst().wait()
    prepare()
    return batch
  }
}
