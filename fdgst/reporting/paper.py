"""Our table beside the paper's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fdgst.errors import ConfigError, FormatError
from fdgst.evaluation.measures import AVERAGE, CELL, PROTOCOLS, by_cell
from fdgst.reporting.printed import DOMAINS, PRINTED, PRINTED_AS, incomparable
from fdgst.storage.atomic import write_text
from fdgst.storage.scores import read_csv

_NOTES = {("FDG", "dsc", "disc", AVERAGE): "the mean of the printed row is 92.30"}
COLUMNS = "method printed_as structure metric measured_as unseen number ours low high printed difference inside note"


def versus_paper(table: Path, out: Path) -> None:
    """Write our table beside the paper's.

    Parameters
    ----------
    table : Path
        ``table1.csv``. Its unseen domains, in its order, are taken for the paper's 1 to 4.
    out : Path
        CSV, one row per number that both have. metric: dsc, hd or asd, as printed; measured_as: what of ours stands
        beside it, by the table's protocol. low, high: our interval; inside: 1 if the printed number lies in it.
        Numbers made on other data than the paper's are beside the point; what the data were is not in the table.

    Raises
    ------
    FormatError
        If `table` is no table of ours.
    ConfigError
        If none of its methods is in the paper, or its domains are not four.
    """
    ours = _read(table)
    domains = [name for name in ours["unseen"].unique() if name != AVERAGE]
    if reason := incomparable(list(ours["method"].unique()), domains):
        raise ConfigError(f"{table}: {reason}")
    cells = by_cell(ours)
    protocol = PROTOCOLS[ours["protocol"].iloc[0]]
    rows = [
        _beside(cells[method, structure, protocol[metric], unseen], number, printed)
        | dict(zip(_KEY, (method, row, structure, metric, protocol[metric], unseen), strict=True))
        | {"note": _NOTES.get((row, metric, structure, unseen), "")}
        for method in ours["method"].unique()
        for (row, metric, structure), numbers in PRINTED.items()
        if PRINTED_AS.get(method) == row
        for number, (unseen, printed) in enumerate(zip((*domains, AVERAGE), numbers, strict=True), 1)
    ]
    text = pd.DataFrame(rows)[COLUMNS.split()].to_csv(index=False, float_format="%.6f", lineterminator="\n")
    write_text(out, text)


_KEY = COLUMNS.split()[:6]


def _beside(cell: Mapping[Any, Any], number: int, printed: float) -> dict[str, float | str]:
    """Compare one number of ours with the printed one."""
    inside = np.nan if pd.isna(cell["low"]) else int(cell["low"] <= printed <= cell["high"])
    return {
        "number": str(number) if number <= DOMAINS else "",
        "ours": cell["mean"],
        "low": cell["low"],
        "high": cell["high"],
        "printed": printed,
        "difference": round(cell["mean"] - printed, 6),
        "inside": inside,
    }


def _read(path: Path) -> pd.DataFrame:
    """Read a table of ours, or raise FormatError."""
    needed = (*CELL, "unseen", "mean", "low", "high", "protocol")
    try:
        table = read_csv(path)
    except ValueError as error:
        raise FormatError(
            f"{path}: expected the CSV of fdgst table, found what cannot be read as such ({error})"
        ) from error
    if missing := [name for name in needed if name not in table.columns]:
        raise FormatError(f"{path}: expected the columns of fdgst table, missing {', '.join(missing)}")
    return table
