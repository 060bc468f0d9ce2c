#!/usr/bin/env python3
"""Plants bugs in the passes, one at a time, and sees whether random networks or golden files find them.

  mutation-test.py [NAME...] [--networks 2000] [--build release|debug] [--folder DIR]

Works in a copy of the committed tree, in a temporary folder or DIR, which may hold a build from an
earlier run. Each bug is a piece of source that another replaces; a piece that is not there any more is
an error, so that the list stays true. Exits with 1 unless every bug is found."""
import argparse
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLLAPSE = "Sources/Passes/Collapse/"

# Name, file, what stands there, what the bug makes of it.
BUGS = [
    ("a constant does not reach the bias", COLLAPSE + "InputFolding.swift",
     "bias[row] += added", "bias[row] += 0 * added"),
    ("a constant is folded across a border", COLLAPSE + "InputFolding.swift",
     "channel.constant, !contraction.hasBorders, canSetBias", "channel.constant, canSetBias"),
    ("merged channels lose their scale", COLLAPSE + "InputFolding.swift",
     "classes[first + input].scale / scale", "1"),
    ("a gate is folded and stays", COLLAPSE + "GateFolding.swift",
     "if graph.bypass(product, with: data) { apply(edits) }", "apply(edits)"),
    ("a gate leaves out what a norm adds", COLLAPSE + "GateFolding.swift",
     "      edits.append(.constant(OperandSite(id, 2), axis: 0, factors))\n", ""),
    ("a negative factor passes an activation", COLLAPSE + "ChannelNumbering+Rules.swift",
     "place, [channel.function], [channel.scale < 0 ? -1 : 1], scale: abs(channel.scale))",
     "place, [channel.function], scale: channel.scale)"),
    ("a norm forgets what it adds", COLLAPSE + "ChannelNumbering+Rules.swift",
     ".constant(factor * value + offset)", ".constant(factor * value)"),
    ("padding does not count in an average", COLLAPSE + "ChannelNumbering+Rules.swift",
     "let hasBorders = schema.hasBorders(place.context) || countsPadding", "let hasBorders = false"),
    ("a channel that one of two results needs is dead", COLLAPSE + "ChannelLiveness.swift",
     "mask = zip(mask, own).map { $0 || $1 }", "mask = own"),
    ("the state of a recurrent unit is not needed", COLLAPSE + "ChannelLiveness.swift",
     "where !units[unit] && readers[unit].contains(where: { units[$0] })", "where units[unit] && !units[unit]"),
    ("segments of a concatenation change places", "Sources/Passes/Channels/AxisCorrespondence.swift",
     "result += part", "result = part + result"),
    ("the maximum over channels may lose some", "Sources/IR/Operators/Families/Reduction.swift",
     'signature.blocked(extent, because: "reduces it in a way that zeros count in")',
     "signature.free(extent)"),
]


def copy(folder):
    """Copies the committed tree; what is there already is left alone, for the build's sake, and
    sources that are not in the tree go."""
    tree = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
        members = list(filter(tarfile.TarInfo.isfile, archive.getmembers()))
        for member in members:
            path, content = folder / member.name, archive.extractfile(member).read()
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                path.chmod(member.mode)
    wanted = {folder / member.name for member in members}
    for part in ("Sources", "Tests"):
        for path in filter(pathlib.Path.is_file, (folder / part).rglob("*")):
            if path not in wanted:
                path.unlink()


def run(folder, command, **environment):
    return subprocess.run(command, cwd=folder, env={**os.environ, **environment}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def finds(folder, options):
    """What finds a bug: the tests that fail; None if it does not even compile."""
    build = run(folder, ["swift", "build", "-c", options.build, "--build-tests"])
    if build.returncode:
        print(build.stdout[-2000:])
        return None
    finders = []
    for finder, tests in (("networks", "CollapsePropertyTests/equalsMasked"), ("golden files", "GateGoldenTests")):
        test = run(folder, ["swift", "test", "-c", options.build, "--skip-build", "--filter", tests],
                   PCC_NETWORKS=str(options.networks))
        if test.returncode:
            finders.append(finder)
    return finders


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--networks", type=int, default=2000)
    parser.add_argument("--build", choices=["release", "debug"], default="release")
    parser.add_argument("--folder")
    options = parser.parse_args()
    folder = pathlib.Path(options.folder or tempfile.mkdtemp(prefix="pcc-mutants."))
    folder.mkdir(exist_ok=True)
    copy(folder)
    if finds(folder, options) != []:
        sys.exit("the tests fail without any bug")
    missed = []
    for name, file, old, new in BUGS:
        if options.names and name not in options.names:
            continue
        path = folder / file
        source = path.read_text()
        if old not in source:
            sys.exit(f"{file} does not hold '{old}'")
        path.write_text(source.replace(old, new))
        found = finds(folder, options)
        path.write_text(source)
        print(f"{'found ' if found else 'MISSED'}  {name}: {', '.join(found or [])}", flush=True)
        if not found:
            missed.append(name)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
