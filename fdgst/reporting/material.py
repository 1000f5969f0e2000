"""What a report is made of: files, sorted by their names.

A file's place in the report is told by its name (results/README.md): nothing is looked up beside the files given, so
that the workflow knows what the report is made of. Numbers stay the text of the CSV files until they are printed.
"""

import base64
import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fdgst.errors import ConfigError, DataError, FormatError

Rows = list[dict[str, str]]
TABLES = ("table1", "significance", "wins", "ranks", "protocols", "table1_vs_paper", "against", "audit")
NEWER = ("family", "sure", "units", "units_low", "units_high", "p_trainings")  # columns that older tests lack
MIME = {".png": "image/png", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Material:
    """What a report is made of, sorted by place.

    Attributes
    ----------
    tables : dict
        Rows by table (`TABLES`).
    sheets, ablations : dict
        Data sheets by augmentation; tables by study.
    figures, studies : dict
        Pictures as data URIs: of results/figures by name, of the studies by study.
    records : list of dict
        What each training left about itself (run.json).
    scores : list of Path
        Files of scores.
    cases : dict
        Best, median and worst images (`fdgst.reporting.cases`).
    """

    tables: dict[str, Rows] = field(default_factory=dict)
    sheets: dict[str, Rows] = field(default_factory=dict)
    ablations: dict[str, Rows] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)
    studies: dict[str, str] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    scores: list[Path] = field(default_factory=list)
    cases: dict[str, Any] = field(default_factory=dict)


def gather(files: Sequence[Path]) -> Material:
    """Read files and sort them by their names: tables, scores, data sheets, studies, figures, cases, trainings."""
    material = Material()
    readers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda path: _gather_table(material, path),
        ".png": lambda path: _gather_picture(material, path),
        ".svg": lambda path: _gather_picture(material, path),
        ".json": lambda path: _gather_record(material, path),
    }
    strangers = [path for path in files if not _known(path)]
    if strangers:
        names = ", ".join(f"{name}.csv" for name in (*TABLES, "scores", "sheet"))
        known = f"{names}, cases.json, run.json, ablations/*.csv, *.png and *.svg"
        raise ConfigError(*[f"{path}: has no place in the report; known are {known}" for path in strangers])
    for path in sorted(files):
        readers[path.suffix](path)
    material.records.sort(
        key=lambda record: (record["unseen"], record["seed"], record["stage"] != "pretrain", record["method"])
    )
    return material


def _known(path: Path) -> bool:
    """Tell whether a file has a place in the report."""
    in_place = path.parent.name == "ablations" or path.stem in (*TABLES, "scores", "sheet")
    return path.suffix in MIME or path.name in ("run.json", "cases.json") or (path.suffix == ".csv" and in_place)


def _gather_table(material: Material, path: Path) -> None:
    """Put a CSV file in its place."""
    if path.parent.name == "ablations":
        material.ablations[path.stem] = _rows(path)
    elif path.stem == "scores":
        material.scores.append(path)
    elif path.stem == "sheet":
        material.sheets[path.parent.name] = _rows(path)
    else:
        material.tables[path.stem] = rows = _rows(path)
        missing = [name for name in NEWER if name not in rows[0]] if rows and path.stem == "significance" else []
        if missing:
            raise FormatError(f"{path}: expected the columns {', '.join(missing)}; test again (fdgst statistics)")


def _gather_picture(material: Material, path: Path) -> None:
    """Put a picture in its place, as text that a page can hold; of one name the SVG comes last, and stays."""
    uri = f"data:{MIME[path.suffix]};base64," + base64.b64encode(path.read_bytes()).decode()
    (material.studies if path.parent.name == "ablations" else material.figures)[path.stem] = uri


def _gather_record(material: Material, path: Path) -> None:
    """Put a file of JSON in its place."""
    if path.name == "cases.json":
        material.cases.update(read_record(path))
    else:
        material.records.append(read_record(path))


def _rows(path: Path) -> Rows:
    """Read a CSV file as text."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_record(path: Path) -> dict[str, Any]:
    """Read a file of JSON: the configuration, or what a training left about itself."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: expected JSON, found what cannot be read as such ({error})") from error
