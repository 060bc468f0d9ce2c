import Foundation
import Frontend
import IR
import Testing
import Training

/// Walks the commands as a user would.
struct CommandPathTests {
  private let place: Workplace

  init() throws {
    place = try Workplace()
    try SampleModels.write(to: place["model.onnx"])
  }

  @Test func augmentThenCollapse() throws {
    let augment = try place.pcc("augment", "model.onnx")
    #expect(augment.status == 0, "\(augment.log)")
    #expect(try place.files == ["gated.onnx", "model.onnx"])
    let collapse = try place.pcc("collapse", "--threshold", "0.5", "gated.onnx", "-o", "small.onnx")
    #expect(collapse.status == 0, "\(collapse.log)")
    #expect(collapse.output.contains("equal on 4 samples"))
    let again = try place.pcc("augment", "gated.onnx", "-o", "twice.onnx")
    #expect(again.status == 2)
    #expect(again.log.contains("gated.onnx: error: "))
  }

  @Test func collapsedModelsEqualMaskedOnes() throws {
    _ = try place.pcc("augment", "model.onnx", "--criterion", "l2", "--ratio", "0.5")
    let collapse = try place.pcc(
      "collapse", "gated.onnx", "-o", "small.onnx", "--masked", "masked.onnx", "--json")
    let report = try collapse.json()
    #expect(report["macs_after"] as? Int ?? 0 < report["macs_before"] as? Int ?? 0)
    #expect(report["removed_channels"] as? Int ?? 0 > 0)
    #expect(try place.pcc("verify", "masked.onnx", "small.onnx").status == 0)
    let wrong = try place.pcc("verify", "model.onnx", "small.onnx", "--json")
    #expect(wrong.status == 1)
    #expect(try wrong.json()["ok"] as? Bool == false)
    let small = try ModelReader().read(place["small.onnx"])
    #expect(small[metadata: "pcc.gates"] == nil)
    #expect(small[metadata: "pcc.version"] != nil)
  }

  @Test func whatKeepDoesNotMatchIsToldOf() throws {
    let idle = try place.pcc("augment", "model.onnx", "--keep", "inn*", "--keep", "typo*")
    #expect(idle.status == 0 && idle.log.contains("--keep 'typo*' matches no gate"), "\(idle.log)")
    #expect(!idle.log.contains("inn*"))
    let collapse = try place.pcc("collapse", "gated.onnx", "-o", "small.onnx", "--keep", "x")
    #expect(collapse.status == 0 && collapse.log.contains("--keep 'x' matches no gate"))
  }

  @Test func roundTripsAreNotMarked() throws {
    #expect(try place.pcc("opt", "model.onnx", "-o", "same.onnx").status == 0)
    #expect(try ModelReader().read(place["same.onnx"])[metadata: "pcc.version"] == nil)
    #expect(try place.pcc("opt", "model.onnx", "-o", "all.onnx", "--passes", "all").status == 0)
    #expect(try ModelReader().read(place["all.onnx"])[metadata: "pcc.version"] != nil)
    #expect(try place.pcc("verify", "model.onnx", "all.onnx").status == 0)
  }

  @Test func runsOnGivenInputs() throws {
    let image = Tensor((0..<128).map { Float($0) / 128 }, shape: [2, 1, 8, 8])
    try place.write(NumPyArray.write(image), to: "image.npy")
    let arguments = ["run", "model.onnx", "--input", "x=image.npy", "-o"]
    for name in ["a.npz", "b.npz"] {
      #expect(try place.start(arguments + [name]).wait().status == 0)
    }
    #expect(try place.read("a.npz") == place.read("b.npz"))
    let arrays = try NumPyArchive.read(place.read("a.npz"))
    #expect(arrays.map(\.name) == ["y"])
    #expect(arrays[0].array.shape == [2, 3])
  }

  @Test func drawsTheSameInputsForTheSameSeed() throws {
    let outputs = try ["1", "1", "2"].map {
      try place.pcc("run", "model.onnx", "--seed", $0).output
    }
    #expect(outputs[0] == outputs[1])
    #expect(outputs[0] != outputs[2])
  }

  @Test(arguments: ["x:3,1,8,8", "x:3x1x8x8"]) func takesShapes(_ shape: String) throws {
    let run = try place.pcc("run", "model.onnx", "--shape", shape, "--json", "-q")
    #expect(run.log.isEmpty)
    let outputs = try #require(try run.json()["outputs"] as? [[String: Any]])
    #expect(outputs[0]["shape"] as? [Int] == [3, 3])
  }

  @Test func answersTheWorkerProtocols() throws {
    for arguments in [["bench"], ["train", "--batch", "4"]] {
      let serve = try place.start(
        arguments + ["model.onnx", "--serve"], input: "go 0.01\ngo 0.01\n"
      ).wait()
      #expect(serve.status == 0, "\(serve.log)")
      let lines = serve.output.split(separator: "\n")
      #expect(lines.count == 3)
      #expect(lines[0].hasPrefix("ready"))
      for line in lines.dropFirst() {
        let times = line.split(separator: " ").compactMap { Double($0) }
        #expect(times.count >= 2)
        #expect(times.allSatisfy { $0 > 0 })
      }
    }
  }

  @Test func showsHelpWithExamples() throws {
    for command in [
      "info", "print", "opt", "augment", "collapse", "train", "eval", "prune", "run", "verify",
      "check", "bench",
    ] {
      let help = try place.pcc(command, "--help")
      #expect(help.status == 0)
      #expect(help.output.contains("pcc \(command) "))
      #expect(help.output.contains("--json"))
    }
    #expect(try place.pcc("--version").status == 0)
  }
}
