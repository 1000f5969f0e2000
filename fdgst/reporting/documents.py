"""Tables in documents, written from results by a command, so that no number is typed and none grows stale.

    python -m fdgst.reporting.documents docs/demo.md --results results

A document marks where a table stands; what is between the marks is replaced, and a second run changes nothing:

    <!-- table: table1.csv dsc -->
    <!-- end -->

The words name a file below the folder of results, and metrics of it. There is a table for each metric: a row per
method, and for each structure a column per unseen domain and one for the average. Titles, and the order of rows and
columns, are those of ``config.json`` in the same folder. With several seeds the spread of their means stands behind
each.
"""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fdgst.errors import FdgstError, FormatError
from fdgst.evaluation.catalogue import AVERAGE, METRICS, Cells, cells_of
from fdgst.storage.atomic import write_text
from fdgst.storage.scores import read_csv

_MARKED = re.compile(r"(<!-- table: (?P<words>[^>]*?) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)


def fill(text: str, results: Path) -> str:
    """Return a document with its tables made anew.

    Parameters
    ----------
    text : str
        Markdown.
    results : Path
        Folder of the tables and of ``config.json``.

    Raises
    ------
    FormatError
        If a mark names no file and metric, or a file that is missing or lacks the metric.
    """
    config = _config(results)

    def made(found: re.Match[str]) -> str:
        name, *metrics = found["words"].split()
        if not metrics:
            raise FormatError(f"table: {found['words']}: expected a file and metrics, such as table1.csv dsc")
        path = results / name
        if not path.is_file():
            raise FormatError(f"{path}: expected a table, found none; run snakemake to make it")
        tables = [_table(read_csv(path), metric, config, path) for metric in metrics]
        return found[1] + "\n\n".join(tables) + "\n" + found["end"]

    return _MARKED.sub(made, text)


def _config(results: Path) -> dict[str, Any]:
    """Read the configuration that the results were made by."""
    path = results / "config.json"
    if not path.is_file():
        raise FormatError(f"{path}: expected the configuration of the results, found none; run snakemake to make it")
    return json.loads(path.read_text(encoding="utf-8"))


def _table(table: pd.DataFrame, metric: str, config: Mapping[str, Any], path: Path) -> str:
    """Lay out one metric."""
    cells = cells_of(table[table["metric"] == metric].to_dict("records"))
    if not cells:
        raise FormatError(f"{path}: expected the metric {metric!r}, found {', '.join(table['metric'].unique())}")
    structures = list(dict.fromkeys(structure for _, structure, *_ in cells))
    unseen = [item["id"] for item in config["domains"]]
    heads = [metric.upper() if metric not in METRICS else METRICS[metric].title]
    for structure in structures:
        first, *others = [item["title"] for item in config["domains"]]
        heads += [f"{structure}: {first}", *others, "average"]
    lines = [heads, ["---"] * len(heads)]
    keys = [(structure, metric, domain) for structure in structures for domain in (*unseen, AVERAGE)]
    lines += [[item["title"], *(_cell(cells, (item["id"], *key)) for key in keys)] for item in config["methods"]]
    return "\n".join(f"| {' | '.join(word.replace('|', chr(92) + '|') for word in line)} |" for line in lines)


def _cell(cells: Cells, key: tuple[str, ...]) -> str:
    """Print one mean with its spread over the seeds."""
    row = cells.get(key)
    if row is None or pd.isna(row["mean"]):
        return "–"
    digits = 1 if key[2] in METRICS else 3  # a ratio needs more
    spread = "" if pd.isna(row["sd"]) else f" ± {row['sd']:.{digits}f}"
    return f"{row['mean']:.{digits}f}{spread}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill the documents that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m fdgst.reporting.documents", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("documents", type=Path, nargs="+", help="Markdown files.")
    parser.add_argument("--results", type=Path, required=True, help="Folder of results.")
    given = parser.parse_args(arguments)
    try:
        for path in given.documents:
            write_text(path, fill(path.read_text(encoding="utf-8"), given.results))
    except FdgstError as error:
        parser.exit(1, "".join(f"error: {fault}\n" for fault in error.faults))


if __name__ == "__main__":
    main()
