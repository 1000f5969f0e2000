"""What figures read besides ROI files: which run a folder is, and the names that rows and columns are given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fdgst.errors import ConfigError, DataError
from fdgst.evaluation.measures import upper_bounds
from fdgst.storage.scores import read_csv

STRUCTURES = {"cup": "Cup", "disc": "Disc"}


@dataclass(frozen=True, order=True)
class Run:
    """One training: its method, unseen domain and seed, and its folder ``.../{method}/{unseen}/seed{seed}``."""

    method: str
    unseen: str
    seed: int
    folder: Path


def runs(paths: Iterable[Path]) -> list[Run]:
    """Name the runs that paths belong to.

    Parameters
    ----------
    paths : iterable of Path
        Runs' folders, or files in them; several of one folder count once.

    Raises
    ------
    ConfigError
        If a path is no run's.
    """
    found = {}
    for path in paths:
        folder = path.parent if path.suffix else path
        method, unseen, seed = ("", "", "", *folder.parts)[-3:]
        if not (method and seed.startswith("seed") and seed[4:].isdigit()):
            raise ConfigError(f"{path}: expected a run's folder (.../METHOD/UNSEEN/seed0) or a file in one")
        found[folder] = Run(method, unseen, int(seed[4:]), folder)
    return list(found.values())


def table(paths: Sequence[Path], columns: Sequence[str]) -> pd.DataFrame:
    """Read CSV files of one kind and join them.

    Raises
    ------
    DataError
        One line per file that lacks one of these columns.
    """
    tables = {path: read_csv(path) for path in paths}
    faults = [
        f"{path}: expected a table with the columns {', '.join(missing)}, found {', '.join(found.columns)}"
        for path, found in tables.items()
        if (missing := [column for column in columns if column not in found.columns])
    ]
    if faults:
        raise DataError(*faults)
    return pd.concat(tables.values(), ignore_index=True)


def titles(given: Sequence[Mapping[str, str]], ids: Iterable[str]) -> dict[str, str]:
    """Return what to print for each id, in the order to print it in: as `given`, or the ids themselves, sorted."""
    bounds = upper_bounds(given)
    named = {item["id"]: item["title"] + " (upper bound)" * (item["id"] in bounds) for item in given}
    return named or {name: name for name in sorted(set(ids))}
