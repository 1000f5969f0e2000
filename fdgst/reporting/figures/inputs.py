"""What figures read besides ROI files: which run a folder is, and the names that rows and columns are given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fdgst.errors import ConfigError, DataError
from fdgst.evaluation.catalogue import upper_bounds
from fdgst.storage.scores import read_csv
from fdgst.study.slices import Column, Row


@dataclass(frozen=True, order=True)
class FigureRun:
    """One training: its method, unseen domain and seed, and its folder ``.../{method}/{unseen}/seed{seed}``."""

    method: str
    unseen: str
    seed: int
    folder: Path


def runs(paths: Iterable[Path]) -> list[FigureRun]:
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
        found[folder] = FigureRun(method, unseen, int(seed[4:]), folder)
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


def titles(given: Sequence[Row | Column], ids: Iterable[str]) -> dict[str, str]:
    """Return what to print for each id, in the order to print it in: as `given`, or the ids themselves, sorted."""
    return {item.id: item.title for item in given} or {name: name for name in sorted(set(ids))}


def titles_of_methods(given: Sequence[Row], ids: Iterable[str]) -> dict[str, str]:
    """Return `titles` of methods; an upper bound is named as one."""
    bounds = upper_bounds(given)
    return {name: title + " (upper bound)" * (name in bounds) for name, title in titles(given, ids).items()}
