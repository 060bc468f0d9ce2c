#!/usr/bin/env python3
"""Training throughput and memory of pcc and PyTorch on the CPU, network by network, in one run.

  training.py PCC [resnet20 resnet56 unet resnet18] [--batch 128] [--threads 2] [--rounds 5]
              [--seconds 1.5] [--formats channels_last]

A step is forward pass, cross-entropy, backward pass and gradient descent with momentum, on one random
batch that is in memory. Each contender lives in a process of its own; they are let run in turn, `seconds`
per round, so that a noisy machine hits both alike. Prints the median images a second, their ratio and
the most memory of each process (PyTorch's includes Python's) in MB. Formats: channels_last, contiguous."""
import argparse
import pathlib
import resource
import statistics
import sys
import tempfile
import time
import warnings

from inference import Contender


def networks():
    """Networks and the shapes of their images, by name."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        """Two convolutions and what they are added to."""

        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
                nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
            self.side = nn.Identity() if stride == 1 and inputs == outputs else nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

        def forward(self, x):
            return functional.relu(self.body(x) + self.side(x))

    def residual(stem, widths, depth):
        layers, inputs = stem, widths[0]
        for stage, width in enumerate(widths):
            for index in range(depth):
                layers.append(Block(inputs, width, 2 if stage and not index else 1))
                inputs = width
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))

    def small(depth):
        return residual([nn.Conv2d(1, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()],
                        (16, 32, 64), depth)

    def double(inputs, outputs):
        layers = []
        for channels in (inputs, outputs):
            layers += [nn.Conv2d(channels, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        return nn.Sequential(*layers)

    class UNet(nn.Module):
        """Three times down and up, from 16 channels to 128."""

        def __init__(self, widths=(16, 32, 64, 128)):
            super().__init__()
            self.down = nn.ModuleList(map(double, (3, *widths), widths))
            self.up = nn.ModuleList(nn.ConvTranspose2d(2 * width, width, 2, 2) for width in widths[:-1])
            self.joined = nn.ModuleList(double(2 * width, width) for width in widths[:-1])
            self.head = nn.Conv2d(widths[0], 2, 1)

        def forward(self, x):
            kept = []
            for level in self.down[:-1]:
                kept.append(level(x))
                x = functional.max_pool2d(kept[-1], 2)
            x = self.down[-1](x)
            for up, level in zip(reversed(self.up), reversed(self.joined)):
                x = level(torch.cat([up(x), kept.pop()], 1))
            return self.head(x)

    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    return {"resnet20": (small(3), (1, 28, 28)), "resnet56": (small(9), (1, 28, 28)),
            "unet": (UNet(), (3, 64, 64)), "resnet18": (residual(stem, (64, 128, 256, 512), 2), (3, 64, 64))}


def serve(options):
    """Takes steps in PyTorch for as long as standard input asks."""
    import torch
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model, shape = networks()[options.names[0]]
    layout = getattr(torch, options.formats + "_format" if options.formats == "contiguous" else options.formats)
    model, images = (part.to(memory_format=layout) for part in (model, torch.randn(options.batch, *shape)))
    with torch.no_grad():
        result = model(images)
    labels = torch.randint(result.shape[1], (len(result), *result.shape[2:]))
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, weight_decay=1e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    for _ in range(2):
        step()
    print("ready", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
    for line in sys.stdin:
        end, taken = time.perf_counter() + float(line.split()[1]), []
        while len(taken) < 2 or time.perf_counter() < end:
            start = time.perf_counter()
            step()
            taken.append(time.perf_counter() - start)
        print(*taken, flush=True)


def export(name, path):
    """Writes a network for pcc, its BatchNormalization as it is."""
    import torch
    model, shape = networks()[name]
    torch.onnx.export(
        model.train(), torch.randn(2, *shape), path, dynamo=False, opset_version=17,
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False, input_names=["x"],
        output_names=["y"], dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pcc")
    parser.add_argument("names", nargs="*", default=["resnet20", "resnet56", "unet", "resnet18"])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--formats", choices=["channels_last", "contiguous"], default="channels_last")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    if options.serve:
        return serve(options)
    print(f"{'network':12} {'torch/s':>8} {'pcc/s':>8} {'ratio':>6} {'torch MB':>9} {'pcc MB':>7}")
    settings = ["--batch", str(options.batch), "--threads", str(options.threads), "--serve"]
    with tempfile.TemporaryDirectory() as folder:
        for name in options.names:
            path = str(pathlib.Path(folder) / f"{name}.onnx")
            export(name, path)
            contenders = [
                Contender([sys.executable, __file__, options.pcc, name, "--formats", options.formats, *settings]),
                Contender([options.pcc, "train", path, *settings])]
            for _ in range(options.rounds):
                for contender in contenders:
                    contender.run(options.seconds)
            theirs, ours = (options.batch / statistics.median(contender.taken) for contender in contenders)
            peaks = [contender.end() for contender in contenders]
            print(f"{name:12} {theirs:8.0f} {ours:8.0f} {ours / theirs:6.2f} {peaks[0]:9.0f} {peaks[1]:7.0f}",
                  flush=True)


if __name__ == "__main__":
    main()
