#!/usr/bin/env python3
"""Writes testdata/images: small images in all forms that pcc reads, data sets in folders and archives,
and in expected.npz the pixels that Pillow finds in them, resized ones included.

  images.py [FOLDER]"""
import gzip
import io
import pathlib
import sys
import tarfile

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1] / "images"


def picture(random, height, width, channels=3):
    """A smooth picture with a little noise."""
    rows, columns = np.mgrid[0:height, 0:width]
    planes = [128 + 100 * np.sin(rows * a + columns * b + c)
              for a, b, c in random.uniform(0.1, 0.7, (channels, 3))]
    pixels = np.stack(planes, -1) + random.normal(0, 6, (height, width, channels))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def forms(folder, random, expected):
    """One picture in each form."""
    color = picture(random, 10, 13)
    grey = picture(random, 10, 13, 1)[..., 0]
    indices = random.integers(0, 4, (10, 13)).astype(np.uint8)
    palette = Image.fromarray(indices, "P")
    palette.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 10, 20, 30])
    alpha = np.dstack([color, random.integers(0, 256, (10, 13), np.uint8)])
    images = {
        "color.png": Image.fromarray(color), "grey.png": Image.fromarray(grey),
        "alpha.png": Image.fromarray(alpha), "palette.png": palette,
        "bits.png": Image.fromarray(indices % 2 * 255).convert("1"),
        "deep.png": Image.fromarray(indices.astype(np.uint16) * 300),
        "color.jpg": Image.fromarray(color), "grey.jpg": Image.fromarray(grey),
        "progressive.jpg": Image.fromarray(color),
        "inks.jpg": Image.fromarray(np.dstack([color, 40 + grey // 2]), "CMYK"),
    }
    for name, image in images.items():
        options = {"quality": 90} if name.endswith("jpg") else {"optimize": True}
        if name == "progressive.jpg":
            options["progressive"] = True
        image.save(folder / name, **options)
        if name == "deep.png":
            continue
        stored = Image.open(folder / name)
        pixels = np.asarray(stored if stored.mode == "L" else stored.convert("L" if stored.mode == "1" else "RGB"))
        expected[name] = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    expected["mask palette.png"] = indices.astype(np.int32)
    expected["mask bits.png"] = (indices % 2).astype(np.int32)
    expected["mask deep.png"] = indices.astype(np.int32) * 300
    source = Image.open(folder / "color.png")
    for name, (width, height) in {"stretch": (8, 6), "enlarge": (20, 16)}.items():
        resized = source.resize((width, height), Image.Resampling.BILINEAR)
        expected[f"resized {name}"] = np.asarray(resized).transpose(2, 0, 1)
    covering = source.resize((10, 8), Image.Resampling.BILINEAR)
    expected["resized crop"] = np.asarray(covering.crop((1, 0, 9, 8))).transpose(2, 0, 1)
    expected["grey color.png"] = np.asarray(source.convert("L"))[None]


def bytes_of(image, form):
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


def folders(folder, random):
    """A folder a class: bright images are bees, dark ones wasps."""
    for part, count in {"train": 3, "val": 1}.items():
        for name, base in {"bee": 180, "wasp": 20}.items():
            (folder / part / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                pixels = base + random.integers(0, 40, (6 + number, 6, 1 if number == 1 else 3))
                image = Image.fromarray(pixels.astype(np.uint8).squeeze())
                image.save(folder / part / name / f"{number}.{'jpg' if number == 2 else 'png'}")


def masks(folder, random):
    """Images with masks: 1 where it is bright, 255 at the border."""
    for part, count in {"train": 2, "val": 1}.items():
        for kind in ("images", "masks"):
            (folder / part / kind).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            mask = np.zeros((8, 8), np.uint8)
            mask[2:6, 2 + number:5 + number] = 1
            pixels = np.where(mask == 1, 200, 40) + random.integers(0, 40, (8, 8))
            mask[0] = 255
            Image.fromarray(pixels.astype(np.uint8)).save(folder / part / "images" / f"s{number}.png")
            Image.fromarray(mask).save(folder / part / "masks" / f"s{number}.png")
    (folder / "classes.txt").write_text("ground\nthing\n")


def archive(path, random):
    """A tar archive of samples, with a name that is too long for a plain header."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for number in range(6):
            key = f"{'long/' * 25 if number == 5 else ''}{number:04}"
            pixels = (number % 2 * 150 + random.integers(0, 40, (6, 6))).astype(np.uint8)
            files = {"png": bytes_of(Image.fromarray(pixels), "PNG"),
                     "cls": ["wasp", "bee"][number % 2].encode(), "txt": b"ignored"}
            for ending, content in files.items():
                entry = tarfile.TarInfo(f"{key}.{ending}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    path.write_bytes(gzip.compress(buffer.getvalue(), mtime=0))


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    root.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    expected = {}
    (root / "forms").mkdir(exist_ok=True)
    forms(root / "forms", random, expected)
    folders(root / "folders", random)
    masks(root / "masked", random)
    archive(root / "train.tar.gz", random)
    np.savez_compressed(root / "expected.npz", **expected)


if __name__ == "__main__":
    main()
