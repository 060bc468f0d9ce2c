#!/usr/bin/env python3
"""Composes 64 x 64 scenes of Fashion-MNIST items with a label for each pixel.

  scenes.py FILE.npz [--data /usr/share/datasets/fashion-mnist] [--seed 0] [--labels classes|kinds]
            [--train 4000] [--validation 500] [--test 1000]

A scene has one to four items, enlarged or reduced by up to a third, mirrored half the time, later ones
over earlier ones, on a background of smooth noise. A pixel's label is 0 for the background, 1 + class
where an item covers it; with --labels kinds, 1 top, 2 trousers, 3 dress, 4 shoe, 5 bag. Training scenes are made of the first 50,000 training items, validation scenes
of the other 10,000, test scenes of the 10,000 test items. The file holds x, y, x_val, y_val, x_test and
y_test: uint8 of [count, 1, 64, 64] and [count, 64, 64]."""
import argparse
import gzip
import pathlib

import numpy as np

SIDE = 64
KINDS = np.array([0, 1, 0, 2, 0, 3, 0, 3, 4, 3], np.uint8)  # of the ten classes
VISIBLE = 24  # an item's pixels darker than this are not part of it


def read(folder, part):
    """The images and classes of an IDX pair."""
    def payload(kind, header):
        path = folder / f"{part}-{kind}-ubyte"
        raw = path.read_bytes() if path.exists() else gzip.open(f"{path}.gz").read()
        return np.frombuffer(raw, np.uint8)[header:]
    return payload("images-idx3", 16).reshape(-1, 28, 28), payload("labels-idx1", 8)


def resized(image, side):
    """An image at another size, interpolated linearly."""
    places = np.clip((np.arange(side) + 0.5) * len(image) / side - 0.5, 0, len(image) - 1)
    low = places.astype(int)
    high, share = np.minimum(low + 1, len(image) - 1), places - low
    rows = image[low] * (1 - share)[:, None] + image[high] * share[:, None]
    return rows[:, low] * (1 - share) + rows[:, high] * share


def background(random):
    """Noise that changes smoothly, with a little grain."""
    coarse = resized(random.uniform(0, 110, (6, 6)), SIDE)
    return coarse + random.normal(0, 8, (SIDE, SIDE))


def scene(random, images, classes):
    pixels = background(random)
    labels = np.zeros((SIDE, SIDE), np.uint8)
    for _ in range(random.integers(1, 5)):
        index = random.integers(len(images))
        side = int(round(28 * random.uniform(2 / 3, 4 / 3)))
        item = resized(images[index].astype(np.float64), side)
        if random.integers(2):
            item = item[:, ::-1]
        top, left = random.integers(-side // 4, SIDE - side + side // 4 + 1, 2)
        rows = slice(max(top, 0), min(top + side, SIDE))
        columns = slice(max(left, 0), min(left + side, SIDE))
        item = item[rows.start - top:rows.stop - top, columns.start - left:columns.stop - left]
        covered = item >= VISIBLE
        pixels[rows, columns][covered] = item[covered]
        labels[rows, columns][covered] = 1 + classes[index]
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)[None], labels


def scenes(seed, count, images, classes):
    made = [scene(np.random.default_rng([*seed, number]), images, classes) for number in range(count)]
    return np.stack([pixels for pixels, _ in made]), np.stack([labels for _, labels in made])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--data", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--labels", choices=["classes", "kinds"], default="classes")
    parser.add_argument("--train", type=int, default=4000)
    parser.add_argument("--validation", type=int, default=500)
    parser.add_argument("--test", type=int, default=1000)
    options = parser.parse_args()
    images, classes = read(options.data, "train")
    tests, test_classes = read(options.data, "t10k")
    if options.labels == "kinds":
        classes, test_classes = KINDS[classes], KINDS[test_classes]
    parts = {
        "": (options.train, images[:50000], classes[:50000]),
        "_val": (options.validation, images[50000:], classes[50000:]),
        "_test": (options.test, tests, test_classes),
    }
    arrays = {}
    for number, (part, (count, items, kinds)) in enumerate(parts.items()):
        if count > 0:
            arrays["x" + part], arrays["y" + part] = scenes((options.seed, number), count, items, kinds)
    np.savez_compressed(options.file, **arrays)


if __name__ == "__main__":
    main()
