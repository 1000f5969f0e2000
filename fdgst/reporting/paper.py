"""Our table beside the paper's."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fdgst.errors import ConfigError, FormatError
from fdgst.evaluation.catalogue import AVERAGE, CELL, PROTOCOLS, cells_of
from fdgst.reporting.printed import DOMAINS, NOTES, PRINTED, PRINTED_AS, incomparable
from fdgst.storage.atomic import write_text
from fdgst.storage.scores import read_csv
from fdgst.study.slices import Column

COLUMNS = "method printed_as structure metric measured_as unseen number ours low high printed difference inside note"


def versus_paper(table: Path, out: Path, *, domains: Sequence[Column]) -> None:
    """Write our table beside the paper's.

    Parameters
    ----------
    table : Path
        ``table1.csv``.
    out : Path
        CSV, one row per number that both have. number: which of the paper's domains; metric: dsc, hd or asd, as
        printed; measured_as: what of ours stands beside it, by the table's protocol. low, high: our interval; inside:
        1 if the printed number lies in it. The average is there if the table's domains are the paper's, all four and
        no other. Numbers made on other data than the paper's are beside the point.
    domains : sequence of Column
        `paper` says which of the paper's domains one is; those without are left out.

    Raises
    ------
    FormatError
        If `table` is no table of ours.
    ConfigError
        If no domain of the table is one of the paper's, or none of its methods or structures is in the paper.
    """
    ours = _read(table)
    unseen = [name for name in ours["unseen"].unique() if name != AVERAGE]
    places = {item.id: item.paper for item in domains if item.paper and item.id in unseen}
    if reason := incomparable(list(ours["method"].unique()), [*places.values()]):
        raise ConfigError(f"{table}: {reason}")
    shown = sorted(places, key=lambda name: places[name] or 0)
    if sorted(places.values()) == [*range(1, DOMAINS + 1)] and len(unseen) == DOMAINS:
        shown.append(AVERAGE)
    cells = cells_of(ours.to_dict("records"))
    protocol = PROTOCOLS[ours["protocol"].iloc[0]]
    rows = [
        _beside(cells[cell], numbers[(places.get(name) or DOMAINS + 1) - 1])
        | dict(zip(_KEY, (method, row, structure, metric, protocol[metric], name), strict=True))
        | {"number": str(places.get(name, "")), "note": NOTES.get((row, metric, structure, name), "")}
        for method in ours["method"].unique()
        for (row, metric, structure), numbers in PRINTED.items()
        if PRINTED_AS.get(method) == row
        for name in shown
        if (cell := (method, structure, protocol[metric], name)) in cells
    ]
    if not rows:
        raise ConfigError(f"{table}: expected the structures of the paper's table, found {_listed(ours['structure'])}")
    text = pd.DataFrame(rows)[COLUMNS.split()].to_csv(index=False, float_format="%.6f", lineterminator="\n")
    write_text(out, text)


_KEY = COLUMNS.split()[:6]


def _listed(names: pd.Series) -> str:
    """Name what a column holds."""
    return ", ".join(names.unique())


def _beside(cell: Mapping[Any, Any], printed: float) -> dict[str, float | str]:
    """Compare one number of ours with the printed one."""
    inside = np.nan if pd.isna(cell["low"]) else int(cell["low"] <= printed <= cell["high"])
    return {
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
        reason = " ".join(str(error).split())
        raise FormatError(
            f"{path}: expected the CSV of fdgst table, found what cannot be read as such ({reason})"
        ) from error
    if missing := [name for name in needed if name not in table.columns]:
        raise FormatError(f"{path}: expected the columns of fdgst table, missing {', '.join(missing)}")
    return table
