import Dispatch

/// The batches of an epoch, each assembled on another thread while the one before is used.
final class BatchStream {
  private let assembler: BatchAssembler
  private let order: [Int]
  private let epoch: Int
  private let count: Int
  private let queue = DispatchQueue(label: "pcc.batches")
  private var position: Int
  private var pending: Pending?

  /// A batch that is being made.
  private final class Pending: @unchecked Sendable {
    // Safety: `batch` is written before the group is left and read after it was waited for.
    private let group = DispatchGroup()
    private var batch: Batch?

    /// Starts making a batch.
    init(on queue: DispatchQueue, _ make: @escaping @Sendable () -> Batch) {
      queue.async(group: group) { self.batch = make() }
    }

    /// Waits for the batch.
    func wait() -> Batch? {
      group.wait()
      return batch
    }
  }

  /// Opens batches number `first` to `count` - 1 of an epoch.
  init(_ assembler: BatchAssembler, epoch: Int, from first: Int = 0, count: Int) {
    position = first
    self.assembler = assembler
    self.epoch = epoch
    self.count = count
    order = assembler.order(epoch: epoch)
    prepare()
  }

  private func prepare() {
    guard position < count else {
      pending = nil
      return
    }
    let (assembler, order, epoch, number) = (assembler, order, epoch, position)
    pending = Pending(on: queue) { assembler.batch(number, of: order, epoch: epoch) }
    position += 1
  }

  /// The next batch; nil after the last.
  func next() -> Batch? {
    let batch = pending?.wait()
    prepare()
    return batch
  }
}
