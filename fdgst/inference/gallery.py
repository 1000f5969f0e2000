"""The gallery of what was segmented: one page without a network, sortable, and readable on a phone."""

import base64
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

from fdgst import __version__
from fdgst.core.measures import SIDES
from fdgst.inference.bundle import Contents
from fdgst.inference.overlays import COLOURS

EMBEDDED = 300  # photographs up to which their pictures are in the page; of more they are loaded from overlays/
PLACE = ("left", "top", "width", "height")  # the columns that tell which part was looked at
NOSE = ("nasal", "temporal")  # the sides of a rim, where the eye is known
UNREAD = "cannot be read"  # how the flag of a photograph begins that is none
PAGE = Path(__file__).with_name("gallery.html")


def gallery(
    out: Path, rows: Sequence[Mapping[str, str]], header: Sequence[str], bundles: Sequence[Contents], *, located: bool
) -> str:
    """Write the page.

    Parameters
    ----------
    out : Path
        Folder that the page will lie in, with ``overlays``.
    rows : sequence of mapping
        Cells of each photograph, and its `name`.
    header : sequence of str
        Columns.
    bundles : sequence of Contents
        Of the bundles that were asked.
    located : bool
        Whether parts were looked for.

    Returns
    -------
    str
        HTML.
    """
    contents = bundles[0]
    structures = [
        {"title": structure.title, "colour": "#{:02x}{:02x}{:02x}".format(*colour)}
        for structure, colour in zip(contents.task.structures, COLOURS, strict=False)
    ]
    shown = [
        {"name": row["name"], "cells": [row[name] for name in header], "picture": _picture(out, row, len(rows))}
        for row in rows
    ]
    labels = _labels(contents)
    data = {
        "columns": list(header),
        "labels": [labels.get(name, name.replace("_", " ")) for name in header],
        "part": list(PLACE),
        "rims": _rims(contents, header),
        "rows": shown,
        "structures": structures,
    }
    data["about"] = _about(bundles, located)
    title = f"{contents.method}: {', '.join(structure.title for structure in contents.task.structures)}"
    # a text that closes the script must not end it
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return Template(PAGE.read_text(encoding="utf-8")).substitute(title=html.escape(title), data=text)


def _rims(contents: Contents, header: Sequence[str]) -> list[dict[str, Any]]:
    """Return which columns are the sides of one rim: a card shows them in one line."""
    rims = []
    for measure in contents.task.measures:
        sides = [side for side in (*SIDES, *NOSE) if f"{measure.id}_{side}" in header]
        if sides:
            columns = [f"{measure.id}_{side}" for side in sides]
            rims.append({"label": f"{measure.title}, pixels", "columns": columns, "sides": sides})
    return rims


def _about(bundles: Sequence[Contents], located: bool) -> list[str]:
    """Say what the page is made by and what it is not, for whoever gets it alone."""
    made_by = "; ".join(
        f"{item.method}, seed {item.seed}, trained on {', '.join(source.title for source in item.sources)}"
        for item in bundles
    )
    around = bundles[0].task.around
    confidence = (
        f"The confidence is that the {around} was looked for in the right place; it tells nothing of the outlines."
    )
    return [
        "For research; not a medical device, and for no decision about a patient. A photograph without a flag is not a"
        " promise: look at the outlines.",
        f"Made by fdgst {__version__} with {'these bundles' if len(bundles) > 1 else 'the bundle'} {made_by}.",
        *([confidence] if located and around else []),
        "The entropy along an outline is the network's doubt about it, from 0 to 1 bit; compare photographs with each"
        " other.",
    ]


def _labels(contents: Contents) -> dict[str, str]:
    """Return how columns are called for people."""
    labels = {side: f"part, {side}, pixels" for side in PLACE}
    labels["confidence"] = f"confidence of where the {contents.task.around or 'part'} was located"
    for structure in contents.task.structures:
        labels[f"{structure.id}_px"] = f"{structure.title}, pixels"
        labels[f"{structure.id}_entropy"] = f"{structure.title}, entropy along the outline, bits"
        labels[f"{structure.id}_disagreement"] = f"{structure.title}, disagreement"
    for measure in contents.task.measures:
        for name in (measure.id, *(f"{measure.id}_{side}" for side in (*SIDES, *NOSE))):
            side = name.removeprefix(measure.id).strip("_")
            labels[name] = measure.title + (f", {side}, pixels" if side else "")
    return labels


def _picture(out: Path, row: Mapping[str, str], count: int) -> str:
    """Return where a picture is: in the page, or beside it; nothing where there is none."""
    path = out / "overlays" / f"{row['name']}.jpg"
    if row["flags"].startswith(UNREAD) or not path.is_file():
        return ""
    if count > EMBEDDED:
        return f"overlays/{quote(path.name)}"
    return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode()
