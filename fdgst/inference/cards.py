"""The card of a bundle: what the model is, what it was trained on, how it did on what was unseen, and its limits."""

from collections.abc import Mapping, Sequence
from typing import Any

from fdgst.inference.bundle import Contents

UNITS = {"dsc": "%", "hd": "px of the ROI", "hd95": "px of the ROI", "asd": "px of the ROI"}


def card(contents: Contents, record: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> str:
    """Write a card in Markdown.

    Parameters
    ----------
    contents : Contents
        Of the bundle.
    record : mapping
        Of the training, run.json.
    rows : sequence of mapping
        What table1.csv says of the method: one for each structure, metric and unseen domain.

    Returns
    -------
    str
    """
    task = contents.task
    structures = ", ".join(item.title for item in task.structures)
    held = f"without the domain {contents.unseen}" if contents.unseen else "on all domains of its study"
    parts = [
        f"# {contents.method}: {structures}",
        f"A network that segments {structures.lower()} in images of {task.channels} channel(s) and {task.bits} bits,"
        f" trained {held}, seed {contents.seed}, {record['epochs']} epochs of the main stage"
        f" ({record['steps']} steps of {record['images_per_step']} images).",
        _cut(contents),
        "## Data",
        _data(contents),
        "## How it did on domains that it had not seen",
        _unseen(contents, rows),
        "## Failures",
        _failures(rows),
        "## Use",
        "Meant for research: for comparing ways of training, and for segmenting images like those above. `fdgst"
        " segment` flags what it should not be trusted on, each with its reason.",
        "Not meant for: any decision about a patient; images of cameras, populations or diseases that are unlike those"
        " above; pictures that are no such image, in which it will find structures all the same. It has no approval as"
        " a medical device, and its probabilities are not calibrated.",
        "## Files",
        _files(contents),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _cut(contents: Contents) -> str:
    """Say what the network sees."""
    height, width = contents.network_size
    seen = f"It sees {width}x{height} px"
    if contents.roi_diameters is None:
        return f"{seen} of a whole image."
    tall, wide = contents.roi_diameters
    return (
        f"{seen} of a part that is {wide:.2f} x {tall:.2f} diameters of the structure `{contents.task.around}` large."
    )


def _data(contents: Contents) -> str:
    """List what the model was trained on."""
    head = ["| domain | title | training images | licence |", "|---|---|---|---|"]
    return "\n".join(
        head + [f"| {s.id} | {s.title} | {s.train} | {s.licence or 'not said'} |" for s in contents.sources]
    )


def _unseen(contents: Contents, rows: Sequence[Mapping[str, str]]) -> str:
    """Show the method's rows of the table."""
    if not rows:
        return "Not measured: no table of the study was at hand when this card was written."
    domains = list(dict.fromkeys(row["unseen"] for row in rows))
    lines = [
        "Each domain was predicted by a network of this method that was trained on the others. Means over images with"
        " their intervals.",
        "",
        "| structure | metric | " + " | ".join(domains) + " |",
        "|---" * (len(domains) + 2) + "|",
    ]
    titles = {f"{measure.id}_error": f"error of: {measure.title}" for measure in contents.task.measures}
    for structure, metric in dict.fromkeys((row["structure"], row["metric"]) for row in rows):
        cells = {row["unseen"]: row for row in rows if (row["structure"], row["metric"]) == (structure, metric)}
        unit = f", {UNITS[metric]}" if metric in UNITS else ""
        shown = [_cell(cells[name]) if name in cells else "" for name in domains]
        lines.append(f"| {structure} | {titles.get(metric, metric)}{unit} | " + " | ".join(shown) + " |")
    if contents.unseen is None:
        lines += ["", "The network in this bundle was trained on all of them: on a new clinic expect no better."]
    return "\n".join(lines)


def _cell(row: Mapping[str, str]) -> str:
    """Write a mean with its interval."""
    mean, low, high = (f"{float(row[name]):.2f}" if row[name] else "?" for name in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def _failures(rows: Sequence[Mapping[str, str]]) -> str:
    """Say how often a structure was not found at all."""
    if not rows:
        return "Not counted."
    lines, seen = [], set()
    for row in rows:
        key = (row["structure"], row["unseen"])
        if key in seen or not row["missed"] or row["unseen"] == "average":
            continue
        seen.add(key)
        if int(float(row["missed"])):
            lines.append(
                f"- {row['unseen']}: no {row['structure']} predicted in {row['missed']} of {row['images']} images"
            )
    return "\n".join(lines) or "In no test image was a structure missed altogether."


def _files(contents: Contents) -> str:
    """List files and versions."""
    lines = [f"- `{name}`, SHA-256 {checksum}" for name, checksum in contents.files.items()]
    if contents.onnx:
        difference = contents.onnx["largest_difference"]
        lines.append(
            f"- ONNX and torch were compared on {contents.onnx['images']:.0f} training images: probabilities differ by"
            f" at most {difference:.1e}"
        )
    lines.append("- made by " + ", ".join(f"{name} {version}" for name, version in contents.versions.items()))
    return "\n".join(lines)
