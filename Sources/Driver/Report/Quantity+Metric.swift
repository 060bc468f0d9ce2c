import Foundation
import Training

extension Quantity {
  /// What a metric is called.
  static func name(of kind: TaskMetric.Kind) -> String {
    switch kind {
    case .accuracy: "accuracy"
    case .meanIoU: "mIoU"
    case .determination: "R²"
    case .agreement: "agreement"
    }
  }

  /// A metric's value: a share of positions as a percentage, others as fractions of 1.
  static func value(of metric: TaskMetric) -> String {
    isShare(metric.kind) ? percent(metric.value) : fraction(metric.value)
  }

  private static func isShare(_ kind: TaskMetric.Kind) -> Bool {
    switch kind {
    case .accuracy, .agreement: true
    case .meanIoU, .determination: false
    }
  }

  /// A metric by itself: `93.12 %`, `mIoU 0.7123`.
  static func metric(_ metric: TaskMetric) -> String {
    let text = value(of: metric)
    return metric.kind == .accuracy ? text : "\(name(of: metric.kind)) \(text)"
  }

  /// A metric in a sentence: `accuracy 93.12 %`, `mIoU 0.7123`; `accuracy unknown` without one.
  static func named(_ metric: TaskMetric?) -> String {
    metric.map { "\(name(of: $0.kind)) \(value(of: $0))" } ?? "accuracy unknown"
  }

  /// A difference of two values of a metric: `-0.42 points`, `-0.0042`.
  static func difference(_ before: TaskMetric, _ after: TaskMetric) -> String {
    let difference = after.value - before.value
    return isShare(before.kind) ? points(difference) : String(format: "%+.4f", difference)
  }

  /// A fraction of 1 with four digits.
  static func fraction(_ number: Double) -> String { String(format: "%.4f", number) }
}
