"""Every figure that the README states, by one command: each benchmark in a process of its own, then one table.

    python -m tests.benchmarks                                   about half an hour, on a machine that does nothing else
    python -m tests.benchmarks --only metrics,starting           some of them
    python -m tests.benchmarks --table README.md                 writes the table from what was measured before

Files lie in results/benchmarks/. With --photographs, a folder of large photographs, and --bundle, a trained model,
`segmenting` is measured, too. What stands in a document between ``<!-- benchmarks -->`` and ``<!-- end -->`` is
replaced.
"""

import argparse
import csv
import re
import subprocess
import sys
from pathlib import Path

RESULTS = Path("results/benchmarks")
BENCHMARKS = {
    "generation": ("tests.benchmarks.generation",),
    "transforms": ("tests.benchmarks.transforms",),
    "training": ("tests.benchmarks.training",),
    "metrics": ("tests.benchmarks.metrics",),
    "starting": ("tests.benchmarks.starting",),
    "segmenting": ("tests.benchmarks.segmenting",),
    "demo": ("tests.benchmarks.starting", "--demo"),
}
_MARKED = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- end -->)", re.DOTALL)


def table(folder: Path) -> str:
    """Return what was measured as Markdown: a row for each figure of which something is asked."""
    lines = ["| what | against | measured | asked for |", "|---|---|---|---|"]
    for name in BENCHMARKS:
        path = folder / f"{name}.csv"
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as file:
                lines += [_line(row) for row in csv.DictReader(file) if row["target"]]
    return "\n".join(lines) + "\n"


def _line(row: dict[str, str]) -> str:
    """Return a row of the table; what misses its target says so."""
    number = f"{float(row['value']):.3g}" if float(row["value"]) < 1000 else f"{float(row['value']):.0f}"
    unit = "" if row["unit"] == "x" else f" {row['unit']}"
    target = row["target"] + unit + (" (missed)" if row["met"] == "NO" else "")
    what = f"{row['what']} ({row['detail']})" if row["detail"] else row["what"]
    return f"| {what} | {row['against']} | {number}{unit} | {target} |"


def fill(text: str, folder: Path) -> str:
    """Return a document with the table between its marks."""
    return _MARKED.sub(lambda found: found[1] + table(folder) + found[2], text)


def main() -> None:
    """Run the benchmarks, or write their table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="names, with commas between them: " + ", ".join(BENCHMARKS))
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--table", type=Path, help="a document; nothing is measured")
    given = parser.parse_args()
    if given.table:
        given.table.write_text(fill(given.table.read_text(encoding="utf-8"), RESULTS), encoding="utf-8")
        return
    names = given.only.split(",") if given.only else list(BENCHMARKS)
    for name in names:
        command = [sys.executable, "-m", *BENCHMARKS[name], "--out", str(RESULTS / f"{name}.csv")]
        if name == "segmenting":
            if not (given.photographs and given.bundle):
                print("segmenting is left out: it needs --photographs and --bundle")
                continue
            command += ["--photographs", str(given.photographs), "--bundle", str(given.bundle)]
        print(name, flush=True)
        subprocess.run(command, check=True)
    print(table(RESULTS))


if __name__ == "__main__":
    main()
