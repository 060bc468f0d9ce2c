#!/usr/bin/env python3
"""What pruning costs in accuracy, beside what else the same effort buys.

  accuracy.py PCC FOLDER [--data DIR] [--base testdata/fashion-resnet20.onnx] [--targets 0.25,0.1]
              [--seeds 0,1,2] [--methods pcc,local,local-taught,random,random-taught,scratch,longer]
              [--epochs 12] [--base-epochs 60]
              [--options "--augment flip,crop:2 --validation 5000"]
              [--metric accuracy] [--record FILE] [--table FILE]

Every run is a folder in FOLDER, and a line of --record when it is done (FOLDER/record.jsonl unless told).
A run that is recorded is not repeated, one that was stopped goes on from its checkpoint, so the whole can
be stopped at any time and started again, and runs of different methods or seeds may go on side by side.
All are trained by pcc with the same data, augmentation, optimiser and schedule:

  pcc        `pcc prune`: a sixth of the epochs with gates, the others after the collapse
  frontier   the same, but each target is reached from the network of the next larger one, as `pcc prune
             --targets` does, so that the second has twice the epochs behind it
  distil     as pcc without labels: the outputs of the base are all that is learned from
  local      Torch-Pruning's group magnitude in one shot (torch_prune.py), the same fraction of every
             group, then all epochs of fine-tuning; `global`: whatever is smallest anywhere
  random     channels drawn by chance, one fraction of every group, then fine-tuned as `local`
  scratch    the network that `pcc` found with random weights, trained for base-epochs + epochs
  longer     the base itself, trained for as many epochs more, with itself as the teacher

`local`, `global` and `random` are fine-tuned on labels alone, as usual; as `local-taught` and so on they
have the base as their teacher, as pcc's networks have by default. `local`, `global` and `scratch` know
ResNet-20 only. --options holds for every training; by default 5,000 training images are held out, on which
accuracies on the way are measured. The test part is looked at once, at the end of each run. Prints a table of the mean over the seeds and its standard error, and how far
what is measured moved at the threshold at most; --table writes it."""
import argparse
import json
import math
import pathlib
import shlex
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent


class Runs:
    """The runs of one folder."""

    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(options.folder)
        self.record = pathlib.Path(options.record or self.folder / "record.jsonl")
        self.whole = self.macs(options.base)

    def pcc(self, *arguments):
        """Runs pcc and returns what it says."""
        command = [self.options.pcc, *map(str, arguments), "--json"]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if result.returncode:
            sys.exit(f"{' '.join(command)} ended with {result.returncode}")
        return json.loads(result.stdout)

    def common(self, folder, seed, epochs):
        return ["--data", self.options.data, "--seed", seed, "--epochs", epochs, "--checkpoint",
                folder / "checkpoint", "--resume", *shlex.split(self.options.options)]

    def train(self, source, folder, seed, epochs, teacher):
        """Trains a model to `folder`/model.onnx."""
        extra = ["--teacher", self.options.base] if teacher else []
        self.pcc("train", source, "-o", folder / "model.onnx", *self.common(folder, seed, epochs), *extra)

    def pruned(self, folder, target, seed, epochs, *further, source=None):
        outcome = self.pcc("prune", source or self.options.base, "-o", folder / "model.onnx", "--target-macs",
                           target, *self.common(folder, seed, epochs), *further)
        (folder / "prune.json").write_text(json.dumps(outcome))

    def frontier(self, folder, target, seed, epochs):
        larger = [other for other in map(float, self.options.targets.split(",")) if other > target]
        if not larger:
            return self.pruned(folder, target, seed, epochs)
        source = self.outcome("frontier", min(larger), seed)
        self.pruned(folder, target * self.whole / self.macs(source), seed, epochs, "--teacher", self.options.base,
                    source=source)

    def place(self, method, target, seed):
        """The folder of a run."""
        return self.folder / f"{method}-{target}-{seed}-{self.options.epochs}"

    def outcome(self, method, target, seed):
        """The network of another run that is done. One that was stopped by a signal has left a network too."""
        model = self.place(method, target, seed) / "model.onnx"
        if not self.recorded(method, target, seed):
            sys.exit(f"{model} is not done: do that run first")
        if not model.exists():
            sys.exit(f"{model} is missing: do that run again, without its line in {self.record}")
        return model

    def magnitude(self, folder, target, seed, epochs, taught, is_global):
        source = folder / "pruned.onnx"
        if not source.exists():
            subprocess.run([sys.executable, HERE / "torch_prune.py", self.options.base, source, "--macs",
                            str(target)] + ["--global"] * is_global, check=True)
        self.train(source, folder, seed, epochs, taught)

    def random(self, folder, target, seed, epochs, taught):
        source = folder / "pruned.onnx"
        if not source.exists():
            self.pcc("augment", self.options.base, "-o", folder / "gated.onnx", "--criterion", "random",
                     "--target-macs", target, "--seed", seed)
            self.pcc("collapse", folder / "gated.onnx", "-o", source)
        self.train(source, folder, seed, epochs, taught)

    def scratch(self, folder, target, seed, epochs):
        source = folder / "random.onnx"
        if not source.exists():
            reinitialise(self.outcome("pcc", target, seed), source, seed)
        self.train(source, folder, seed, epochs + self.options.base_epochs, teacher=False)

    def longer(self, folder, target, seed, epochs):
        self.train(self.options.base, folder, seed, epochs, teacher=True)

    def macs(self, model):
        return self.pcc("info", model)["macs"]

    def score(self, model):
        return self.pcc("eval", model, "--data", self.options.data)[self.options.metric]

    def recorded(self, method, target, seed):
        """The line of a run that is done, else nothing."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        for result in map(json.loads, lines):
            run = (result["method"], result["target"], result["seed"], result["epochs"])
            if run == (method, target, seed, self.options.epochs):
                return result
        return None

    def run(self, method, target, seed):
        """Does a run unless it is done; returns its line."""
        if method == "longer":
            target = 1.0
        if done := self.recorded(method, target, seed):
            return done
        folder = self.place(method, target, seed)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{folder.name} …", file=sys.stderr, flush=True)
        epochs = self.options.epochs
        taught = method.endswith("-taught")
        make = {"pcc": self.pruned, "scratch": self.scratch, "longer": self.longer,
                "frontier": self.frontier,
                "distil": lambda *a: self.pruned(*a, "--loss", "distill"),
                "random": lambda *a: self.random(*a, taught),
                "local": lambda *a: self.magnitude(*a, taught, is_global=False),
                "global": lambda *a: self.magnitude(*a, taught, is_global=True)}[method.removesuffix("-taught")]
        make(folder, target, seed, epochs)
        model = folder / "model.onnx"
        result = {"method": method, "target": target, "seed": seed, "epochs": epochs,
                  "score": self.score(model), "share": round(self.macs(model) / self.whole, 4)}
        if (folder / "prune.json").exists():
            outcome = json.loads((folder / "prune.json").read_text())
            metric = self.options.metric
            result["step"] = outcome[f"{metric}_threshold"] - outcome[f"{metric}_gated"]
        with self.record.open("a") as record:
            record.write(json.dumps(result) + "\n")
        return result


def reinitialise(source, target, seed):
    """Writes a model with random weights: He's for weights, the identity for normalisation."""
    import numpy
    import onnx
    from onnx import numpy_helper
    model = onnx.load(source)
    random = numpy.random.default_rng(seed)
    normalisations = {name: index for node in model.graph.node if node.op_type == "BatchNormalization"
                      for index, name in enumerate(node.input[1:])}
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != numpy.float32:
            continue
        if tensor.name in normalisations:
            values = numpy.full(values.shape, 1.0 if normalisations[tensor.name] in (0, 3) else 0.0)
        elif values.ndim == 4:
            fan = values.shape[0] * values.shape[2] * values.shape[3]
            values = random.standard_normal(values.shape) * math.sqrt(2 / fan)
        elif values.ndim == 2:
            values = random.standard_normal(values.shape) / math.sqrt(values.shape[1])
        else:
            values = numpy.zeros(values.shape)
        tensor.CopyFrom(numpy_helper.from_array(values.astype(numpy.float32), tensor.name))
    onnx.save(model, target)


