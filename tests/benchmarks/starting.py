"""What is waited for before any work begins: commands and imports that start, and dry runs of many domains.

    python -m tests.benchmarks.starting --out results/benchmarks/starting.csv
    python -m tests.benchmarks.starting --demo --out results/benchmarks/demo.csv       (some minutes, on two cores)

The start of the interpreter is timed beside each and taken off. A dry run is a whole `snakemake -n` of the demo's four
rows with so many cameras, stylised live: with shards the graph would grow with the square of the domains.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from fdgst.study.packaged import base_config
from tests.benchmarks.harness import Row, peak_mib, report, side_by_side, together

HOUSE = Path(__file__).parents[2]
DRY_ROUNDS = 3
DRY_RUNS = {60: (8, 307), 200: (45, 1024)}  # domains: seconds, MiB
COMMANDS = {
    "fdgst --help": (["-m", "fdgst.cli", "--help"], "<= 0.2"),
    "import fdgst.transforms": (["-c", "import fdgst.transforms"], "<= 0.3"),
    "start of fdgst shard": (["-c", "import fdgst.cli, fdgst.cli.generation, fdgst.generation.shards"], "<= 0.35"),
    "start of fdgst bank": (["-c", "import fdgst.cli, fdgst.cli.generation, fdgst.generation.banks"], "<= 0.35"),
}


def starts(rounds: int) -> list[Row]:
    """Time what is imported before a command works, in processes of their own."""
    programs = {"an empty program": ["-c", ""], "libraries": ["-c", "import numpy, h5py"]} | {
        name: program for name, (program, _) in COMMANDS.items()
    }
    runs = {name: lambda program=program: _quietly(program) for name, program in programs.items()}
    best = side_by_side(runs, rounds=rounds)
    bare = best["an empty program"]
    detail = f"an empty program takes {bare:.3f} s, numpy and h5py alone {best['libraries'] - bare:.3f} s"
    return [
        Row(name, "an empty program", best[name] - bare, "s", target, detail) for name, (_, target) in COMMANDS.items()
    ]


def dry_run(domains: int, folder: Path) -> list[Row]:
    """Time a dry run of so many domains, and take its largest memory."""
    demo = yaml.safe_load(base_config().read_text(encoding="utf-8"))
    overlay = {
        "domains": [{"id": f"d{i}", "title": f"Camera {i}", "camera": i} for i in range(1, domains + 1)],
        "augmentations": [
            item | {"encoding": "live", "mixing": "roi" if item["alpha"] else "network"}
            for item in demo["augmentations"]
        ],
        "training": {"images_per_step": 2 * (domains - 1)},
    }
    path = folder / f"{domains}.yaml"
    path.write_text(yaml.safe_dump(overlay), encoding="utf-8")
    command = _snakemake(folder, "-n", "-q", "--configfile", str(path))
    seconds, mib = float("inf"), 0.0
    for _ in range(DRY_ROUNDS):
        begun = time.perf_counter()
        mib = max(mib, peak_mib(command))
        seconds = min(seconds, time.perf_counter() - begun)
    most_seconds, most_mib = DRY_RUNS[domains]
    what = f"dry run of {domains} domains, stylised live"
    return [
        Row(what, "", seconds, "s", f"<= {most_seconds}", f"the fastest of {DRY_ROUNDS}"),
        Row(f"{what}: memory", "", mib, "MiB", f"<= {most_mib}", "the largest"),
    ]


def demo(folder: Path) -> list[Row]:
    """Time the demo from an empty folder of results to the table."""
    seconds = together([_snakemake(folder, "-q", "--cores", "2", "--", "results/table1.tex")])
    return [Row("the demo, empty folder to table1.tex", "", seconds, "s", "<= 240", "two cores, installation apart")]


def _snakemake(folder: Path, *arguments: str) -> list[str | Path]:
    """Return a command of the checkout's workflow."""
    return [sys.executable, "-m", "snakemake", "-s", HOUSE / "Snakefile", "--directory", folder, *arguments]


def _quietly(program: list[str]) -> None:
    """Run a Python program and drop what it prints."""
    subprocess.run([sys.executable, *program], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="CSV")
    parser.add_argument("--rounds", type=int, default=5, help="of each start; the fastest counts")
    parser.add_argument("--demo", action="store_true", help="the demo instead, once")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.demo:
            rows = demo(folder)
        else:
            rows = starts(given.rounds) + [row for domains in DRY_RUNS for row in dry_run(domains, folder)]
    report(rows, given.out)


if __name__ == "__main__":
    main()
