"""The report: one HTML file, complete in itself, for a reader in a hurry first, and then for everybody else."""

import base64
import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from fdgst import __version__
from fdgst.errors import ConfigError
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
    per_image,
    within,
)
from fdgst.evaluation.permutation import DRAWS
from fdgst.evaluation.protocols import VARIANT
from fdgst.reporting.answer import questions, scale
from fdgst.reporting.cases import means_of_images
from fdgst.reporting.caveats import (
    best_unasked,
    label,
    many_missed,
    misses,
    printed_p,
    refuse_another_study,
    turned,
)
from fdgst.reporting.material import TABLES, Material, Rows, gather, read_record
from fdgst.reporting.printed import ERRATA, incomparable
from fdgst.reporting.printing import fingerprints, minutes, number, probability, size
from fdgst.reporting.tex import SIDE_BY_SIDE
from fdgst.storage.atomic import write_text
from fdgst.storage.scores import read_scores
from fdgst.study.slices import Column, Row, TableSettings
from fdgst.study.task import Measure, Task

LAST_CYRILLIC = 0x52F  # up to here the font that comes with matplotlib has every letter
OF_METHODS, OF_DOMAINS = ("method", "reference", "better"), ("unseen", "domain", "content", "style")  # columns of ids


def study_of(config: Path) -> tuple[TableSettings, dict[str, Any]]:
    """Read the configuration of a study.

    Parameters
    ----------
    config : Path
        JSON; besides the configuration's own keys `inherited`, a list of settings that were taken over from the demo's,
        one line of text each, and `upper_bounds`, ids of methods (both optional).

    Returns
    -------
    settings : TableSettings
        What its table shows.
    config : dict
        The whole.

    Raises
    ------
    ConfigError
        If it is not the configuration of a study.
    """
    whole = read_record(config)
    try:
        return _settings_of(whole), whole
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error).splitlines()[0]
        fault = f"{config}: expected the whole configuration of a study (results/config.json), found {reason}"
        raise ConfigError(fault) from error


def _settings_of(whole: Mapping[str, Any]) -> TableSettings:
    """Return what the table of a study shows; the keys that only the page needs are looked up as well."""
    for key in ("seeds", "roi_size", "network_size", "training"):
        whole[key]
    bounds, judged = whole.get("upper_bounds", []), whole["evaluation"]
    return TableSettings(
        methods=tuple(Row(id=m["id"], title=m["title"], upper_bound=m["id"] in bounds) for m in whole["methods"]),
        domains=tuple(Column(id=d["id"], title=d["title"], paper=d.get("paper")) for d in whole["domains"]),
        task=Task.model_validate_json(json.dumps(whole["task"])),
        data=_data(whole["dataset"]),
        tests="",
        **{name: judged[name] for name in ("protocol", "bootstrap_samples", "confidence")},
    )


