/// In which epochs a teacher is run, and what is learned from it.
public enum TeacherEpochs: Hashable, Sendable {
  /// In all; what it says of a view of a sample is learned from with that view alone.
  case all
  /// In so many at the start; a sample learns from the mean of what was said of its views, then and in
  /// the epochs after that.
  case first(Int)

  /// What is enough for the means to settle: a fifth of the epochs, and no fewer than four.
  static func usual(of epochs: Int) -> Int { max(4, epochs / 5) }
}
