"""What figures read besides ROI files: which run a folder is, scores, and the names that rows and columns are given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fdgst.errors import ConfigError, DataError

STRUCTURES = {"cup": "Cup", "disc": "Disc"}
KEYS = ("method", "unseen", "seed", "image", "structure")
COLUMNS = (*KEYS, "dsc", "hd", "asd", "vcdr_truth", "vcdr_prediction")


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


def scores(paths: Sequence[Path]) -> pd.DataFrame:
    """Read scores.

    Parameters
    ----------
    paths : sequence of Path
        ``scores.csv`` of runs or of all; a row that stands twice counts once.

    Returns
    -------
    DataFrame
        Columns as in the files, `image` as text.

    Raises
    ------
    DataError
        One line per file that has no such columns.
    """
    tables = {path: pd.read_csv(path, dtype={"image": str}) for path in paths}
    faults = [
        f"{path}: expected the columns of scores.csv, missing {', '.join(missing)}"
        for path, table in tables.items()
        if (missing := [column for column in COLUMNS if column not in table.columns])
    ]
    if faults:
        raise DataError(*faults)
    return pd.concat(tables.values(), ignore_index=True).drop_duplicates(list(KEYS))


def titles(given: Sequence[Mapping[str, str]], ids: Iterable[str]) -> dict[str, str]:
    """Return what to print for each id, in the order to print it in: as `given`, or the ids themselves, sorted."""
    return {item["id"]: item["title"] for item in given} if given else {name: name for name in sorted(set(ids))}
