"""How often a locator finds the disc, how often it is right then, and what its confidence is worth.

    python -m tests.benchmarks.locating --photographs idrid/photo --discs idrid/disc --out locating.csv
    python -m tests.benchmarks.locating --photographs idrid/photo --discs idrid/disc --out trained.csv \\
        --locator results/bundles/fdg_st/seed0 --camera 5
    python -m tests.benchmarks.locating --photographs idrid/photo --discs idrid/disc --out marks.csv --calibrate

Without --locator it is the classical search. Photographs and disc masks have equal names. Phantoms are drawn: 200 with
a disc (every fifth with the disc at the field's edge, every tenth with bright lesions), 30 whose disc is out of view;
by eight cameras, or by those that --camera names. As many pieces of the photographs are cut away from the disc, and
around it. --plain draws the disc near the middle's height alone, as in the photographs that a locator is trained on.
--calibrate draws others, takes the first ten photographs, and prints the numbers of `fdgst.inference.locating.search`.
Drawing takes some minutes.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from fdgst.core.seeding import generator
from fdgst.data.phantom.drawing import whole
from fdgst.data.photographs import read_grey_mask, read_photograph
from fdgst.inference.bundle import Bundle
from fdgst.inference.locating import LIMIT, search
from fdgst.inference.segmenter import open_locator
from tests.benchmarks.harness import Row, report, write_csv

FIRST = 10  # photographs that were tuned on
WIDE = 1072  # pixels: photographs are reduced once
BINS = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0001)
ROI = 2.0  # diameters: the part that is cut around what is located
INSIDE = 0.95  # share of the annotated disc that should lie in that part
Locate = Callable[[np.ndarray], Sequence[search.Candidate]]
Ellipse = tuple[float, float, float, float]  # middle, width, height, pixels


@dataclass(frozen=True)
class Case:
    """A photograph, and where its disc is."""

    kind: str
    name: str
    image: np.ndarray
    disc: Ellipse | None


@dataclass(frozen=True)
class Result:
    """What was located."""

    kind: str
    name: str
    confidence: float
    right: bool
    overlap: float
    inside: float
    seconds: float


def phantoms(
    seed: int, *, count: int, without: int, cameras: Sequence[int] = (), plain: bool = False
) -> Iterator[Case]:
    """Draw whole photographs with and without a disc, by some cameras; by eight of them, the first four more often."""
    for index in range(count + without):
        seen = index < count
        width_px = 512 if index % 2 else 680
        at_edge = not plain and index % 5 == 0
        drawn = whole(
            seed=seed,
            number=cameras[index % len(cameras)] if cameras else 1 + (index % 8 if index % 3 else index % 4),
            index=index if seen else 5000 + index - count,
            height_px=512,
            width_px=width_px,
            lesion=seen and index % 20 == 3,
            plaques=index % 10 == 3 if seen else index % 4 == 0,
            disc=("edge" if at_edge else "inside") if seen else "outside",
        )
        kind = ("drawn, at the edge" if at_edge else "drawn") if seen else "drawn, no disc"
        yield Case(kind, str(index), drawn.image, _ellipse(drawn.mask("disc")) if seen else None)


def photographs(folder: Path, discs: Path) -> list[Case]:
    """Read photographs and their discs, reduced."""
    cases = []
    for number, path in enumerate(sorted(folder.iterdir())):
        image = read_photograph(path, channels=3, bits=8).pixels
        disc = read_grey_mask(discs / f"{path.stem}.png").pixels > 0
        step = max(1, image.shape[1] // WIDE)
        height, width = (side // step * step for side in image.shape[:2])
        small = image[:height, :width].reshape(height // step, step, width // step, step, 3).mean(axis=(1, 3))
        kind = "photograph, tuned on" if number < FIRST else "photograph, new"
        cases.append(Case(kind, path.stem, small.astype(np.uint8), _ellipse(disc[:height:step, :width:step])))
    return cases


def pieces(cases: Iterable[Case], seed: int) -> Iterator[Case]:
    """Cut squares out of photographs: one without the disc, one with all of it somewhere inside."""
    for case in cases:
        if case.disc is None:
            raise ValueError(f"{case.name}: no disc to cut around")
        rng = generator("pieces", seed, case.name)
        x, y, wide, tall = case.disc
        height, width = case.image.shape[:2]
        for _ in range(1000):
            side = int(rng.uniform(0.23, 0.5) * width)
            left, top = int(rng.uniform(0.12, 0.88) * (width - side)), int(rng.uniform(0, height - side))
            if abs(left + side / 2 - x) > side / 2 + 0.7 * wide or abs(top + side / 2 - y) > side / 2 + 0.7 * tall:
                yield Case("piece, no disc", case.name, case.image[top : top + side, left : left + side], None)
                break
        side = int(rng.uniform(0.3, 0.5) * width)
        left = int(np.clip(x - rng.uniform(0.25, 0.75) * side, 0, width - side))
        top = int(np.clip(y - rng.uniform(0.25, 0.75) * side, 0, height - side))
        image = case.image[top : top + side, left : left + side]
        yield Case("piece with the disc", case.name, image, (x - left, y - top, wide, tall))


def look(case: Case, locate: Locate) -> Result:
    """Locate the disc of a case and compare."""
    begun = time.process_time()
    found = locate(case.image)
    seconds = time.process_time() - begun
    if not found:
        return Result(case.kind, case.name, 0.0, False, 0.0, 0.0, seconds)
    best = found[0]
    if case.disc is None:
        return Result(case.kind, case.name, best.confidence, False, 0.0, 0.0, seconds)
    right = _holds(case.disc, best.left + best.width / 2, best.top + best.height / 2)
    overlap, inside = _overlap(case.disc, best), _inside(case.disc, best)
    return Result(case.kind, case.name, best.confidence, right, overlap, inside, seconds)


def show(results: list[Result]) -> None:
    """Print counts of each kind, and the share of right ones by confidence."""
    print(f"{'':24}{'photographs':>12}{'found':>8}{'right':>8}{'wrong':>8}{'median overlap':>16}")
    for kind in dict.fromkeys(result.kind for result in results):
        of_kind = [result for result in results if result.kind == kind]
        found = [result for result in of_kind if result.confidence >= LIMIT]
        right = [result.overlap for result in found if result.right]
        counts = len(of_kind), len(found), len(right), len(found) - len(right)
        print(f"{kind:24}{counts[0]:12}{counts[1]:8}{counts[2]:8}{counts[3]:8}{np.median(right or [0]):16.2f}")
    for low, high in pairwise(BINS):
        inside = [result for result in results if low <= result.confidence < high]
        if inside:
            said, is_right = (np.mean([getattr(r, name) for r in inside]) for name in ("confidence", "right"))
            print(f"confidence {low:.2f} to {min(high, 1):.2f}: {len(inside):4}, said {said:.2f}, right {is_right:.2f}")
    print(f"{np.mean([result.seconds for result in results]):.2f} s of one core each")


def targets(results: Sequence[Result]) -> list[Row]:
    """Return what is asked for: photographs, phantoms, and what shows no disc."""
    real, drawn, bare = (
        [result for result in results if is_kind(result.kind)]
        for is_kind in (
            lambda kind: kind.startswith("photograph"),
            lambda kind: kind in ("drawn", "drawn, at the edge"),
            lambda kind: kind.endswith("no disc"),
        )
    )
    found, found_bare = ([r for r in group if r.confidence >= LIMIT] for group in (drawn, bare))
    right = [r for r in found if r.right]
    wrong = sum(r.confidence >= LIMIT and not r.right for r in real)
    cut = [r.inside for r in results if r.right and r.confidence >= LIMIT]
    count = f"of {len(real)}"
    rows = [
        Row("right", "photographs", sum(r.right and r.confidence >= LIMIT for r in real), count, ">= 17", ""),
        Row("wrong and not flagged", "photographs", wrong, count, "<= 1", ""),
        Row("found", "drawn photographs", len(found) / len(drawn), "", ">= 0.95", f"{len(found)} of {len(drawn)}"),
        Row("right", "those found", len(right) / len(found), "", ">= 0.98", f"{len(right)} of {len(found)}"),
        Row("not found", "no disc there", len(bare) - len(found_bare), f"of {len(bare)}", ">= 48", ""),
    ]
    enough = sum(share >= INSIDE for share in cut)
    detail = f"least {min(cut):.3f}; at least {INSIDE} of it in {enough} of {len(cut)} that were located rightly"
    return [*rows, Row("share of the disc", f"a part of {ROI} diameters", float(np.mean(cut)), "", ">= 0.95", detail)]


def calibrate(cases: Iterable[Case]) -> None:
    """Fit the confidence: which circle is the disc, then how often the best one is; print the numbers."""
    rows: list[tuple[list[float], bool, float, int]] = []
    for number, case in enumerate(cases):
        view = search.view_of(case.image)
        if view is None:
            continue
        green = search._flat(view.green, view.inside)
        weight, seen = 1.0 if case.kind.startswith("drawn") else 3.0, False
        for mark in search._marks(green, search.close_vessels(green), view.inside):
            middle = (mark.column + 0.5) / view.scale, (mark.row + 0.5) / view.scale
            is_right = case.disc is not None and _holds(case.disc, *middle)
            if is_right and seen:
                continue  # the first of several circles in one disc
            seen |= is_right
            arcade = np.tanh(mark.arcade / search.ARCADE_SCALE)
            rows.append(([min(mark.ring, search.RING_CAP), arcade, mark.crowd, 1], is_right, weight, number))
    marks, right, weight, number = (np.array(part) for part in zip(*rows, strict=True))
    factors = _fitted(marks, right, weight, ridge=np.array([0.5, 0.5, 0.5, 0]))
    score = marks @ factors
    best = [int(np.flatnonzero(number == n)[score[number == n].argmax()]) for n in np.unique(number)]
    level = np.stack([score[best], np.ones(len(best))], axis=1)
    slope, shift = _fitted(level, right[best], weight[best], ridge=np.zeros(2))
    ring, arcade, crowd, offset = slope * factors + [0, 0, 0, shift]
    print(f"RING {ring:.1f}, ARCADE {arcade:.1f}, CROWD {crowd:.1f}, OFFSET {offset:.1f} ({len(best)} photographs)")


def _fitted(marks: np.ndarray, right: np.ndarray, weight: np.ndarray, *, ridge: np.ndarray) -> np.ndarray:
    """Fit a logistic model by maximum likelihood; `ridge` is by the marks' own deviations."""
    ridge = ridge * marks.var(axis=0)

    def cost(factors: np.ndarray) -> float:
        score = marks @ factors
        return float(weight @ (np.logaddexp(0, score) - right * score) + ridge @ factors**2)

    return minimize(cost, np.zeros(marks.shape[1]), method="BFGS").x


