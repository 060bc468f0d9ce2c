#!/usr/bin/env python3
"""Runs ONNX's own test cases through `pcc check`, each in a process of its own.

  conformance.py PCC [KIND...] [--only REGEX] [--perturb] [--round-trip] [--timeout S] [--jobs N]
                 [--report FILE] [--reasons]

KIND is node (the default: onnx.backend.test.case.node), light, simple, pytorch-converted or
pytorch-operator, which the onnx package brings along. Prints what the cases of each operator came to,
and every case that is not passed or unsupported. With --perturb each expected output of a case that
passed is changed by 1 % (whole numbers, booleans and strings to another one), and the case must fail.
With --round-trip each model is first read and written by `pcc opt`; the onnx package must accept what
is written where it accepts the model, and the case's result must stay. With --report FILE the results
are written, to a FILE named *.json those of each case, else the numbers that Docs/Operators.md shows.
Exits with 1 if a case fails, is invalid, crashes or hangs, or passes where it must not."""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import DATA_DIR, load_model_tests

KINDS = ["node", "light", "simple", "pytorch-converted", "pytorch-operator"]
WRONG = ["fail", "invalid", "crash", "hang"]


class Case:
    """A model, its data sets as pairs of inputs and outputs, its kind and the operator it is about."""

    def __init__(self, kind, name, operator, model, sets, tolerance):
        self.kind, self.name, self.operator, self.model = kind, name, operator, model
        self.sets, self.tolerance = sets, tolerance

    def write(self, folder, change=lambda value: value):
        """Writes the case as a folder; `change` is applied to the expected outputs."""
        folder.mkdir(parents=True, exist_ok=True)
        onnx.save(self.model, folder / "model.onnx")
        if self.tolerance:
            (folder / "data.json").write_text(json.dumps(self.tolerance))
        for index, (inputs, outputs) in enumerate(self.sets):
            place = folder / f"test_data_set_{index}"
            place.mkdir(exist_ok=True)
            for role, declared, values in (
                ("input", self.model.graph.input, inputs),
                ("output", self.model.graph.output, map(change, outputs)),
            ):
                for number, (info, value) in enumerate(zip(declared, values)):
                    message = encoded(value, info)
                    (place / f"{role}_{number}.pb").write_bytes(message.SerializeToString())


def encoded(value, info):
    """The message of a value of the type that the model declares."""
    if isinstance(value, onnx.TensorProto):
        return value
    kind = info.type.WhichOneof("value")
    if kind == "sequence_type":
        return numpy_helper.from_list(value, info.name)
    if kind == "optional_type":
        return numpy_helper.from_optional(value, info.name)
    return numpy_helper.from_array(np.asarray(value), info.name)


def decoded(path, info):
    """The value in a file that holds a message of the type that the model declares."""
    kind = info.type.WhichOneof("value")
    if kind == "sequence_type":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(path.read_bytes()))
    if kind == "optional_type":
        return numpy_helper.to_optional(onnx.OptionalProto.FromString(path.read_bytes()))
    return numpy_helper.to_array(onnx.TensorProto.FromString(path.read_bytes()))


def perturbed(value):
    """The value with every number changed by 1 %, and all else to another value.

    1 % of a bfloat16 number may be less than the two units in the last place that pcc allows, as
    ONNX's own runner does, so those are moved by three units, towards zero. Of numbers below 1e-4
    1 % may be less than the absolute tolerance; they become 0.01."""
    if value is None:
        return np.ones([1], np.float32)
    if isinstance(value, onnx.TensorProto):
        value = numpy_helper.to_array(value)
    if isinstance(value, (list, tuple)):
        return [perturbed(item) for item in value] or [np.ones([1], np.float32)]
    value = np.asarray(value)
    if value.size == 0:
        shape = [max(extent, 1) for extent in value.shape]
        return np.full(shape, "x" if value.dtype.kind in "OSU" else 1, value.dtype)
    if value.dtype.kind in "OSU":
        return np.array([str(item) + "x" for item in value.flat], object).reshape(value.shape)
    if value.dtype.kind == "b":
        return ~value
    if value.dtype.kind in "iu":
        return value + np.ones_like(value)
    if value.dtype.name == "bfloat16":
        bits = value.view(np.uint16)
        moved = (bits - np.minimum(bits & 0x7FFF, 3)).astype(np.uint16).view(value.dtype)
        wide = value.astype(np.float32)
        moved = np.where(np.abs(wide) < 1e-4, np.float32(0.01), moved)
        return np.where(np.isfinite(wide), moved, 0).astype(value.dtype)
    if value.dtype.name in ("float16", "float32", "float64") or value.dtype.kind == "c":
        wide = value.astype(np.float64 if value.dtype.kind != "c" else value.dtype)
        moved = np.where(np.abs(wide) < 1e-4, 0.01, wide * 1.01)
        return np.where(np.isfinite(wide), moved, 0).astype(value.dtype)
    other = 0 if value.dtype.name in ("int2", "uint2", "int4", "uint4") else 2
    numbers = value.astype(np.float32)
    return np.where(numbers == 1, other, 1).astype(np.float32).astype(value.dtype)


