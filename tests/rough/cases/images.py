"""Photographs that cannot be used: each stands in the place of a table's first image."""

import struct
import zlib

import numpy as np
from PIL import Image

from tests.data.folders import photograph
from tests.data.test_photographs import deep_png
from tests.rough.place import CELL, cases

PIXELS = photograph()
GREY = PIXELS[..., 0]
NOISE = np.random.default_rng(1).bytes(4000)


def picture(pixels, **options):
    """A maker that saves pixels, or a picture, in whatever format options say."""
    options = {"format": "PNG"} | options
    made = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    return lambda path: made.save(path, **options)


def text(data):
    """A maker that writes bytes."""
    return lambda path: path.write_bytes(data)


def edited(change, **options):
    """A maker that changes the bytes of a sound picture."""

    def make(path):
        picture(PIXELS, **options)(path)
        path.write_bytes(change(bytearray(path.read_bytes())))

    return make


def flipped(place):
    """A change of one byte, counted from the end where negative."""

    def change(data):
        data[place] ^= 0x55
        return data

    return change


def chunk(name, data):
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, *, depth=8, kind=2, rows=b""):
    """The bytes of a PNG whose header says so."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def folder(path):
    """A folder in the place of the file."""
    path.mkdir()


ALPHA = np.dstack([PIXELS, np.full(GREY.shape, 128, np.uint8)])
FLOAT = Image.fromarray(GREY.astype(np.float32))
TABLE = {
    "empty file": (text(b""), "a0.png: expected a whole PNG", "found an empty file", "copy the image again"),
    "noise": (text(NOISE), "a0.png: expected a whole PNG", "found what is no PNG, JPEG, TIFF or BMP"),
    "text": (text(b"not a picture"), "expected a whole PNG", "found what is no PNG"),
    "web page": (text(b"<!DOCTYPE html><p>404"), "found what is no PNG, JPEG, TIFF or BMP (HTML or SVG?)"),
    "zip": (text(b"PK\3\4" + NOISE), "found what is no PNG, JPEG, TIFF or BMP (a ZIP archive?)"),
    "pdf": (text(b"%PDF-1.7" + NOISE), "(PDF?)"),
    "gzip": (text(b"\x1f\x8b" + NOISE), "(gzip?)"),
    "dicom": (text(bytes(128) + b"DICM" + NOISE), "(DICOM?); convert it to PNG or TIFF"),
    "numpy": (text(b"\x93NUMPY" + NOISE), "(NumPy?); convert it to PNG or TIFF"),
    "gif": (picture(PIXELS, format="GIF"), "found what is no PNG, JPEG, TIFF or BMP (GIF?)"),
    "webp": (picture(PIXELS, format="WEBP"), "(WebP?)"),
    "half a png": (edited(lambda d: d[: len(d) // 2]), "expected a whole PNG, found one that cannot be decoded"),
    "png without its end": (edited(lambda d: d[:-12]), "found one that cannot be decoded (truncated PNG file)"),
    "png header alone": (edited(lambda d: d[:40]), "expected a whole PNG, found"),
    "png signature alone": (text(b"\x89PNG\r\n\x1a\n"), "expected a whole PNG, found"),
    "flipped byte in the pixels": (
        edited(flipped(200)),
        "expected a whole PNG, found one that cannot be decoded",
        "IDAT",
    ),
    "flipped byte in the header": (edited(flipped(18)), "expected a whole PNG, found"),
    "half a jpeg": (edited(lambda d: d[: len(d) // 2], format="JPEG"), "found one that cannot be decoded", "truncated"),
    "half a tiff": (edited(lambda d: d[: len(d) // 2], format="TIFF"), "a0.png: expected a whole PNG, found"),
    "half a bmp": (edited(lambda d: d[: len(d) // 2], format="BMP"), "found one that cannot be decoded"),
    "no width": (text(png(0, 8)), "expected a whole PNG, found"),
    "bomb": (text(png(60000, 60000)), "expected at most 89 million pixels, found 3600 million; reduce it"),
    "large": (text(png(10000, 10000)), "expected at most 89 million pixels, found 100 million; reduce it"),
    "pixels that are not packed": (text(png(32, 32) + b"x"), "expected a whole PNG", "cannot be decoded"),
    "transparent": (picture(ALPHA), "found transparent pixels; say what is behind them: flatten it"),
    "transparent grey": (
        picture(Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(ALPHA[..., 3])])),
        "found transparent pixels",
    ),
    "cmyk": (
        picture(Image.fromarray(PIXELS).convert("CMYK"), format="JPEG"),
        "found CMYK, the inks of print (mode CMYK); convert it",
    ),
    "lab": (picture(Image.fromarray(PIXELS).convert("LAB"), format="TIFF"), "found the colour space L*a*b* (mode LAB)"),
    "one bit": (picture(Image.fromarray(GREY > 127)), "found 1 bit per pixel (mode 1); convert it"),
    "float": (picture(FLOAT, format="TIFF"), "found floating-point levels (mode F); convert it"),
    "32 bits": (
        picture(Image.fromarray(GREY.astype(np.int32)), format="TIFF"),
        "found 32 bits per channel (mode I); convert it",
    ),
    "16 bits grey": (
        picture(GREY.astype(np.uint16) * 257),
        "expected 8 bits per channel, found 16 bits; convert it, or set task.bits: 16",
    ),
    "16 bits colour": (lambda path: deep_png(path, 2, 3), "found 16 bits per channel in colour or with transparency"),
    "16 bits with alpha": (
        lambda path: deep_png(path, 6, 4),
        "found 16 bits per channel in colour or with transparency",
    ),
    "several pages": (
        lambda path: Image.fromarray(PIXELS).save(
            path, format="TIFF", save_all=True, append_images=[Image.fromarray(PIXELS)]
        ),
        "expected one image, found a file of 2 pages; split it",
    ),
    "an animation": (
        lambda path: Image.fromarray(PIXELS).save(
            path, format="PNG", save_all=True, append_images=[Image.fromarray(255 - PIXELS)]
        ),
        "expected one image, found a file of 2 pages; split it",
    ),
    "another size than its mask": (picture(PIXELS[:24]), "masks/a0.png: expected the size of its image, 32x24 px"),
    "a folder": (folder, "a0.png: expected the image's file, found none"),
    "a broken link": (lambda path: path.symlink_to("nowhere.png"), "a0.png: expected the image's file, found none"),
    "not there": (lambda path: None, "a0.png: expected the image's file, found none"),
}
DEEP = {
    "8 bits where the task has 16": (picture(GREY), "expected 16 bits per channel, found 8 bits", "task.bits: 8"),
}
MIXED = {
    "16 bits": (picture(GREY.astype(np.uint16) * 257), "found 16 bits; convert it: fdgst mix takes no other"),
    "noise": (text(NOISE), "expected a whole PNG", "found what is no PNG"),
    "transparent": (picture(ALPHA), "found transparent pixels"),
    "not there": (lambda path: None, "x.png: no such file"),
}


def spoilt(task):
    """How a table's first image is spoilt."""

    def make(place, write):
        def spoil(table):
            for name in ("a0", "a1", "a2"):
                if task["bits"] == 16:
                    picture(GREY.astype(np.uint16) * 257)(place / f"{name}.png")
            (place / "a0.png").unlink()
            write(place / "a0.png")

        return place.table(spoil, task=task)

    return make


def mixed(place, write):
    """Mix a spoilt photograph with a sound one."""
    write(place / "x.png")
    picture(PIXELS)(place / "y.png")
    return ["mix", place / "x.png", place / "y.png", "--lambda", "1", "--out", place / "out"]


CASES = [
    *cases("image", spoilt(CELL), TABLE),
    *cases("image", spoilt(CELL | {"channels": 1, "bits": 16}), DEEP),
    *cases("mix", mixed, MIXED),
]
