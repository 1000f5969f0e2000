"""All five metrics of one pair of 800 px masks against MONAI's Hausdorff and average surface distance.

    python -m tests.benchmarks.metrics --out metrics.csv

One thread each, side by side in one run; prints the ratio of the medians and how far the numbers lie apart. MONAI's
Dice and 95th percentile are not in its time: the ratio is that of all our metrics to two of theirs.
"""

import argparse
import statistics
import time
import warnings
from pathlib import Path

import numpy as np
import torch

from fdgst.core.metrics import dice, surface_metrics
from tests.benchmarks.harness import write_csv

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of MONAI's own imports
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance

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


def ours(prediction: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """All of DSC, HD, HD95, ASD and directed ASD; returns the three that MONAI gives below."""
    dice(prediction, truth)
    found = surface_metrics(prediction, truth)
    return found.hd, found.asd, found.asd_directed


def monai(prediction: torch.Tensor, truth: torch.Tensor) -> tuple[float, float]:
    """MONAI's maximum and pooled average."""
    hd = compute_hausdorff_distance(prediction, truth, include_background=True)
    asd = compute_average_surface_distance(prediction, truth, include_background=True, symmetric=True)
    return float(hd), float(asd)


def milliseconds(call, *arguments, repeats: int) -> float:
    """Median time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call(*arguments)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def measure(name: str, repeats: int) -> dict[str, str | float]:
    """Time both on one pair and compare their numbers."""
    pair = PAIRS[name]
    tensors = [torch.from_numpy(mask)[None, None] for mask in pair]
    apart = max(abs(a - b) / max(a, 1) for a, b in zip(ours(*pair)[:2], monai(*tensors), strict=True))
    fast, slow = milliseconds(ours, *pair, repeats=repeats), milliseconds(monai, *tensors, repeats=repeats)
    row = {"pair": name, "fdgst_ms": fast, "monai_ms": slow, "ratio": slow / fast, "difference": apart}
    print(f"{name:10} fdgst {fast:6.2f} ms, MONAI {slow:7.2f} ms: {slow / fast:5.1f} x, difference {apart:.1e}")
    return row


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="CSV")
    parser.add_argument("--repeats", type=int, default=30)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measure(name, arguments.repeats) for name in PAIRS]
    write_csv(rows, arguments.out)


if __name__ == "__main__":
    main()