def qualified(node):
    """The name of a node's operator, with the domain unless it is the default one."""
    return node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}::{node.op_type}"


def operator(name, model, known):
    """The operator a case is about; models that are a function's body bear their node's name."""
    base = name.split("_expanded")[0]
    return known.get(base) or qualified(model.graph.node[0])


def node_cases():
    """The cases of onnx.backend.test.case.node."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = load_model_tests(kind="node")
    known = {c.name: qualified(c.model.graph.node[0]) for c in found if "_expanded" not in c.name}
    for case in found:
        subject = operator(case.name, case.model, known)
        yield Case("node", case.name, subject, case.model, case.data_sets, None)


def ramp(info):
    """The input for which the outputs of the light models were computed."""
    shape = [dim.dim_value or 1 for dim in info.type.tensor_type.shape.dim]
    count = int(np.prod(shape))
    return (np.arange(count).reshape(shape) / count).astype(np.float32)


def light_cases():
    """The light models: full networks whose weights are computed from seeds."""
    for path in sorted(pathlib.Path(DATA_DIR, "light").glob("*.onnx")):
        model = onnx.load(path)
        constants = {tensor.name for tensor in model.graph.initializer}
        inputs = [ramp(info) for info in model.graph.input if info.name not in constants]
        outputs = [
            decoded(path.with_name(f"{path.stem}_output_{number}.pb"), info)
            for number, info in enumerate(model.graph.output)
        ]
        # Inputs are numbered like the graph's, so those that have constants go last.
        rest = [info for info in model.graph.input if info.name in constants]
        given = [info for info in model.graph.input if info.name not in constants]
        del model.graph.input[:]
        model.graph.input.extend(given + rest)
        yield Case("light", path.stem, "light", model, [(inputs, outputs)], None)


def folder_cases(kind):
    """The cases of a folder of the onnx package."""
    for folder in sorted(pathlib.Path(DATA_DIR, kind).iterdir()):
        if not (folder / "model.onnx").exists():
            continue
        model = onnx.load(folder / "model.onnx")
        sets = []
        for place in sorted(folder.glob("test_data_set_*")):
            sets.append(
                tuple(
                    [
                        decoded(place / f"{role}_{number}.pb", info)
                        for number, info in enumerate(declared)
                        if (place / f"{role}_{number}.pb").exists()
                    ]
                    for role, declared in (
                        ("input", model.graph.input), ("output", model.graph.output))
                ))
        description = folder / "data.json"
        tolerance = json.loads(description.read_text()) if description.exists() else None
        yield Case(kind, folder.name, kind, model, sets, tolerance)


def cases(kind):
    """The cases of a kind."""
    if kind == "node":
        return node_cases()
    return light_cases() if kind == "light" else folder_cases(kind)


def accepted(path):
    """Whether the onnx package accepts a model."""
    try:
        onnx.checker.check_model(str(path), full_check=True)
        return True
    except Exception:  # noqa: BLE001: onnx raises many kinds
        return False


def rewrite(pcc, folder):
    """Has pcc read and write the model of a case; returns what went wrong, if anything did."""
    model = folder / "model.onnx"
    before = accepted(model)
    done = subprocess.run(
        [pcc, "opt", str(model), "-o", str(model), "--force", "-q"], capture_output=True, text=True)
    if done.returncode != 0:
        return f"not written again: {done.stderr.strip()[-300:]}"
    return "written in a form that onnx refuses" if before and not accepted(model) else None


def check(pcc, folder, timeout):
    """The status of the case in a folder, and why it did not pass."""
    command = [pcc, "check", str(folder), "--json", "-q", "--threads", "1"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        found = json.loads(done.stdout)["cases"][0]
        reason = found["reason"].replace(f"{folder}/", "")
        return found["status"], reason
    except subprocess.TimeoutExpired:
        return "hang", f"not done after {timeout} s"
    except (ValueError, KeyError, IndexError):
        return "crash", f"exit status {done.returncode}: {done.stderr.strip()[-300:]}"


def checked(arguments, root, selected, change):
    """What every case came to, in order."""

    def one(case):
        folder = root / case.name
        case.write(folder, change)
        if arguments.round_trip:
            problem = rewrite(arguments.pcc, folder)
            if problem:
                return "fail", problem
        return check(arguments.pcc, folder, arguments.timeout)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        return list(pool.map(one, selected))


def counted(selected, results, key):
    """How many cases passed, went wrong and are unsupported, by `key` of the case, in order."""
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for case, (status, _) in zip(selected, results):
        column = 0 if status == "pass" else 1 if status in WRONG else 2
        counts[key(case)][column] += 1
    return dict(sorted(counts.items(), key=lambda item: item[0].lower()))


def table(selected, results):
    """Prints the number of cases by operator and status."""
    rows = counted(selected, results, lambda case: case.operator)
    rows["total"] = [sum(column) for column in zip(*rows.values())]
    print(f"{'operator':40} {'passed':>7} {'failed':>7} {'unsupported':>12}")
    for name, (passed, failed, unsupported) in rows.items():
        print(f"{name:40} {passed:7} {failed:7} {unsupported:12}")


def report(path, selected, results, noticed):
    """Writes the results: of each case as JSON, or numbers by kind and operator as text."""
    if path.suffix == ".json":
        entries = [
            {"name": case.name, "operator": case.operator, "status": status, "reason": reason}
            for case, (status, reason) in zip(selected, results)
        ]
        path.write_text(json.dumps(entries, indent=1) + "\n")
        return
    lines = [
        "# ONNX's cases: passed, failed, unsupported, and how many of those that passed fail when",
        "# their expected outputs are perturbed. Written by scripts/onnx-conformance.sh --report.",
        f"onnx {onnx.__version__}",
    ]
    for kind, row in counted(selected, results, lambda case: case.kind).items():
        lines.append(" ".join(["kind", kind, *map(str, row), str(noticed.get(kind, "-"))]))
    nodes = [pair for pair in zip(selected, results) if pair[0].kind == "node"]
    if nodes:
        for name, row in counted(*zip(*nodes), lambda case: case.operator).items():
            lines.append(" ".join(["operator", name, *map(str, row)]))
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pcc", type=lambda text: str(pathlib.Path(text).resolve()))
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--only", default="", metavar="REGEX")
    parser.add_argument("--perturb", action="store_true")
    parser.add_argument("--round-trip", action="store_true")
    parser.add_argument("--timeout", type=float, default=60, metavar="S")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--report", type=pathlib.Path, metavar="FILE", help="write the results")
    parser.add_argument("--reasons", action="store_true", help="list what is unsupported, and why")
    arguments = parser.parse_args()
    for kind in arguments.kinds:
        if kind not in KINDS:
            parser.error(f"no kind '{kind}': {', '.join(KINDS)}")
    selected = [
        case for kind in arguments.kinds or ["node"] for case in cases(kind)
        if re.search(arguments.only, case.name)
    ]
    if not selected:
        parser.error(f"no case is named like '{arguments.only}'")
    with tempfile.TemporaryDirectory(prefix="onnx-conformance-") as folder:
        root = pathlib.Path(folder)
        results = checked(arguments, root / "cases", selected, lambda value: value)
        table(selected, results)
        listed = WRONG + (["unsupported"] if arguments.reasons else [])
        for case, (status, reason) in zip(selected, results):
            if status in listed:
                print(f"{status}: {case.name}: {reason}")
        bad = any(status in WRONG for status, _ in results)
        noticed = {}
        if arguments.perturb:
            passed = [case for case, (status, _) in zip(selected, results) if status == "pass"]
            again = checked(arguments, root / "perturbed", passed, perturbed)
            noticed = collections.Counter(
                case.kind for case, (status, _) in zip(passed, again) if status == "fail")
            for case, (status, _) in zip(passed, again):
                if status != "fail":
                    print(f"not noticed: {case.name}")
            print(f"perturbed: {sum(noticed.values())} of {len(passed)} cases fail")
            bad = bad or sum(noticed.values()) < len(passed)
        if arguments.report:
            report(arguments.report, selected, results, noticed)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
