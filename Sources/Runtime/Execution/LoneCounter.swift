import Synchronization

/// A counter that threads share, alone in its cache line, so that counting up does not slow down who
/// reads another.
final class LoneCounter {
  private typealias Line = (Int, Int, Int, Int, Int, Int, Int, Int)

  private let before: Line = (0, 0, 0, 0, 0, 0, 0, 0)
  let value = Atomic<Int>(0)
  private let after: Line = (0, 0, 0, 0, 0, 0, 0, 0)
}
