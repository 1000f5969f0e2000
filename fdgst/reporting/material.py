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

from fdgst.data.record import read_record as read_reading
from fdgst.errors import ConfigError, DataError, FormatError
from fdgst.storage.places import refuse_misplaced

Rows = list[dict[str, str]]
TABLES = ("table1", "significance", "wins", "ranks", "protocols", "table1_vs_paper", "against", "audit")
NEWER = ("family", "sure", "units", "units_low", "units_high", "p_trainings")  # columns that older tests lack
_CELL = ("method", "structure", "metric", "unseen")
COLUMNS = {  # that the report reads; of the others it shows what there is
    "table1": (*_CELL, "mean", "low", "high", "images", "seeds", "missed"),
    "significance": ("reference", *_CELL, "images", "seeds", "difference", "low", "high", "p", "p_holm", "better"),
    "wins": ("method", "reference", "cells", "won", "lost"),
    "ranks": ("method", "rank", "low", "high", "first"),
    "protocols": (*_CELL, "mean", "definitions", "threshold", "checkpoint", "released_crop"),
    "audit": ("domain", "split", "images"),
}
WHOLE = ("images", "seeds", "missed", "units")  # columns of whole numbers
RECORDED = (
    "method", "unseen", "seed", "stage", "steps", "images_per_step", "seconds", "images_per_second", "device",
    "threads", "versions", "depends_on",
)  # fmt: skip
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
    readings : list of dict
        What was told of each domain when it was read (`fdgst.data.record`).
    """

    tables: dict[str, Rows] = field(default_factory=dict)
    sheets: dict[str, Rows] = field(default_factory=dict)
    ablations: dict[str, Rows] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)
    studies: dict[str, str] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    scores: list[Path] = field(default_factory=list)
    cases: dict[str, Any] = field(default_factory=dict)
    readings: list[dict[str, Any]] = field(default_factory=list)


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
        known = f"{names}, cases.json, run.json, rois/*.json, ablations/*.csv, *.png and *.svg"
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
    known = path.name in ("run.json", "cases.json") or (path.suffix == ".json" and path.parent.name == "rois")
    return path.suffix in MIME or known or (path.suffix == ".csv" and in_place)


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
        _refuse_other_columns(path, rows)


def _refuse_other_columns(path: Path, rows: Rows) -> None:
    """Refuse a table that lacks what the report reads, or has words for numbers."""
    if not rows:
        return
    if missing := [name for name in COLUMNS.get(path.stem, ()) if name not in rows[0]]:
        raise FormatError(f"{path}: expected the columns {', '.join(missing)}, found none; run snakemake again")
    newer = [name for name in NEWER if name not in rows[0]] if path.stem == "significance" else []
    if newer:
        raise FormatError(f"{path}: expected the columns {', '.join(newer)}; test again (fdgst statistics)")
    for name in (name for name in WHOLE if name in rows[0]):
        strange = [row[name] for row in rows if not row[name].isdecimal()]
        if strange:
            raise FormatError(
                f"{path}: column {name}: expected whole numbers, found {strange[0]!r}; run snakemake again"
            )


def _gather_picture(material: Material, path: Path) -> None:
    """Put a picture in its place, as text that a page can hold; of one name the SVG comes last, and stays."""
    uri = f"data:{MIME[path.suffix]};base64," + base64.b64encode(path.read_bytes()).decode()
    (material.studies if path.parent.name == "ablations" else material.figures)[path.stem] = uri


def _gather_record(material: Material, path: Path) -> None:
    """Put a file of JSON in its place."""
    if path.parent.name == "rois":
        reading = read_reading(path)
        refuse_misplaced(path, "record", domain=reading["domain"])
        material.readings.append(reading)
    elif path.name == "cases.json":
        material.cases.update(read_record(path))
    else:
        record = read_record(path)
        if missing := [name for name in RECORDED if name not in record]:
            raise FormatError(f"{path}: expected the record of a training, found no {missing[0]}; train again")
        material.records.append(record)


def _rows(path: Path) -> Rows:
    """Read a CSV file as text."""
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines, restval="", strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: expected CSV, found what cannot be read as such ({error})") from error


def read_record(path: Path) -> dict[str, Any]:
    """Read a file of JSON: the configuration, or what a training left about itself."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, brackets without end
        raise DataError(f"{path}: expected JSON, found what cannot be read as such ({error})") from error
    if not isinstance(found, dict):
        raise DataError(f"{path}: expected a map in JSON, found {type(found).__name__}")
    return found
