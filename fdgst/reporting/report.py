"""The report: one HTML file, complete in itself, from the files that the workflow leaves.

A file's place in the report is told by its name (results/README.md): nothing is looked up beside the files given, so
that the workflow knows what the report is made of. Numbers stay the text of the CSV files until they are printed.
"""

import base64
import csv
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fdgst import __version__
from fdgst.errors import ConfigError, DataError
from fdgst.evaluation.catalogue import (
    AVERAGE,
    PROTOCOLS,
    ROLES,
    WHOLE,
    Metric,
    cells_of,
    columns_of,
    metrics,
    optional,
    within,
)
from fdgst.reporting.printed import ERRATA, incomparable
from fdgst.reporting.printing import fingerprints, minutes, number, probability, size
from fdgst.reporting.tex import SIDE_BY_SIDE
from fdgst.storage.atomic import write_text
from fdgst.study.slices import Row
from fdgst.study.task import Measure, Task

Rows = list[dict[str, str]]
TABLES = ("table1", "significance", "wins", "protocols", "table1_vs_paper", "audit")
SECTIONS = {
    "short": "In short",
    "measured": "What was measured",
    "table": "The table",
    "tests": "Differences and tests",
    "protocols": "Protocols",
    "paper": "Beside the paper",
    "pictures": "Pictures",
    "distributions": "By domain",
    "clinic": "What a clinician reads",
    "failures": "Failures",
    "training": "Training",
    "studies": "Studies",
    "sheet": "Data sheet",
    "method": "How it is done",
    "errata": "Slips of the paper",
    "provenance": "Provenance",
}
OF_METHODS, OF_DOMAINS = ("method", "reference", "better"), ("unseen", "domain", "content", "style")  # columns of ids


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
    """

    tables: dict[str, Rows] = field(default_factory=dict)
    sheets: dict[str, Rows] = field(default_factory=dict)
    ablations: dict[str, Rows] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)
    studies: dict[str, str] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)


def write_report(out: Path, *, config: Path, files: Sequence[Path]) -> None:
    """Write the report.

    Parameters
    ----------
    out : Path
        HTML; needs no other file and no network. Equal inputs give equal bytes.
    config : Path
        The whole configuration, JSON; besides its own keys `inherited`, a list of settings that were taken over from
        the demo's, one line of text each, and `upper_bounds`, ids of methods (both optional).
    files : sequence of Path
        Any of the files that `gather` knows; a section whose file is missing says how to make it.

    Raises
    ------
    ConfigError
        One line per file that has no place in the report.
    DataError
        If a file cannot be read.
    """
    import yaml

    settings = _record(config)
    inherited = settings.pop("inherited", [])
    task = Task.model_validate_json(json.dumps(settings["task"]))
    material = gather(files)
    table = material.tables.get("table1", [])
    text = (
        _environment(_methods(settings), {item["id"]: item["title"] for item in settings["domains"]})
        .get_template("report.html.j2")
        .render(
            **vars(material),
            **_described(settings, task),
            inherited=inherited,
            config_text=yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=110),
            version=__version__,
            sections={name: title for name, title in SECTIONS.items() if name != "clinic" or task.measures},
            cells=cells_of(table),
            verdicts=_verdicts(material.tables.get("significance", [])),
            matrix=_matrix(material.tables.get("protocols", [])),
            roles=ROLES,
            versions=_versions(material.records),
            missed=_missed(table, settings["methods"], task),
        )
    )
    write_text(out, text)


def gather(files: Sequence[Path]) -> Material:
    """Read files and sort them by their names: tables, data sheets, studies, figures and records of trainings."""
    material = Material()
    readers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda path: _gather_table(material, path),
        ".png": lambda path: _gather_picture(material, path),
        ".json": lambda path: material.records.append(_record(path)),
    }
    files = [path for path in files if path.name != "scores.csv"]  # its numbers stand in table1.csv: *.csv may be given
    strangers = [path for path in files if not _known(path)]
    if strangers:
        known = f"{', '.join(f'{name}.csv' for name in TABLES)}, sheet.csv, run.json, ablations/*.csv and *.png"
        raise ConfigError(*[f"{path}: has no place in the report; known are {known}" for path in strangers])
    for path in sorted(files):
        readers[path.suffix](path)
    material.records.sort(
        key=lambda record: (record["unseen"], record["seed"], record["stage"] != "pretrain", record["method"])
    )
    return material


def _described(config: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """Return what the templates say of the configuration."""
    bounds = config.get("upper_bounds", [])
    methods = [Row(id=item["id"], title=item["title"], upper_bound=item["id"] in bounds) for item in config["methods"]]
    apart = incomparable([item.id for item in methods], [item.get("paper") for item in config["domains"]])
    return {
        "config": config,
        "methods": methods,
        "domains": config["domains"],
        "ids": [domain["id"] for domain in config["domains"]],
        "seeds": config["seeds"],
        "bounds": bounds,
        "incomparable": apart,
        "errata": [slip for slip in ERRATA if not (slip.of_table and apart)],
        "shown": [*PROTOCOLS[config["evaluation"]["protocol"]].values()],
        "structures": {item.id: item.title for item in task.structures},
        "side_by_side": len(task.structures) <= SIDE_BY_SIDE,
        "metrics": metrics(task),
        "measures": [(item.title, explained(item, task)) for item in task.measures],
        "clinic": _clinic(task),
        "post_processing": _post_processing(task),
    }


def explained(measure: Measure, task: Task) -> str:
    """Say how a measure is computed."""
    titles = {item.id: item.title for item in task.structures}
    inner, outer = titles[measure.of], titles.get(measure.to or "", "")
    return {
        "height_ratio": f"the height of {inner} over the height of {outer}",
        "width_ratio": f"the width of {inner} over the width of {outer}",
        "area_ratio": f"the area of {inner} over the area of {outer}",
        "area": f"the area of {inner} in pixels of the ROI",
        "rim_width": f"how far {outer} reaches beyond {inner} on each of four sides, in pixels of the ROI",
    }[measure.kind]


def _clinic(task: Task) -> list[tuple[str, str, str, int]]:
    """Return the lines of the clinic's table: structure, metric, printed name, decimals."""
    named, titles = metrics(task), {item.id: item.title for item in task.structures}
    errors = [
        (WHOLE, f"{name}_error", 1 if item.kind in ("area", "rim_width") else 3)
        for item in task.measures
        for name in columns_of(item)
    ]
    outside = [(WHOLE, f"{name}_outside", 1) for name in within(task)]
    rates = [(name, "missed", 1) for name in task.ids] + [(name, "false_alarm", 1) for name in optional(task)]
    return [
        (structure, metric, _line(named[metric], titles.get(structure, "")), digits)
        for structure, metric, digits in (*errors, *outside, *rates)
    ]


