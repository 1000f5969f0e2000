"""Our table beside another's: numbers in the form of table1.csv, such as a paper's or a colleague's."""

from pathlib import Path

import numpy as np
import pandas as pd

from fdgst.errors import DataError, FormatError
from fdgst.evaluation.catalogue import CELL
from fdgst.storage.scores import read_csv

KEY = [*CELL, "unseen"]
COLUMNS = [*KEY, "mean", "low", "high", "printed", "difference", "inside"]


def beside(table: pd.DataFrame, other: Path, printed: pd.DataFrame | None = None) -> tuple[pd.DataFrame, list[str]]:
    """Put another's numbers beside ours.

    Parameters
    ----------
    table : DataFrame
        From `fdgst.reporting.table.table`.
    other : Path
        CSV with at least the columns method, structure, metric, unseen and mean; ids as in `table`.
    printed : DataFrame, optional
        What `read_printed` made of it; None: it is read.

    Returns
    -------
    beside : DataFrame
        `COLUMNS`, one row per number that both have, in the order of `table`. printed: the other's mean; difference:
        ours minus it; inside: 1 if it lies in our interval, empty without one.
    notes : list of str
        How many of the other's numbers have none of ours beside them.

    Raises
    ------
    FormatError
        If the file is no such table, or a number stands twice.
    DataError
        If no number of it is one of ours.
    """
    printed = read_printed(other) if printed is None else printed
    joined = table.merge(printed[[*KEY, "mean"]].rename(columns={"mean": "printed"}), on=KEY, how="inner")
    if joined.empty:
        ours, theirs = (", ".join(sorted(set(rows["method"]))) for rows in (table, printed))
        raise DataError(
            f"{other}: expected numbers of the methods {ours} by the same structures, metrics and domains, found none"
            f" (methods there: {theirs}); give the masks the same names"
        )
    inside = (joined["low"] <= joined["printed"]) & (joined["printed"] <= joined["high"])
    joined["difference"] = (joined["mean"] - joined["printed"]).round(6)
    joined["inside"] = inside.astype(float).where(joined["low"].notna(), np.nan)
    alone = len(printed) - len(joined)
    notes = [f"{other}: {alone} of {len(printed)} numbers have none of ours beside them"] if alone else []
    return joined[COLUMNS], notes


def read_printed(path: Path) -> pd.DataFrame:
    """Read another's table: `FormatError` as of `beside`."""
    try:
        table = read_csv(path)
    except (OSError, ValueError) as error:
        raise FormatError(
            f"{path}: expected a table as CSV, found what cannot be read as such ({' '.join(str(error).split())})"
        ) from error
    if missing := [name for name in (*KEY, "mean") if name not in table.columns]:
        found = ", ".join(map(str, table.columns[:8])) + ", ..." * (len(table.columns) > 8)
        raise FormatError(
            f"{path}: expected the columns {', '.join([*KEY, 'mean'])}, found {found} (missing {', '.join(missing)});"
            f" give a table in the form of table1.csv, with a row per number"
        )
    if not pd.api.types.is_numeric_dtype(table["mean"]):
        raise FormatError(f"{path}: column mean: expected numbers, found {table['mean'].iloc[0]!r} in the first row")
    table = table.astype(dict.fromkeys(KEY, str))
    if (twice := table.duplicated(KEY)).any():
        first = ", ".join(table.loc[twice, KEY].iloc[0])
        raise FormatError(f"{path}: expected each number once, found that of {first} twice")
    return table.dropna(subset=["mean"])
