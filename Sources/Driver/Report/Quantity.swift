import Foundation

/// Numbers as people read them.
enum Quantity {
  /// A count with a unit prefix: `1,234`, `41.2 M`, `1.82 G`.
  static func count(_ number: Int) -> String {
    let scales: [(Double, String)] = [(1e12, "T"), (1e9, "G"), (1e6, "M")]
    for (scale, unit) in scales where abs(Double(number)) >= scale {
      return significant(Double(number) / scale) + " " + unit
    }
    return grouped(number)
  }

  /// A whole number with commas between groups of three digits.
  static func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// A size in bytes: `812 B`, `1.05 MB`, with powers of 1000.
  static func bytes(_ number: Int) -> String {
    let scales: [(Double, String)] = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
    for (scale, unit) in scales where Double(number) >= scale {
      return significant(Double(number) / scale) + " " + unit
    }
    return "\(number) B"
  }

  /// A fraction of 1 as a percentage: `93.12 %`.
  static func percent(_ fraction: Double) -> String { String(format: "%.2f %%", fraction * 100) }

  /// A difference of two fractions of 1 in percentage points: `-0.42 points`.
  static func points(_ difference: Double) -> String {
    String(format: "%+.2f points", difference * 100)
  }

  /// A time in milliseconds: `0.312 ms`.
  static func milliseconds(_ time: Double) -> String { significant(time) + " ms" }

  /// A duration in seconds: `42 s`, `3 min 05 s`, `1 h 02 min`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 1e9)).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
    return String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
  }

  /// A number with three significant digits, without an exponent between 0.001 and 1000.
  static func significant(_ number: Double) -> String {
    guard number.isFinite, number != 0 else { return number == 0 ? "0" : "\(number)" }
    let magnitude = Int(log10(abs(number)).rounded(.down))
    if magnitude >= 3 { return grouped(Int(min(max(number, -9e18), 9e18).rounded())) }
    return magnitude < -3
      ? String(format: "%.2e", number) : String(format: "%.*f", 2 - magnitude, number)
  }

  /// A small number as `1.2e-05`, zero as `0`.
  static func scientific(_ number: Double) -> String {
    number == 0 ? "0" : String(format: "%.1e", number)
  }

  /// How much smaller `after` is: `-75.0 %`; empty where there was nothing.
  static func change(_ before: Double, _ after: Double) -> String {
    guard before > 0 else { return "" }
    return String(format: "%+.1f %%", (after / before - 1) * 100)
  }
}
