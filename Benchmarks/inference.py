#!/usr/bin/env python3
"""Latency and memory of pcc and onnxruntime, model by model, in one run.

  inference.py PCC MODEL_OR_FOLDER... [--threads 2] [--rounds 5] [--seconds 0.3]

Each contender lives in a process of its own; they are let run in turn, `seconds` per round, so that a
noisy machine hits both alike. Prints the median milliseconds of an inference at batch 1, the ratio of
the two, the file's size, and the peak memory of each process (onnxruntime's includes Python's)."""
import argparse
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "testdata" / "crosscheck"))


def serve(binary, path, threads):
    """Runs a model in onnxruntime for as long as standard input asks."""
    import judge
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    drawn = judge.inputs(session, judge.shapes(binary, path), 7)
    for _ in range(3):
        session.run(None, drawn)
    print("ready", flush=True)
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
        if not self.process.stdout.readline().startswith("ready"):
            raise RuntimeError("did not start")

    def run(self, seconds):
        self.process.stdin.write(f"go {seconds}\n")
        self.process.stdin.flush()
        self.taken += map(float, self.process.stdout.readline().split())

    def end(self):
        """Peak memory in MB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        self.process.stdin.close()
        self.process.wait()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


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
        memory = [contender.end() for contender in contenders]
    return [statistics.median(contender.taken) for contender in contenders], memory


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
    print(f"{'model':30} {'ort ms':>8} {'pcc ms':>8} {'ratio':>6} {'file MB':>8} {'ort MB':>7} {'pcc MB':>7}")
    ratios = []
    for argument in map(pathlib.Path, options.paths):
        for path in sorted(argument.glob("*.onnx")) if argument.is_dir() else [argument]:
            size = path.stat().st_size / 1e6
            try:
                (ort, pcc), memory = measure(options, str(path))
            except (RuntimeError, ValueError, IndexError, OSError) as error:
                print(f"{path.name:30} {error}", flush=True)
                continue
            ratios.append(pcc / ort)
            print(f"{path.name:30} {ort:8.3f} {pcc:8.3f} {pcc / ort:6.2f} {size:8.1f}"
                  f" {memory[0]:7.0f} {memory[1]:7.0f}", flush=True)
    if ratios:
        print(f"{len(ratios)} models; pcc / ort: median {statistics.median(ratios):.2f},"
              f" worst {max(ratios):.2f}")


if __name__ == "__main__":
    main()