def _ellipse(mask: np.ndarray) -> Ellipse:
    """Return the middle, width and height of a mask."""
    rows, columns = np.nonzero(mask)
    return float(columns.mean() + 0.5), float(rows.mean() + 0.5), float(np.ptp(columns) + 1), float(np.ptp(rows) + 1)


def _holds(disc: Ellipse, x: float, y: float) -> bool:
    """Say whether a point lies in a disc."""
    return bool(np.hypot((x - disc[0]) / (disc[2] / 2), (y - disc[1]) / (disc[3] / 2)) < 1)


def _inside(disc: Ellipse, box: search.Candidate) -> float:
    """Return how much of a disc lies in the square that is cut around a rectangle."""
    x, y = np.mgrid[-1:1:101j, -1:1:101j]
    kept = x * x + y * y <= 1
    side = ROI * (box.width + box.height) / 2
    across = disc[0] + x[kept] * disc[2] / 2 - box.left - box.width / 2
    down = disc[1] + y[kept] * disc[3] / 2 - box.top - box.height / 2
    return float((np.maximum(np.abs(across), np.abs(down)) <= side / 2).mean())


def _overlap(disc: Ellipse, box: search.Candidate) -> float:
    """Return the overlap with the rectangle around the disc."""
    x, y, wide, tall = disc
    return search.Candidate(x - wide / 2, y - tall / 2, wide, tall, 1.0).overlap(box)


def main() -> None:
    """Locate in everything and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, required=True)
    parser.add_argument("--discs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--locator", type=Path)
    parser.add_argument("--camera", type=int, action="append", default=[])
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--calibrate", action="store_true")
    given = parser.parse_args()
    real = photographs(given.photographs, given.discs)
    if given.calibrate:
        calibrate([*phantoms(7, count=60, without=20), *real[:FIRST], *pieces(real[:FIRST], 1)])
        return
    locate = open_locator(Bundle(given.locator)).located if given.locator else search.candidates
    drawn = phantoms(11, count=200, without=30, cameras=given.camera, plain=given.plain)
    results = [look(case, locate) for case in (*real, *pieces(real, 2), *drawn)]
    write_csv([asdict(result) for result in results], given.out)
    show(results)
    report(targets(results), given.out.with_suffix(".targets.csv"))


if __name__ == "__main__":
    main()
