"""Making a bundle of a finished training: its weights, the same as ONNX, what they need, and a card for people."""

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from fdgst.core.masks import bounding_box
from fdgst.errors import ConfigError, FormatError, TrainingError
from fdgst.inference.bundle import (
    CARD,
    CONTENTS,
    FORMAT,
    NORMALISATION,
    ONNX,
    RECORD,
    WEIGHTS,
    Contents,
    TrainedOn,
    digest_of,
    open_onnx,
)
from fdgst.inference.cards import card
from fdgst.inference.predictor import Predictor
from fdgst.models.exporting import export
from fdgst.progress import progress
from fdgst.storage.atomic import atomic, write_text
from fdgst.storage.format import digest
from fdgst.storage.rois import Rois, open_rois
from fdgst.study.paths import NO_DOMAIN
from fdgst.study.slices import BundleSettings
from fdgst.study.task import Measure, Task

CHECKED = 64  # images at most on which ONNX is compared with torch
CLOSEST = 1e-4  # largest difference of a probability
BATCH = 16
COMPLETED = ("height_ratio", "width_ratio", "area_ratio", "rim_width")


def make_bundle(
    run: Path, out: Path, *, settings: BundleSettings, rois: Sequence[Path], table: Path | None, onnx: bool
) -> list[str]:
    """Make a bundle.

    Parameters
    ----------
    run : Path
        Folder of a finished training.
    out : Path
        Folder of the bundle; its files are replaced, ``bundle.json`` last.
    settings : BundleSettings
    rois : sequence of Path
        ROI files; of the domains that the training saw each one, others are passed over.
    table : Path or None
        The study's table1.csv: how the method did on domains that it had not seen.
    onnx : bool
        Whether to write ``model.onnx``, too, and to compare it with torch on training images.

    Returns
    -------
    list of str
        What was made, a line each.

    Raises
    ------
    ConfigError
        If the settings are of another study.
    FormatError
        If ROI files are missing, or others than the training's.
    TrainingError
        If ONNX predicts anything else than torch.
    """
    predictor = Predictor(run, weights=None, device="cpu", threads=1)
    record = predictor.record
    _check(run, record, settings)
    files = _files(run, record, rois)
    names = [WEIGHTS, RECORD, *([ONNX] if onnx else [])]
    (out / CONTENTS).unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    for name in (WEIGHTS, RECORD):
        with atomic(out / name) as part:
            shutil.copyfile(run / name, part)
    checked = None
    if onnx:
        size_px = predictor.size_px[0], predictor.size_px[1]
        with atomic(out / ONNX) as part:
            export(predictor.network, part, channels=predictor.channels, size_px=size_px)
            checked = _compared(predictor, part, list(files.values()))
    else:
        (out / ONNX).unlink(missing_ok=True)
    contents = Contents(
        format=FORMAT,
        method=record["method"],
        seed=record["seed"],
        unseen=None if record["unseen"] == NO_DOMAIN else record["unseen"],
        sources=tuple(_source(name, path, settings) for name, path in files.items()),
        task=completed(settings.task),
        roi_size=settings.roi_size,
        network_size=tuple(record["network_size_px"]),
        normalisation=NORMALISATION,
        fit=settings.fit,
        roi_diameters=_diameters(settings.task, list(files.values())),
        threshold=settings.threshold,
        nest=settings.nest,
        onnx=checked,
        versions=record["versions"],
        files={name: digest_of(out / name) for name in names},
    )
    write_text(out / CARD, card(contents, record, _rows(table, record["method"], contents.task)))
    write_text(out / CONTENTS, json.dumps(contents.model_dump(mode="json"), indent=2) + "\n")
    lines = [f"{out}: {record['method']}, trained on {', '.join(record['sources'])}"]
    if checked:
        lines.append(
            f"{out / ONNX}: on {checked['images']:.0f} images within {checked['largest_difference']:.1e} of torch"
        )
    return lines


def completed(task: Task) -> Task:
    """Add to a task's measures what can be said of every structure within another, where it is not declared."""
    declared = {(item.kind, item.of, item.to) for item in task.measures}
    taken = {item.id for item in task.measures}
    measures = list(task.measures)
    for structure in task.structures:
        holder = next((item for item in task.structures if item.id == structure.within), None)
        for kind in COMPLETED if holder else ():
            name = f"{structure.id}_{structure.within}_{kind}"
            if (kind, structure.id, structure.within) in declared or name in taken:
                continue
            title = f"{structure.title} to {holder.title if holder else ''}, {kind.replace('_', ' ')}"
            measures.append(Measure(id=name, title=title, kind=kind, of=structure.id, to=structure.within))  # type: ignore[arg-type]
    return task.model_copy(update={"measures": tuple(measures)})