def _line(metric: Metric, structure: str) -> str:
    """Name a metric of a structure, or of a whole image, with its unit."""
    name = f"{structure} {metric.title}" if structure else metric.title
    return f"{name}, {metric.unit}" if metric.unit else name


def _post_processing(task: Task) -> str:
    """Say how the masks are made of what is above the threshold; once where it is the same for all structures."""
    kinds = {
        item.title: f"{'largest component' if item.regions == 'largest' else 'all components'},"
        f" holes {'filled' if item.holes == 'fill' else 'kept'}"
        for item in task.structures
    }
    if len({*kinds.values()}) == 1:
        return next(iter(kinds.values()))
    return "; ".join(f"{title}: {kind}" for title, kind in kinds.items())


def _methods(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the printed names of methods, the studies' own too, by id."""
    own = [method for study in config["ablations"] for method in study["methods"] if isinstance(method, dict)]
    return {item["id"]: item["title"] for item in (*own, *config["methods"])}


def _missed(table: Rows, methods: Sequence[Mapping[str, Any]], task: Task) -> str:
    """Say how often nothing was predicted, and what that costs; and how often something was that is not there."""
    averages = [row for row in table if row["unseen"] == AVERAGE]
    counts = {(row["method"], row["structure"]): int(row["missed"]) for row in averages}
    found = {item["title"]: [counts.get((item["id"], name), 0) for name in task.ids] for item in methods}
    rows = [f"{title} {', '.join(map(str, missed))}" for title, missed in found.items() if any(missed)]
    names = ", ".join(item.title for item in task.structures)
    sentences = ["No structure was missed."]
    if rows:
        sentences = [f"Not predicted at all ({names}): {'; '.join(rows)}. What a miss costs is the protocol’s choice."]
    rates = {(row["method"], row["structure"]): row["mean"] for row in averages if row["metric"] == "false_alarm"}
    for name in optional(task):
        shares = [(item["title"], rates.get((item["id"], name))) for item in methods]
        alarms = [f"{title} {number(share, 1)}" for title, share in shares if share]
        if alarms:
            title = next(item.title for item in task.structures if item.id == name)
            sentences.append(f"False alarms, percent of the images without {title}: {', '.join(alarms)}.")
    return " ".join(sentences)


def _known(path: Path) -> bool:
    """Tell whether a file has a place in the report."""
    in_place = path.parent.name == "ablations" or path.stem in (*TABLES, "sheet")
    return path.suffix == ".png" or path.name == "run.json" or (path.suffix == ".csv" and in_place)


def _gather_table(material: Material, path: Path) -> None:
    """Put a CSV file in its place."""
    if path.parent.name == "ablations":
        material.ablations[path.stem] = _rows(path)
    elif path.stem == "sheet":
        material.sheets[path.parent.name] = _rows(path)
    else:
        material.tables[path.stem] = _rows(path)


def _gather_picture(material: Material, path: Path) -> None:
    """Put a PNG file in its place, as text that a page can hold."""
    uri = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
    (material.studies if path.parent.name == "ablations" else material.figures)[path.stem] = uri


def _rows(path: Path) -> Rows:
    """Read a CSV file as text."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _record(path: Path) -> dict[str, Any]:
    """Read a file of JSON: the configuration, or what a training left about itself."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: expected JSON, found what cannot be read as such ({error})") from error