def write_report(
    out: Path, *, settings: TableSettings, files: Sequence[Path], config: Mapping[str, Any] | None = None
) -> None:
    """Write the report.

    Parameters
    ----------
    out : Path
        HTML; needs no other file and no network. Equal inputs give equal bytes.
    settings : TableSettings
        What the table shows: rows, columns, task, protocol.
    files : sequence of Path
        Any of the files that `gather` knows; a section whose file is missing is left out.
    config : mapping, optional
        The whole configuration of a study, from `study_of`; none where masks of any program were judged.

    Raises
    ------
    ConfigError
        One line per file that has no place in the report; or if tables are of another number of trainings than the
        scores or the configuration.
    FormatError, DataError
        If a file cannot be read.
    """
    import yaml

    material = gather(files)
    settled = {key: value for key, value in (config or {}).items() if key != "inherited"}
    script = _template_text("report.js")
    known = vars(material) | {"tables": {name: material.tables.get(name, []) for name in TABLES}}
    known |= _described(settings, config) | _found(settings, material, config)
    known["undrawn"] = _undrawn(settings) if material.figures else ""
    text = (
        _environment(_methods(settings, config), {item.id: item.title for item in settings.domains})
        .get_template("report.html.j2")
        .render(
            **known,
            next_figure=partial(next, count(1)),
            sections=[(anchor, title) for anchor, title, there in _sections(known) if there],
            inherited=(config or {}).get("inherited", []),
            config_text=yaml.safe_dump(settled, sort_keys=False, allow_unicode=True, width=110) if config else "",
            version=__version__,
            style=_template_text("report.css"),
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )
    write_text(out, text)


def _sections(known: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Return every section: its anchor, its title, and what makes it be there."""
    figures, tables = known["figures"], known["tables"]
    return [
        ("answer", "The answer", True),
        ("table", "The table", known["cells"]),
        ("tests", "Differences and tests", tables.get("significance")),
        ("ranks", "Ranks", tables.get("ranks")),
        ("images", "Row against row", known["points"] or "pairs" in figures),
        ("measured", "What was measured", True),
        ("protocols", "Protocols", known["matrix"]),
        ("paper", "Beside the paper", tables.get("table1_vs_paper")),
        ("against", "Beside another table", tables.get("against")),
        ("pictures", "Pictures", figures.keys() & {"fig1", "fig2", "fig3", "released", "fig5"}),
        ("distributions", "By domain", "boxes" in figures),
        ("clinic", "What a clinician reads", known["measures"] and (known["cells"] or "agreement" in figures)),
        ("failures", "Failures", "gallery" in figures),
        ("training", "Training", known["records"] or "curves" in figures),
        ("studies", "Studies", known["ablations"] or known["studies"]),
        ("sheet", "Data sheet", known["sheets"]),
        ("method", "How it is done", known["config"]),
        ("errata", "Slips of the paper", known["config"]),
        ("provenance", "Provenance", known["config"] or known["records"]),
    ]


def _undrawn(settings: TableSettings) -> str:
    """Say which letters of the titles the figures lack, and what to install; nothing where they have all."""
    texts = [item.title for item in settings.methods] + [item.title for item in settings.domains]
    texts += [item.title for item in settings.task.structures]
    if all(ord(sign) <= LAST_CYRILLIC for text in texts for sign in text):
        return ""
    from fdgst.viewing.fonts import advice, undrawable  # only now: matplotlib takes .3 s

    lacking = undrawable(texts)
    return advice(lacking) if lacking else ""


def _template_text(name: str) -> str:
    """Return a file of the templates as it is."""
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _described(settings: TableSettings, config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the templates say of the study."""
    task = settings.task
    apart = incomparable([item.id for item in settings.methods], [item.paper for item in settings.domains])
    return {
        "config": config,
        "settings": settings,
        "drawn": config is not None and config["dataset"]["reader"] == "phantom",
        "methods": settings.methods,
        "rivals": [item for item in settings.methods if not item.upper_bound],
        "domains": settings.domains,
        "ids": [item.id for item in settings.domains],
        "bounds": [item.id for item in settings.methods if item.upper_bound],
        "errata": [slip for slip in ERRATA if not (slip.of_table and apart)],
        "shown": [*PROTOCOLS[settings.protocol].values()],
        "structures": {item.id: item.title for item in task.structures},
        "side_by_side": len(task.structures) <= SIDE_BY_SIDE,
        "metrics": metrics(task),
        "measures": [(item.title, explained(item, task)) for item in task.measures],
        "clinic": _clinic(task),
        "post_processing": _post_processing(task),
        "confidence": f"{100 * settings.confidence:g}",
        "level": f"{1 - settings.confidence:.3g}",
        "diagonal": _diagonal(config),
        "roles": ROLES,
    }


def _found(settings: TableSettings, material: Material, config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the templates say of the results."""
    table, compared = (material.tables.get(name, []) for name in ("table1", "significance"))
    scores = read_scores(material.scores) if material.scores else None
    refuse_another_study(
        material.tables, scored=_seeds_of(scores), configured=len(config["seeds"]) if config is not None else 0
    )
    asked, cells = questions(compared), cells_of(table)
    averages = [row for row in table if row["unseen"] == AVERAGE]
    images = max((int(row["images"]) for row in averages), default=0)
    units = max((int(row["units"]) for row in compared if row["unseen"] == AVERAGE), default=0)
    drawn_units = "groups" if units and units < images else "images"
    names = {item.id: item.title for item in settings.task.structures}
    protocols, shown = material.tables.get("protocols", []), PROTOCOLS[settings.protocol].values()
    return {
        "cells": cells,
        "unit": _units(settings, table),
        "asked": asked,
        "scales": scale(asked),
        "label": lambda structure, metric: label(structure, metric, names),
        "many_missed": lambda question: many_missed(question, cells),
        "turned": lambda question: turned(question, protocols, _base(settings, config), names) if config else [],
        "unasked": best_unasked(
            cells, [item.id for item in settings.methods if not item.upper_bound], asked, shown, names
        ),
        "draws": f"{DRAWS:,}".replace(",", " "),
        "key": lambda row: tuple(row[name] for name in ("method", "reference", "structure", "metric", "unseen")),
        "p_of": printed_p(compared, level=1 - settings.confidence, units=drawn_units),
        "seeds": max((int(row["seeds"]) for row in (*averages, *compared)), default=0),
        "images": images,
        "units": units,
        "drawn_units": drawn_units,
        "matrix": _matrix(protocols),
        "changed": _changed(protocols),
        "versions": _versions(material.records),
        "missed": _missed(table, settings),
        "points": {} if scores is None else _points(scores, settings, table),
    }


def _seeds_of(scores: Any) -> list[frozenset[str]]:
    """Return the seeds of each method and unseen domain of the scores; none without scores."""
    if scores is None:
        return []
    return [frozenset(map(str, seeds)) for seeds in scores.groupby(["method", "unseen"])["seed"].unique()]


def _base(settings: TableSettings, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the protocol of the table, by the names of the columns of ``protocols.csv``."""
    cropped = any(item.get("released_crop") for item in config["domains"])
    own = {"definitions": settings.protocol, "threshold": config["evaluation"]["threshold"], "checkpoint": "last"}
    return own | {"released_crop": int(cropped), "normalisation": "running"}


def _changed(protocols: Rows) -> list[str]:
    """Name the conventions that differ among the protocols."""
    words = {
        "definitions": "the metrics’ definitions", "threshold": "the threshold", "checkpoint": "the checkpoint",
        "released_crop": "the crop", "normalisation": "the normalisation",
    }  # fmt: skip
    return [words[name] for name in VARIANT if len({row.get(name) for row in protocols}) > 1]


def _points(scores: Any, settings: TableSettings, table: Rows) -> dict[str, Any]:
    """Return every image's values, means over the seeds, for the chart of row against row."""
    named, unit, shown = metrics(settings.task), _units(settings, table), PROTOCOLS[settings.protocol].values()
    long = per_image(scores, task=settings.task, protocol=settings.protocol)
    rows, columns = [item.id for item in settings.methods], [item.id for item in settings.domains]
    means = means_of_images(long[long["method"].isin(rows) & long["unseen"].isin(columns)], settings.protocol)
    images = list(dict.fromkeys(image for found in means.values() for image in found.index))
    return {
        "methods": [[item.id, item.title] for item in settings.methods],
        "structures": [[item.id, item.title] for item in settings.task.structures],
        "metrics": [[name, f"{named[name].title} ({unit[name]})", named[name].better] for name in shown],
        "domains": [[item.id, item.title] for item in settings.domains],
        "images": images,
        "values": {",".join(cell): [_rounded(found.get(image)) for image in images] for cell, found in means.items()},
    }


def _units(settings: TableSettings, table: Rows) -> dict[str, str]:
    """Return the unit of each metric: the table's own where it says one."""
    own = {row["metric"]: row["unit"] for row in table if row.get("unit")}
    return {name: item.unit for name, item in metrics(settings.task).items()} | own


def _rounded(value: float | None) -> float | None:
    """Round a value for the page; JSON has no NaN."""
    return None if value is None or value != value else round(value, 2)


def _data(dataset: Mapping[str, Any]) -> str:
    """Say what a study was made on; of folders the names alone, which are the same on every machine."""
    words = {
        "phantom": "the phantom (drawn), {size_px}, seed {seed}", "fundus": "photographs in {root}",
        "table": "images listed in {table}",
    }  # fmt: skip
    told = dict(dataset)
    if "size_px" in dataset:
        told["size_px"] = size(dataset["size_px"])
    if dataset.get("root"):
        told["root"] = Path(dataset["root"]).name
    if dataset.get("table"):
        path = Path(dataset["table"])
        told["table"] = f"{path.parent.name}/{path.name}" if path.parent.name not in ("", "..") else path.name
    return words.get(dataset["reader"], "read by {reader}").format(**told)


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


def _diagonal(config: Mapping[str, Any] | None) -> str:
    """Return the ROI's diagonal, in words; nothing where ROIs have no one size."""
    if config is None:
        return ""
    side = config["roi_size"]
    height, width = (side, side) if isinstance(side, int) else side
    return f"{math.hypot(height, width):.0f} px"


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


def _methods(settings: TableSettings, config: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the printed names of methods, the studies' own too, by id."""
    studies = (config or {}).get("ablations", [])
    own = {item["id"]: item["title"] for study in studies for item in study["methods"] if isinstance(item, dict)}
    return own | {item.id: item.title for item in settings.methods}


def _missed(table: Rows, settings: TableSettings) -> str:
    """Say how often nothing was predicted, and what that costs; and how often something was that is not there."""
    methods, task, cells = settings.methods, settings.task, cells_of(table)
    averages = [row for row in table if row["unseen"] == AVERAGE]
    what = "predictions" if any(int(row["seeds"]) > 1 for row in averages) else "images"
    sentences = []
    for structure in task.structures:
        found = {item.title: misses(cells, item.id, structure.id) for item in methods}
        rows = [
            f"{title} {counted[0]} of {counted[1]} {what} ({100 * counted[0] / counted[1]:.0f} %)"
            for title, counted in found.items()
            if counted and counted[0]
        ]
        if rows:
            sentences.append(f"{structure.title} not predicted at all: {'; '.join(rows)}.")
    if sentences:
        sentences.append("What a miss costs is the protocol’s choice.")
    elif any(row["metric"] == "missed" for row in averages):
        sentences.append("No structure was missed.")
    rates = {(row["method"], row["structure"]): row["mean"] for row in averages if row["metric"] == "false_alarm"}
    for name in optional(task):
        shares = [(item.title, rates.get((item.id, name))) for item in methods]
        alarms = [f"{title} {number(share, 1)}" for title, share in shares if share]
        if alarms:
            title = next(item.title for item in task.structures if item.id == name)
            sentences.append(f"False alarms, percent of the images without {title}: {', '.join(alarms)}.")
    return " ".join(sentences)


def _matrix(rows: Rows) -> list[tuple[dict[str, str], dict[tuple[str, str], dict[str, str]]]]:
    """Lay the averages of the protocols out: a row per method and protocol, its cells by structure and metric."""
    found: dict[tuple[str, ...], tuple[dict[str, str], dict[tuple[str, str], dict[str, str]]]] = {}
    for row in rows:
        if row["unseen"] == AVERAGE:
            key = tuple(row[name] for name in ("method", *VARIANT) if name in row)
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
        "listed": _listed,
        "of_difference": lambda unit: "points" if unit == "%" else unit,
        "share": lambda value: f"{100 * float(value):.0f} %",
        "signed": lambda value: text if (text := number(value, 1)).startswith("−") else f"+{text}",
        "cell": lambda value, column: names[column].get(value, value) if column in names else number(value),
    }
    environment.tests["least"] = lambda text: text.startswith("≤")
    environment.tests["numeric"] = lambda value: number(value).lstrip("−")[:1].isdecimal()
    return environment


def _listed(words: Sequence[str]) -> str:
    """Join words: one, two and three."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
