import CKernels

/// How the work of a convolution is split among threads: into ranges of its result's rows, of which
/// each reads all weights, or into ranges of channel blocks, of which each reads all operands.
struct ConvolutionSplit {
  /// What is split.
  private enum Axis { case rows, blocks }

  private let axis: Axis
  /// The number of parts.
  let tasks: Int
  /// Rows of one image, and those of them that are computed together.
  private let height: Int
  private let step: Int
  private let stepsPerImage: Int
  private let rows: Int
  private let blocks: Int

  /// What takes time, in multiply-accumulates that take equally long.
  struct Work {
    /// The products themselves.
    let products: Int
    /// What reading the weights takes, which each part of rows does.
    let weights: Int
    /// What reading the operands takes, and transforming them for Winograd's products, which each
    /// part of blocks does.
    let operands: Int
  }

  /// Splits a result of so many rows, images of `height` each, of which `step` are computed together,
  /// and so many blocks of channels: into one of `counts` parts, in descending order, whichever takes
  /// `threads` threads the least time. More parts keep threads busy if one is held up.
  init(
    rows: Int, height: Int, step: Int, blocks: Int, work: Work, counts: [Int], threads: Int
  ) {
    self.rows = rows
    self.height = height
    self.step = step
    self.blocks = blocks
    stepsPerImage = (height + step - 1) / step
    var best = (axis: Axis.rows, tasks: 1, time: Double.infinity)
    for count in counts {
      let axes = [
        (Axis.rows, units: rows / height * stepsPerImage, work.operands, own: work.weights),
        (Axis.blocks, units: blocks, work.weights, own: work.operands),
      ]
      for (axis, units, shared, own) in axes where units > 0 {
        let tasks = min(count, units)
        let turns = Double((tasks + threads - 1) / threads)
        let share = Double((units + tasks - 1) / tasks) / Double(units)
        let time = turns * (share * (Double(work.products) + Double(shared)) + Double(own))
        if time < 0.97 * best.time { best = (axis, tasks, time) }
      }
    }
    axis = best.axis
    tasks = best.tasks
  }

  /// The rows and blocks of part number `task`.
  func part(_ task: Int) -> (rows: Range<Int>, blocks: Range<Int>) {
    if axis == .blocks { return (0..<rows, share(blocks, task, of: tasks)) }
    let steps = share(rows / height * stepsPerImage, task, of: tasks)
    return (row(steps.lowerBound)..<row(steps.upperBound), 0..<blocks)
  }

  /// The first row of step number `number`.
  private func row(_ number: Int) -> Int {
    number / stepsPerImage * height + number % stepsPerImage * step
  }
}
