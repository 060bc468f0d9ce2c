import ArgumentParser
import Driver
import IR

/// The command line: finds the subcommand, runs it, and ends with the status its result calls for.
@main struct Pcc: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pcc",
    abstract: "Makes pruned ONNX networks dense: gates are inserted, trained and collapsed.",
    discussion: """
      A typical run, step by step:
        pcc augment model.onnx
        pcc train gated.onnx --data DATA --target-macs 0.25
        pcc collapse --threshold 0.5 gated.onnx -o small.onnx
        pcc train small.onnx --data DATA
      or in one go:
        pcc prune model.onnx --data DATA --target-macs 0.25 -o small.onnx

      Results go to standard output, the log to standard error.
      Exit status: 0 done, 1 a difference was found or training diverged, 2 wrong
      or unsupported model or data, 3 files, disk or memory, 64 usage, 70 a bug
      of pcc, 130 or 143 stopped by a signal after saving.
      """,
    version: Version.current,
    subcommands: [
      InfoCommand.self, PrintCommand.self, OptCommand.self, AugmentCommand.self,
      CollapseCommand.self, TrainCommand.self, EvalCommand.self, PruneCommand.self,
      RunCommand.self, VerifyCommand.self, CheckCommand.self, BenchCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let diagnostic as Diagnostic {
      StandardErrorLog.write("\(diagnostic)\n")
      exit(withError: ExitCode(ExitStatus.of(diagnostic.kind)))
    } catch {
      exit(withError: error)
    }
  }
}
