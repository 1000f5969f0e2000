"""All metrics of one pair of 800 px masks against MONAI's Hausdorff and average surface distance.

    python -m tests.benchmarks.metrics --out metrics.csv

DSC, HD, HD95, ASD, directed ASD and NSD at three tolerances, one thread each, in turn in one run; prints the ratio of
the fastest times and how far the numbers lie apart. MONAI's Dice, 95th percentile and surface Dice are not in its time:
the ratio is that of all our metrics to two of theirs.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import torch

from fdgst.core.metrics import Comparison, compare
from tests.benchmarks.harness import Row, report, side_by_side

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of MONAI's own imports
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance, compute_surface_dice

SIDE_PX = 800


def region(rows: float, columns: float, height: float, width: float) -> np.ndarray:
    """Draw a round region with a wavy outline: centre and half axes in pixels."""
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    angle = np.arctan2(y - rows, x - columns)
    wave = 1 + 0.05 * np.sin(5 * angle) + 0.02 * np.sin(11 * angle)
    return ((y - rows) / height) ** 2 + ((x - columns) / width) ** 2 < wave**2


PAIRS = {
    "large": (region(405, 410, 180, 160), region(400, 400, 190, 170)),
    "small": (region(420, 390, 90, 80), region(400, 400, 110, 85)),
    "far apart": (region(150, 150, 60, 60), region(600, 620, 90, 90)),
}


TOLERANCES_PX = (2, 4, 8)


def ours(prediction: np.ndarray, truth: np.ndarray) -> Comparison:
    """Every metric of ours."""
    return compare(prediction, truth, tolerances_px=TOLERANCES_PX)


def monai(prediction: torch.Tensor, truth: torch.Tensor) -> tuple[float, float]:
    """MONAI's maximum and pooled average, whose time counts."""
    hd = compute_hausdorff_distance(prediction, truth, include_background=True)
    asd = compute_average_surface_distance(prediction, truth, include_background=True, symmetric=True)
    return float(hd), float(asd)


def surface_dice(prediction: torch.Tensor, truth: torch.Tensor) -> list[float]:
    """MONAI's surface Dice at each tolerance, for comparison alone."""
    options = {"include_background": True}
    return [float(compute_surface_dice(prediction, truth, [float(t)], **options)) for t in TOLERANCES_PX]


def measure(name: str, rounds: int) -> Row:
    """Time both on one pair and compare their numbers."""
    pair = PAIRS[name]
    tensors = [torch.from_numpy(mask)[None, None] for mask in pair]
    found = ours(*pair)
    numbers = found.surface.hd, found.surface.asd, *found.nsd
    judged = *monai(*tensors), *surface_dice(*tensors)
    apart = max(abs(a - b) / max(abs(b), 1) for a, b in zip(numbers, judged, strict=True))
    best = side_by_side({"ours": lambda: ours(*pair), "theirs": lambda: monai(*tensors)}, rounds=rounds)
    detail = f"{1e3 * best['ours']:.2f} ms against {1e3 * best['theirs']:.2f} ms; numbers agree to {apart:.0e}"
    return Row(f"every metric, {name} pair", "MONAI's HD and ASD", best["theirs"] / best["ours"], "x", ">= 12", detail)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="CSV")
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    report([measure(name, arguments.rounds) for name in PAIRS], arguments.out)


if __name__ == "__main__":
    main()
