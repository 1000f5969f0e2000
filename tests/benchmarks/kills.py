"""Whether `fdgst segment`, killed again and again, loses nothing and writes the bytes of an undisturbed run.

    python -m tests.benchmarks.kills --bundle results/bundles/fdg_st/seed0 --count 1000 --kills 5 --out kills.csv

Small phantom photographs are drawn (every tenth anew, the others are those at other brightness). One run is left
alone, the other is killed (SIGKILL, with all its processes) at moments that depend on --seed alone, as far as the
machine is as fast, and then run to its end. The comparison is of all files but those in `rows`, which hold dates.
"""

import argparse
import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from fdgst.data.phantom.drawing import whole
from tests.benchmarks.harness import ONE_THREAD, Row, report

SIZE = {"height_px": 200, "width_px": 240}


def draw(folder: Path, count: int) -> None:
    """Write the photographs; one in a hundred is no picture."""
    folder.mkdir()
    for number in range(count):
        path = folder / f"eye{number:05d}.png"
        if number % 100 == 50:
            path.write_bytes(b"no picture")
            continue
        if number % 10 == 0:
            image = whole(seed=5, number=1 + number // 10 % 4, index=number // 10, **SIZE).image
        Image.fromarray((image * (1 - 0.03 * (number % 10))).astype(np.uint8)).save(path)


def killed(command: list[str], rows: Path, count: int, kills: int, seed: int) -> list[int]:
    """Start a command and kill it, some times, each when some more rows are there; return how many there were."""
    rng = np.random.default_rng(seed)
    marks = np.sort(rng.integers(count // 20, count, kills))
    seen = []
    for mark in marks:
        process = subprocess.Popen(
            command, env=os.environ | ONE_THREAD, start_new_session=True, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and _rows(rows) < mark:
            time.sleep(0.01)
        time.sleep(float(rng.uniform(0, 0.05)))
        if process.poll() is not None:
            raise RuntimeError(f"the command ended before it was killed, with {_rows(rows)} rows")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        seen.append(_rows(rows))
    return seen


def _rows(folder: Path) -> int:
    """Count the rows that are done."""
    return sum(1 for _ in folder.glob("*.json"))


def files(out: Path) -> dict[str, bytes]:
    """Return all files of a run but for the rows', by name."""
    paths = (path for path in out.rglob("*") if path.is_file() and path.parent.name != "rows")
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


def main() -> None:
    """Segment with and without kills, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--roi", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        draw(top / "photographs", given.count)
        verb = [sys.executable, "-m", "fdgst.cli", "segment", str(given.bundle), str(top / "photographs")]
        command = [*verb, "--roi", given.roi, "--jobs", str(given.jobs), "--out"]
        subprocess.run([*command, str(top / "alone")], check=True, env=os.environ | ONE_THREAD, capture_output=True)
        seen = killed([*command, str(top / "killed")], top / "killed/rows", given.count, given.kills, given.seed)
        subprocess.run([*command, str(top / "killed")], check=True, env=os.environ | ONE_THREAD, capture_output=True)
        alone, again = files(top / "alone"), files(top / "killed")
        with (top / "killed/measures.csv").open(newline="") as file:
            names = [row["image"] for row in csv.DictReader(file)]
        different = sorted(name for name in alone.keys() | again.keys() if alone.get(name) != again.get(name))
    lost = given.count - len(set(names))
    rows = [
        Row("rows lost", "photographs", lost, "", "<= 0", f"killed with {', '.join(map(str, seen))} rows done"),
        Row("rows twice", "photographs", len(names) - len(set(names)), "", "<= 0", f"{len(names)} rows"),
        Row("files that differ", "an undisturbed run", len(different), "", "<= 0", f"of {len(alone)}; {different[:3]}"),
    ]
    report(rows, given.out)


if __name__ == "__main__":
    main()