def _verdicts(rows: Rows) -> dict[tuple[str, str], Rows]:
    """Group the averages in which a row is better by the rule, by winner and loser."""
    found: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in rows:
        if row["unseen"] == AVERAGE and row["better"]:
            loser = row["reference"] if row["better"] == row["method"] else row["method"]
            found[row["better"], loser].append(row)
    return found


def _matrix(rows: Rows) -> list[tuple[dict[str, str], dict[tuple[str, str], dict[str, str]]]]:
    """Lay the averages of the protocols out: a row per method and protocol, its cells by structure and metric."""
    found: dict[tuple[str, ...], tuple[dict[str, str], dict[tuple[str, str], dict[str, str]]]] = {}
    for row in rows:
        if row["unseen"] == AVERAGE:
            key = tuple(row[name] for name in ("method", "definitions", "threshold", "checkpoint", "released_crop"))
            found.setdefault(key, (row, {}))[1][row["structure"], row["metric"]] = row
    return list(found.values())


def _versions(records: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Collect the versions that the trainings ran with, by package; more than one is worth a look."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for package, version in record["versions"].items():
            found[package].add(version)
    return {package: sorted(versions) for package, versions in found.items()}


def _environment(methods: Mapping[str, str], domains: Mapping[str, str]) -> Any:
    """Return the templates, with the filters that they use."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("fdgst.reporting")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    names = dict.fromkeys(OF_METHODS, methods) | dict.fromkeys(OF_DOMAINS, domains)
    environment.filters |= {
        "number": number,
        "minutes": minutes,
        "fingerprints": fingerprints,
        "probability": probability,
        "size": size,
        "named": lambda key: methods.get(key, key),
        "titled": lambda key: domains.get(key, key),
        "cell": lambda value, column: names[column].get(value, value) if column in names else number(value),
    }
    environment.tests["numeric"] = lambda value: number(value).lstrip("−")[:1].isdecimal()
    return environment
