#!/usr/bin/env python3
"""Latency and memory of pcc and onnxruntime, model by model, in one run.

  inference.py PCC MODEL_OR_FOLDER... [--threads 2] [--rounds 5] [--seconds 0.3]

Each contender lives in a process of its own; they are let run in turn, `seconds` per round, so that a
noisy machine hits both alike. Prints the median milliseconds of an inference at batch 1, the ratio of
the two, the file's size, the peak memory of each process (onnxruntime's includes Python's), what pcc
takes beyond the memory of running a network of a few numbers, and how much that is of three times
the file plus onnxruntime's activations: what its process grows by in its first runs."""
import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "testdata" / "crosscheck"))


def memory(process):
    """The memory of a process in MB, by its names in /proc."""
    lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    return {words[0][:-1]: int(words[1]) / 1024 for words in map(str.split, lines) if words[-1:] == ["kB"]}


def serve(binary, path, threads):
    """Runs a model in onnxruntime for as long as standard input asks."""
    import judge
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    drawn = judge.inputs(session, judge.shapes(binary, path), 7)
    loaded = memory("self")
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    for _ in range(3):
        session.run(None, drawn)
    print("ready", loaded["VmHWM"], memory("self")["VmHWM"] - loaded["VmRSS"], flush=True)
    for line in sys.stdin:
        end, taken = time.perf_counter() + float(line.split()[1]), []
        while not taken or time.perf_counter() < end:
            start = time.perf_counter()
            session.run(None, drawn)
            taken.append((time.perf_counter() - start) * 1e3)
        print(*taken, flush=True)


class Contender:
    """A process that runs a model on demand."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.taken = []
        self.ready = self.process.stdout.readline().split()
        if self.ready[:1] != ["ready"]:
            raise RuntimeError("did not start")

    def run(self, seconds):
        self.process.stdin.write(f"go {seconds}\n")
        self.process.stdin.flush()
        self.taken += map(float, self.process.stdout.readline().split())

    def end(self):
        """Peak memory in MB."""
        peak = memory(self.process.pid)["VmHWM"]
        self.process.stdin.close()
        self.process.wait()
        return peak


def measure(options, path):
    ours = [options.pcc, "bench", path, "--serve", "--threads", str(options.threads), "-q"]
    theirs = [sys.executable, __file__, options.pcc, path, "--threads", str(options.threads), "--serve"]
    contenders = []
    try:
        for command in (theirs, ours):
            contenders.append(Contender(command))
        for _ in range(options.rounds):
            for contender in contenders:
                contender.run(options.seconds)
    finally:
        peaks = [contender.end() for contender in contenders]
    loaded, activations = map(float, contenders[0].ready[1:])
    return [statistics.median(contender.taken) for contender in contenders], [
        max(loaded, peaks[0]), peaks[1], activations]


def smallest(binary, threads):
    """The peak memory of pcc in MB when it runs a network of a few numbers: code, libraries, stacks."""
    import numpy
    from onnx import TensorProto, helper, numpy_helper, save
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 8, 8]),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1])]
    weights = [numpy_helper.from_array(numpy.ones(shape, numpy.float32), name)
               for name, shape in (("filter", (1, 1, 3, 3)), ("row", (1, 1)))]
    nodes = [helper.make_node("Conv", ["x", "filter"], ["c"]), helper.make_node("Relu", ["c"], ["r"]),
             helper.make_node("GlobalAveragePool", ["r"], ["p"]), helper.make_node("Flatten", ["p"], ["f"]),
             helper.make_node("Gemm", ["f", "row"], ["y"])]
    graph = helper.make_graph(nodes, "smallest", ends[:1], ends[1:], weights)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/smallest.onnx"
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        contender = Contender([binary, "bench", path, "--serve", "--threads", str(threads), "-q"])
        contender.run(0)
        return contender.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pcc")
    parser.add_argument("paths", nargs="+", metavar="MODEL_OR_FOLDER")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(options.pcc, options.paths[0], options.threads)
    print(f"{'model':24} {'ort ms':>8} {'pcc ms':>8} {'ratio':>6} {'file MB':>8} {'ort MB':>7} {'pcc MB':>7}"
          f" {'own MB':>7} {'bound':>6}")
    base = statistics.median(smallest(options.pcc, options.threads) for _ in range(5))
    ratios, shares = [], []
    for argument in map(pathlib.Path, options.paths):
        for path in sorted(argument.glob("*.onnx")) if argument.is_dir() else [argument]:
            size = path.stat().st_size / 2**20
            try:
                (ort, pcc), peaks = measure(options, str(path))
            except (RuntimeError, ValueError, IndexError, OSError) as error:
                print(f"{path.stem:24} {error}", flush=True)
                continue
            ratios.append(pcc / ort)
            own = max(peaks[1] - base, 0)
            shares.append(own / (3 * size + peaks[2]))
            print(f"{path.stem:24} {ort:8.3f} {pcc:8.3f} {pcc / ort:6.2f} {size:8.1f}"
                  f" {peaks[0]:7.0f} {peaks[1]:7.0f} {own:7.1f} {shares[-1]:6.0%}", flush=True)
    if ratios:
        print(f"{len(ratios)} models; pcc / ort: median {statistics.median(ratios):.2f},"
              f" worst {max(ratios):.2f}; smallest process {base:.0f} MB, beyond it"
              f" at most {max(shares):.0%} of the bound")


if __name__ == "__main__":
    main()
