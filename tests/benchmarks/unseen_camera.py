"""What a bundle makes of whole photographs by a camera that it has not seen, and what its flags are worth.

    python -m tests.benchmarks.unseen_camera --bundle results/bundles/fdg_st/seed0 --camera 5 --out unseen.csv
    python -m tests.benchmarks.unseen_camera --bundle results/bundles/fdg_st/seed0 --camera 5 --out unseen.csv \
        --locator locator/results/bundles/fdg_st/seed0

The phantom is drawn (100 photographs of 960x720 px, some 2 minutes), and the masks are compared with the drawn ones at
the photograph's size. The bundle is one of the demo's task: cup and disc.
"""

import argparse
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fdgst.core.measures import measure
from fdgst.data.phantom.drawing import Drawing, whole
from fdgst.inference.bundle import Bundle
from fdgst.inference.segmenter import Segmented, Segmenter
from tests.benchmarks.harness import Row, report, write_csv

SIZE = {"height_px": 720, "width_px": 960}


@dataclass(frozen=True)
class Compared:
    """Masks of a photograph beside the drawn ones."""

    index: int
    disc: float
    cup: float
    ratio: float
    drawn_ratio: float
    disc_entropy: float
    cup_entropy: float
    confidence: float
    flags: str


def compare(index: int, drawing: Drawing, found: Segmented, order: tuple[str, ...]) -> Compared:
    """Compare the masks of a photograph with the drawn ones."""
    masks = {name: np.zeros(drawing.image.shape[:2], bool) for name in ("cup", "disc")}
    if found.box:
        left, top, width, height = found.box
        rows, columns = np.ogrid[top : top + height, left : left + width]
        inside = (rows >= 0) & (rows < SIZE["height_px"]) & (columns >= 0) & (columns < SIZE["width_px"])
        y, x = np.nonzero(inside)
        for name, mask in masks.items():
            mask[y + top, x + left] = found.masks[order.index(name)][y, x]
    truth = {name: drawing.mask(name) for name in masks}
    dice = {name: _dice(mask, truth[name]) for name, mask in masks.items()}
    ratios = [float(np.ravel(measure("height_ratio", m["cup"], m["disc"]))[0]) for m in (masks, truth)]
    entropy = [found.entropy[order.index(name)] for name in ("disc", "cup")]
    sure = found.confidence or 0.0
    return Compared(index, dice["disc"], dice["cup"], *ratios, *entropy, sure, "; ".join(found.flags))


def _dice(one: np.ndarray, other: np.ndarray) -> float:
    """Return the Dice coefficient; 0 where one is empty."""
    return float(2 * (one & other).sum() / max(int(one.sum() + other.sum()), 1))


def summary(compared: list[Compared]) -> list[Row]:
    """Return what is asked for."""
    good, bad = ([item for item in compared if bool(item.flags) == flagged] for flagged in (False, True))
    errors = [abs(item.ratio - item.drawn_ratio) for item in good]
    kinds = Counter(flag.split(" (")[0] for item in bad for flag in item.flags.split("; "))
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    rows = [
        Row(f"Dice of the {name}", "the drawn one", float(np.mean(values)), "", target, f"least {min(values):.2f}")
        for name, values, target in (
            ("disc", [item.disc for item in good], ">= 0.9"),
            ("cup", [item.cup for item in good], ">= 0.8"),
        )
    ]
    detail = f"largest {max(errors):.2f}; mean difference {np.mean([i.ratio - i.drawn_ratio for i in good]):+.3f}"
    rows.append(Row("error of the vertical ratio", "the drawn one", float(np.mean(errors)), "", "<= 0.06", detail))
    rows.append(Row("flagged", "all", len(bad) / len(compared), "", "<= 0.1", told or "none"))
    for name in ("disc", "cup"):
        values = [getattr(item, name) for item in bad]
        if values:
            shown = " ".join(f"{value:.2f}" for value in sorted(values))
            rows.append(
                Row(f"Dice of the {name} in the flagged", "the drawn one", float(np.mean(values)), "", "", shown)
            )
    return rows


def main() -> None:
    """Draw, segment, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--locator", type=Path)
    parser.add_argument("--camera", type=int, default=5)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    segmenter = Segmenter([Bundle(given.bundle)], locator=Bundle(given.locator) if given.locator else None, roi="auto")
    compared = []
    for index in range(given.count):
        drawing = whole(seed=given.seed, number=given.camera, index=index, **SIZE)
        compared.append(compare(index, drawing, segmenter(drawing.image), segmenter.task.ids))
    write_csv([asdict(item) for item in compared], given.out)
    report(summary(compared), given.out.with_suffix(".targets.csv"))


if __name__ == "__main__":
    main()
