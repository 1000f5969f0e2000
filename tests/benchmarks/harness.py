"""What the benchmarks share: timing side by side, memory of a process, and a table of ratios against targets."""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes
    ----------
    what, against : str
        What was measured, and what it is compared with.
    value : float
        The ratio, or the number in `unit`.
    unit : str
        ``x`` for a ratio.
    target : str
        What is asked for, as in ``>= 45``; empty if nothing is.
    detail : str
        Sizes and the numbers behind the ratio.
    """

    what: str
    against: str
    value: float
    unit: str
    target: str
    detail: str

    @property
    def met(self) -> str:
        """yes, no, or nothing where nothing is asked for."""
        if not self.target:
            return ""
        sign, bound = self.target.split()
        return "yes" if (self.value >= float(bound) if sign == ">=" else self.value <= float(bound)) else "NO"


def side_by_side(
    functions: Mapping[str, Callable[[], Any]],
    *,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    before: Callable[[], Any] | None = None,
) -> dict[str, float]:
    """Time functions in turn, round after round, and return the fastest seconds of each: noise only ever adds.

    On a machine that others use, `time.process_time` counts what one thread in memory computes, without its waiting.
    `before` is called before each of them, and not timed.
    """
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(rounds):
        for name, function in functions.items():
            if before is not None:
                before()
            begun = clock()
            function()
            best[name] = min(best[name], clock() - begun)
    return best


def together(commands: Sequence[Sequence[str | Path]]) -> float:
    """Run commands at the same time and return the seconds until the last is done."""
    begun = time.perf_counter()
    running = [subprocess.Popen([str(part) for part in command], env=os.environ | ONE_THREAD) for command in commands]
    if any(process.wait() for process in running):
        raise RuntimeError(f"a command failed: {commands}")
    return time.perf_counter() - begun


def peak_mib(command: Sequence[str | Path]) -> float:
    """Run a command and return the largest memory that it held, MiB."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    whole = [sys.executable, "-c", code, *(str(part) for part in command)]
    done = subprocess.run(whole, env=os.environ | ONE_THREAD, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def write_csv(rows: Sequence[Mapping[str, Any]], out: Path) -> None:
    """Write rows of equal keys as CSV."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def report(rows: Sequence[Row], out: Path) -> None:
    """Print rows and write them as CSV."""
    write_csv([asdict(row) | {"met": row.met} for row in rows], out)
    for row in rows:
        target = f"(target {row.target}: {row.met})" if row.target else ""
        print(f"{row.value:10.4g} {row.unit:4} {row.what}, against {row.against} {target}\n{'':16}{row.detail}")
    print(f"written to {out}")
