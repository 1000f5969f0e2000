"""How long `fdgst segment` takes for a large photograph, against reading it and writing its mask with Pillow.

    python -m tests.benchmarks.segmenting --bundle fdg_st --photographs idrid/photo --out segmenting.csv

One thread, after the imports and with the networks open; the fastest of several rounds in turn. Peak memory is that of
a whole command. --discs adds the share of each annotated disc that lies in the part that the network is shown.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from fdgst.data.photographs import read_grey_mask, read_photograph
from fdgst.inference import segmenting
from fdgst.inference.bundle import Bundle
from fdgst.inference.listing import Listed
from fdgst.inference.segmenter import Segmenter
from tests.benchmarks.harness import Row, peak_mib, report, side_by_side

ROUNDS = 7


def with_pillow(photograph: Path, mask: np.ndarray, out: Path) -> None:
    """Read a photograph and write a mask of its size."""
    Image.open(photograph).convert("RGB").load()
    Image.fromarray(mask).save(out / "pillow.png")


def timed(bundle: Path, photographs: list[Path], out: Path) -> list[Row]:
    """Compare the seconds of both for some photographs."""
    request = segmenting.Request((bundle,), None, "auto", {})
    segmenting._prepare(request, out, "benchmark")
    rows = []
    for path in photographs:
        segmenting.segment_one(Listed(path, path.stem))
        mask = np.asarray(Image.open(out / "masks" / f"{path.stem}.png"))
        best = side_by_side(
            {
                "fdgst": lambda path=path: segmenting.segment_one(Listed(path, path.stem)),
                "pillow": lambda path=path, mask=mask: with_pillow(path, mask, out),
            },
            rounds=ROUNDS,
        )
        detail = (
            f"{path.name}, {mask.shape[1]}x{mask.shape[0]} px: {best['fdgst']:.3f} s against {best['pillow']:.3f} s"
        )
        rows.append(Row("segment", "Pillow", best["fdgst"] / best["pillow"], "x", "<= 2.5", detail))
    return rows


def share_inside(bundle: Path, photographs: list[Path], discs: Path) -> list[Row]:
    """Return how much of each annotated disc lies in the part that is cut around what is located."""
    segmenter = Segmenter([Bundle(bundle)], locator=None, roi="auto")
    shares = []
    for path in photographs:
        found = segmenter(read_photograph(path, channels=3, bits=8).pixels)
        if found.box is None:
            continue
        rows, columns = np.nonzero(read_grey_mask(discs / f"{path.stem}.png").pixels)
        left, top, width, height = found.box
        inside = (columns >= left) & (columns < left + width) & (rows >= top) & (rows < top + height)
        shares.append(float(inside.mean()))
    detail = f"least of {len(shares)} located; mean {np.mean(shares):.4f}"
    return [Row("share of the annotated disc", "the part", min(shares), "", ">= 0.95", detail)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--photographs", type=Path, required=True)
    parser.add_argument("--discs", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=3)
    given = parser.parse_args()
    every = sorted(given.photographs.iterdir())
    with tempfile.TemporaryDirectory() as folder:
        rows = timed(given.bundle, every[: given.count], Path(folder))
        command = [sys.executable, "-m", "fdgst.cli", "segment", given.bundle, every[0], "--jobs", "1"]
        peak = peak_mib([*command, "--out", Path(folder) / "peak"])
    rows.append(Row("peak memory of the command", "1 GiB", peak, "MiB", "<= 1024", every[0].name))
    if given.discs:
        rows += share_inside(given.bundle, every, given.discs)
    report(rows, given.out)


if __name__ == "__main__":
    main()
