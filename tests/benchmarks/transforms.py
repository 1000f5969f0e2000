"""How fast `FourierStyle` stylises one image, against albumentations' FDA and against the literal formula.

    python -m tests.benchmarks.transforms --out results/benchmarks/transforms.csv

One process, one thread, its computing time. Drawn fundus images of 256 and 800 px, three channels of 8 bits. FDA gets
its style as an array, at the same beta; every call takes another content and another style image. `FourierStyle` keeps
the amplitudes of a style after its first use, as it would in a training; FDA keeps none.
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.harness import ONE_THREAD, Row, report, side_by_side, together

os.environ |= ONE_THREAD  # before numpy

import cv2
import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own imports
    import albumentations

from fdgst.core.fourier import stylize
from fdgst.data.phantom.drawing import draw
from fdgst.generation.banks import make_bank
from fdgst.storage.rois import create_rois
from fdgst.transforms import FourierStyle
from tests.tasks import task

SIZES_PX = (256, 800)
BETA, WINDOW = 0.05, "low:0.05"
COUNT = 8


def images(number: int, side_px: int) -> list[np.ndarray]:
    """Draw some images of a domain, uint8 (side_px, side_px, 3)."""
    size_px = (side_px, side_px)
    drawings = (
        draw(seed=1, number=number, split="train", index=i, size_px=size_px, lesion=False) for i in range(COUNT)
    )
    return [drawing.levels(channels=3, bits=8) for drawing in drawings]


def write_bank(folder: Path, styles: list[np.ndarray], alpha: float) -> Path:
    """Write the soft bank of style images."""
    size_px, rois_path = styles[0].shape[:2], folder / f"{len(styles[0])}.h5"
    out = rois_path.with_suffix(".bank.h5")
    named = {"task": task(), "domain": "style", "title": "Style", "settings": {}}
    shape = {"count": len(styles), "roi_size_px": size_px, "network_size_px": size_px}
    with create_rois(rois_path, mask_resize="nearest", compression="none", **named, **shape) as rois:
        for i, image in enumerate(styles):
            grey = np.zeros(size_px, np.uint8)
            rois.add(name=f"{i}", split="train", group="", image=image, greys={"mask": grey}, sha256=f"{i:064x}")
    make_bank(rois_path, out, alpha=alpha, mixing="roi")
    return out


def speed(folder: Path, side_px: int, rounds: int) -> list[Row]:
    """Compare at one size."""
    contents, styles = images(1, side_px), images(2, side_px)
    bank = write_bank(folder, styles, 0.05)
    ours = {
        f"FourierStyle {WINDOW}": (FourierStyle(styles, lam=1, window=WINDOW, alpha=0, p=1), ">= 6"),
        "FourierStyle, threshold 0.05, from a bank": (FourierStyle(bank, lam=(0, 1), alpha=0.05, p=1), ">= 30"),
        "FourierStyle, no window, no threshold": (FourierStyle(styles, lam=(0, 1), alpha=0, p=1), ""),
    }
    fda = albumentations.FDA(beta_limit=(BETA, BETA), metadata_key="styles", p=1)
    stylised, turns = itertools.cycle(contents), itertools.cycle(styles)

    def literal() -> None:
        content, style = (next(images).transpose(2, 0, 1) for images in (stylised, turns))
        np.clip(np.rint(stylize(content, style, lam=1, window=WINDOW, alpha=0)), 0, 255).astype(np.uint8)

    calls: dict[str, Callable[[], object]] = {
        "FDA": lambda: fda(image=next(stylised), styles=[next(turns)]),
        "literal": literal,
        **{name: lambda transform=transform: transform(next(stylised)) for name, (transform, _) in ours.items()},
    }
    best = side_by_side(calls, rounds=rounds, clock=time.process_time)
    times = {name: 1e3 * seconds for name, seconds in best.items()}
    rows = []
    for name, (_, target) in ours.items():
        for other, bound in (("FDA", target), ("literal", "")):
            detail = f"{side_px} px: {times[name]:.2f} against {times[other]:.1f} ms an image"
            whose = "albumentations' FDA" if other == "FDA" else f"the literal formula, {WINDOW}"
            rows.append(Row(f"{name}: speed", whose, times[other] / times[name], "x", bound, detail))
    return rows


def import_time(rounds: int) -> Row:
    """Time the import in a process of its own, without the start of the interpreter."""
    programs = {"bare": "", "ours": "import fdgst.transforms"}
    runs = {name: lambda code=code: together([[sys.executable, "-c", code]]) for name, code in programs.items()}
    best = side_by_side(runs, rounds=rounds)
    return Row(
        "import fdgst.transforms", "an empty program", best["ours"] - best["bare"], "s", "<= 0.3", "numpy included"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/transforms.csv"))
    parser.add_argument("--rounds", type=int, default=40)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for side_px in SIZES_PX for row in speed(Path(folder), side_px, args.rounds)]
    report([*rows, import_time(7)], args.out)


if __name__ == "__main__":
    main()
