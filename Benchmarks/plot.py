#!/usr/bin/env python3
"""Draws accuracy against what is left of the multiply-accumulates, as an SVG.

  plot.py RECORD -o FILE --base 0.9470 [--base-epochs 60]

RECORD holds the lines of accuracy.py. Each of pcc, scratch, local and random with each number of epochs is a line
through the means over its seeds, with a bar of two standard errors to each side; --base is the score of the
network that was pruned, and --base-epochs are what `scratch` has more than the others."""
import argparse
import json
import math
import pathlib
import statistics

from accuracy import mean_and_error

WIDTH, HEIGHT = 740, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 210, 16, 44
COLOURS = {"pcc": "#0072b2", "scratch": "#d55e00", "local": "#009e73", "random": "#777777"}
DASHES = ["", "6 3", "2 3"]


def series(lines):
    """The points (share, mean, standard error) of each method and number of epochs, in per cent."""
    groups = {}
    for line in lines:
        if line["method"] in COLOURS:
            points = groups.setdefault((line["method"], line["epochs"]), {})
            points.setdefault(line["target"], []).append(line)
    order = list(COLOURS)
    for key, points in sorted(groups.items(), key=lambda item: (order.index(item[0][0]), -item[0][1])):
        yield key, sorted(point(lines) for lines in points.values())


def point(lines):
    mean, error = mean_and_error(lines)
    return 100 * statistics.mean(line["share"] for line in lines), mean, error or 0


class Plot:
    """An SVG in the making. The horizontal axis is logarithmic."""

    def __init__(self, xs, ys):
        self.low, self.high = min(xs) / 1.15, max(xs) * 1.15
        self.bottom, self.top = math.floor(2 * min(ys)) / 2, math.ceil(2 * max(ys)) / 2
        self.parts = []

    def x(self, share):
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(share / self.low) / math.log(self.high / self.low)

    def y(self, score):
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.top - score) / (self.top - self.bottom)

    def line(self, points, colour, dash="", width=1.0):
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"'
                          f' stroke-dasharray="{dash}"/>')

    def dot(self, x, y, colour):
        self.parts.append(f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3.5" fill="{colour}"/>')

    def text(self, x, y, text, colour="#333333", anchor="start"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{text}</text>')

    def axes(self, ticks):
        score = self.bottom
        while score <= self.top:
            self.line([(self.low, score), (self.high, score)], "#dddddd")
            self.text(LEFT - 6, self.y(score) + 4, f"{score:.1f}", anchor="end")
            score += 0.5
        for share in ticks:
            self.line([(share, self.bottom), (share, self.top)], "#eeeeee")
            self.text(self.x(share), HEIGHT - BOTTOM + 16, f"{share:g}", anchor="middle")
        self.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "MACs left, %", anchor="middle")
        self.parts.append(f'<text transform="translate(14,{HEIGHT / 2}) rotate(-90)" text-anchor="middle"'
                          f' fill="#333333">accuracy, %</text>')

    def legend(self, row, text, colour, dash):
        x, y = WIDTH - RIGHT + 12, TOP + 12 + 18 * row
        self.parts.append(f'<line x1="{x}" y1="{y - 4}" x2="{x + 24}" y2="{y - 4}" stroke="{colour}"'
                          f' stroke-width="2" stroke-dasharray="{dash}"/>')
        self.text(x + 30, y, text)

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
                f' font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>\n'
                + "\n".join(self.parts) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("record", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("--base", type=float, required=True)
    parser.add_argument("--base-epochs", type=int, default=60)
    options = parser.parse_args()
    lines = [json.loads(line) for line in options.record.read_text().splitlines()]
    drawn = list(series(lines))
    points = [point for _, points in drawn for point in points]
    base = 100 * options.base
    plot = Plot([share for share, _, _ in points],
                [base] + [mean + side * error for _, mean, error in points for side in (-2, 2)])
    plot.axes([tick for tick in (1, 2, 5, 10, 15, 25, 50, 100) if plot.low < tick < plot.high])
    plot.line([(plot.low, base), (plot.high, base)], "#000000", width=1.5)
    plot.legend(0, f"base {base:.2f}", "#000000", "")
    seen = {}
    for row, ((method, epochs), points) in enumerate(drawn, 1):
        colour, dash = COLOURS[method], DASHES[min(seen.get(method, 0), len(DASHES) - 1)]
        seen[method] = seen.get(method, 0) + 1
        plot.line([point[:2] for point in points], colour, dash, 2)
        for share, mean, error in points:
            if error:
                plot.line([(share, mean - 2 * error), (share, mean + 2 * error)], colour, width=1.5)
            plot.dot(share, mean, colour)
        more = f"{options.base_epochs} + " if method == "scratch" else ""
        plot.legend(row, f"{method}, {more}{epochs} epochs", colour, dash)
    options.output.write_text(plot.svg())


if __name__ == "__main__":
    main()