def _check(run: Path, record: dict[str, Any], settings: BundleSettings) -> None:
    """Refuse settings that are not of the training's study."""
    faults = []
    if list(settings.task.ids) != record["structures"]:
        found = ", ".join(record["structures"])
        faults.append(f"{run}: expected a training on {', '.join(settings.task.ids)}, found {found}")
    if settings.task.channels != record["channels"] or settings.task.white != record["white"]:
        faults.append(f"{run}: trained on images of other channels or bits than the task's; give its own settings")
    unknown = set(record["sources"]) - {item.id for item in settings.domains}
    if unknown:
        faults.append(f"{run}: trained on {', '.join(sorted(unknown))}, which the settings do not know")
    if faults:
        raise ConfigError(*faults)


def _files(run: Path, record: dict[str, Any], rois: Sequence[Path]) -> dict[str, Path]:
    """Return the ROI file of each domain that the training saw, in its order; they must be those that it saw."""
    by_domain = {}
    for path in rois:
        with open_rois(path) as file:
            by_domain[file.domain] = path
    missing = [name for name in record["sources"] if name not in by_domain]
    if missing:
        raise FormatError(f"{run}: expected the ROI files of {', '.join(missing)} (--rois), found none of them")
    seen = set(record.get("depends_on", {}).values())
    files = {name: by_domain[name] for name in record["sources"]}
    others = [path for path in files.values() if digest(path) not in seen]
    if others:
        raise FormatError(*(f"{path}: not the ROI file that {run} was trained on; train again" for path in others))
    return files


def _source(name: str, path: Path, settings: BundleSettings) -> TrainedOn:
    """Describe a domain that the training saw."""
    domain = next(item for item in settings.domains if item.id == name)
    with open_rois(path) as file:
        count = len(file.indices("train"))
    return TrainedOn(id=name, title=domain.title, licence=domain.licence, train=count, rois=digest(path))


def _diameters(task: Task, paths: Sequence[Path]) -> tuple[float, float] | None:
    """Return the median side of the ROI, in diameters of what it is cut around, over all training images."""
    if task.around is None:
        return None
    found: list[float] = []
    for path in paths:
        with open_rois(path) as file:
            found += _diameters_px(file, task.place(task.around))
            size = file.roi_size_px
    if not found:
        raise FormatError(f"{', '.join(map(str, paths))}: no training image has the structure {task.around}")
    return size[0] / float(np.median(found)), size[1] / float(np.median(found))


def _diameters_px(file: Rois, place: int) -> list[float]:
    """Return the diameter of a structure in each training image that has it, pixels of the ROI."""
    found = []
    for row in file.indices("train"):
        rows, columns = bounding_box(file.masks(row)[place])
        if rows.stop:
            found.append((rows.stop - rows.start + columns.stop - columns.start) / 2)
    return found


def _compared(predictor: Predictor, path: Path, rois: Sequence[Path]) -> dict[str, float]:
    """Compare ONNX with torch on some training images of every domain, in batches of several sizes.

    A probability that differs by no more than `CLOSEST` makes another mask only where it is that near the threshold.
    """
    network = open_onnx(path, white=predictor.white)
    count, largest = 0, 0.0
    for roi in progress(rois, total=len(rois), description="check model.onnx", unit="domain"):
        with open_rois(roi) as file:
            rows = file.indices("train")[: max(1, CHECKED // len(rois))]
            for first in range(0, len(rows), BATCH):
                images = file.network_images(rows[first : first + BATCH])
                difference = np.abs(expit(network(images)) - expit(predictor(images)))
                count, largest = count + len(images), max(largest, float(difference.max()))
    if not largest <= CLOSEST:
        raise TrainingError(
            f"{ONNX}: expected probabilities within {CLOSEST} of torch's, found {largest}; bundle it with --no-onnx"
        )
    return {"images": float(count), "largest_difference": largest}


def _rows(table: Path | None, method: str, task: Task) -> list[dict[str, str]]:
    """Return the rows of a method in a table1.csv: those that are shown, and the errors of the task's measures."""
    if table is None:
        return []
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    errors = {f"{measure.id}_error" for measure in task.measures}
    return [row for row in rows if row["method"] == method and (row["shown"] == "1" or row["metric"] in errors)]