def mean_and_error(results):
    """The mean score in per cent and its standard error, which one result alone does not have."""
    scores = [100 * result["score"] for result in results]
    error = statistics.stdev(scores) / math.sqrt(len(scores)) if len(scores) > 1 else None
    return statistics.mean(scores), error


def summary(results):
    """The mean score in per cent and its standard error, as a text."""
    mean, error = mean_and_error(results)
    return f"{mean:.2f}" + (f" ± {error:.2f}" if error is not None else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pcc")
    parser.add_argument("folder")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--base", default=str(ROOT / "testdata" / "fashion-resnet20.onnx"))
    parser.add_argument("--targets", default="0.25,0.1")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--methods", default="pcc,local,local-taught,random,random-taught,scratch,longer")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--base-epochs", type=int, default=60)
    parser.add_argument("--options", default="--augment flip,crop:2 --validation 5000")
    parser.add_argument("--metric", choices=["accuracy", "miou", "r2"], default="accuracy")
    parser.add_argument("--record")
    parser.add_argument("--table")
    options = parser.parse_args()
    runs = Runs(options)
    runs.folder.mkdir(parents=True, exist_ok=True)
    rows = [("base", "100", f"{100 * runs.score(options.base):.2f}", "1", "")]
    seeds = [int(seed) for seed in options.seeds.split(",")]
    for target in map(float, options.targets.split(",")):
        for method in options.methods.split(","):
            if method == "longer" and any(row[0] == method for row in rows):
                continue
            results = [runs.run(method, target, seed) for seed in seeds]
            share = 100 * statistics.mean(result["share"] for result in results)
            steps = [100 * abs(result["step"]) for result in results if "step" in result]
            rows.append((method, f"{share:.1f}", summary(results), str(len(results)),
                         f"{max(steps):.2f}" if steps else ""))
            print(*rows[-1], sep="\t", flush=True)
    text = f"| method | MACs left, % | {options.metric} of the test part, % | seeds | at the threshold |\n"
    text += "|---|---|---|---|---|\n"
    text += "".join("| " + " | ".join(row) + " |\n" for row in rows)
    print(text)
    if options.table:
        pathlib.Path(options.table).write_text(text)


if __name__ == "__main__":
    main()
