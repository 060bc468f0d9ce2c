#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is known of the terminal, if there is one.
public enum Terminal {
  /// Whether the standard error stream is a terminal, so that progress may be drawn there.
  public static var showsErrors: Bool {
    isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
  }

  /// The width of the terminal that results are printed to, in columns; nil if they go elsewhere.
  public static var width: Int? {
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    return width(of: STDOUT_FILENO) ?? 80
  }

  /// The width of the terminal behind a file descriptor.
  static func width(of file: Int32) -> Int? {
    var size = winsize()
    guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
