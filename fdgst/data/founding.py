"""What `fdgst init` writes: a folder that is a study, from a preset and, where there are any, the user's images.

Names from the user's data are data: they are written as YAML text whatever they hold.
"""

import re
import shlex
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.core.masks import along_border
from fdgst.data.lines import Content, read_lines
from fdgst.data.photographs import read_grey_mask, read_photograph
from fdgst.errors import ConfigError, DataError
from fdgst.storage import SPLITS
from fdgst.storage.atomic import write_text
from fdgst.study.packaged import base_config, preset_file

OF_TABLES = ("table", "raw-fundus", "raw-locator")
PRESETS = ("demo", "paper", *OF_TABLES)
IMPORTED = {0, 128, 255}  # grey values of the masks that importers of raw sets write, 255 all around
FILES = ("Snakefile", "config.yaml", "README.md")
RESERVED = "average"  # an id that means something else in tables
MOST_STRUCTURES = 8
MOST_VALUES = 12  # grey values of a mask that are told one by one
EXAMPLE: dict[str, Any] = {"values": [[1, 255]], "regions": "all", "holes": "keep", "within": None}

SNAKEFILE = """\
# The study of config.yaml beside this file; README.md says how it is run. Rules of your own go below.
from fdgst.study.packaged import snakefile


configfile: "config.yaml"


module fdgst:
    snakefile:
        snakefile()
    config:
        config


use rule * from fdgst
"""
HEADS = {
    "demo": "# The phantom demo: every value of the configuration, to be edited.\n",
    "paper": "# The paper's study of the folder Fundus, at its budget. What does not stand here is the demo's value.\n",
    "table": "# A study of a table of images. What does not stand here is the demo's value.\n",
    "raw-fundus": "# A study of eyes from raw sets (docs/data.md). What does not stand here is the demo's value.\n",
    "raw-locator": "# A locator's study of raw sets (docs/data.md). What does not stand here is the demo's value.\n",
}
README = """\
# {name}

A study by fdgst {version}, made by `fdgst init`.

```
snakemake --cores 8 --dry-run               # every fault of config.yaml, before anything runs
snakemake --cores 8 results/table1.tex      # the table
snakemake --cores 8                         # also results/report.html
```

- `config.yaml` says what is studied; docs/config.md of the project explains every key. What it leaves out is the demo's
  value, and with images of your own a dry run lists the values of `training` and `evaluation` that are taken over so.
- `Snakefile` uses the workflow that the installed package brings; rules of your own may stand below.
- Readers, networks and trainers of your own are named as `package.module:Name`. For a package in this folder, run
  `PYTHONPATH=. snakemake --cores 8`.
- Whatever is interrupted goes on where it was: run the same command again, after a kill with `--rerun-incomplete`.
"""


@dataclass(frozen=True)
class Found:
    """What was found in the user's data.

    Attributes
    ----------
    dataset : dict
        The configuration's `dataset`.
    domains : list of dict
        The configuration's `domains`.
    notes : list of str
        What to look at next, one line each.
    columns : list of str
        The columns of a table that hold masks, where none is called ``mask``: one structure each.
    imported : bool
        Whether the masks are coded as importers of raw sets code them.
    """

    dataset: dict[str, Any]
    domains: list[dict[str, Any]]
    notes: list[str]
    columns: list[str]
    imported: bool = False


def found_study(folder: Path, *, preset: str | None, table: Path | None, fundus: Path | None) -> list[str]:
    """Make a folder a study.

    Parameters
    ----------
    folder : Path
        Made if missing; no file of it is overwritten.
    preset : str or None
        One of `PRESETS`. None: what goes with the data, or the demo.
    table : Path or None
        A table of images, whose domains are written into the configuration.
    fundus : Path or None
        A folder of domains for the reader fundus, likewise.

    Returns
    -------
    list of str
        What to do next, one line each.

    Raises
    ------
    ConfigError
        If preset and data do not go together, or the folder is a study already.
    DataError
        If the data has no two domains.
    """
    chosen = _preset(preset, table, fundus)
    there = [folder / name for name in FILES if (folder / name).exists()]
    if there:
        raise ConfigError(*(f"{path}: expected no such file, found one; choose another folder" for path in there))
    found = _of_table(table, folder) if table else _of_fundus(fundus, folder) if fundus else None
    notes = [*found.notes] if found else _hints(chosen)
    if found and found.imported and preset is None:
        chosen = "raw-fundus"
        notes.append(
            "the masks hold 0, 128 and 255, as fdgst import writes those of eyes, and so the task is theirs; for any"
            " other masks: --preset table"
        )
    text = (base_config() if chosen == "demo" else preset_file(chosen)).read_text(encoding="utf-8")
    text = HEADS[chosen] + "\n" + re.sub(r"\A(#.*\n)*\n*", "", text)
    if found:
        text = _replaced(_replaced(text, "dataset", found.dataset), "domains", found.domains)
        text = _with_structures(text, found.columns) if chosen == "table" else text
    write_text(folder / "config.yaml", text)
    write_text(folder / "README.md", _readme(folder))
    write_text(folder / "Snakefile", SNAKEFILE)
    return [
        f"{folder}: a study from the preset {chosen}",
        *notes,
        f"next: cd {shlex.quote(str(folder))} && snakemake --cores 8 --dry-run, which tells every fault of config.yaml",
    ]


def ids_of(names: Sequence[str]) -> list[str]:
    """Make ids of letters, digits and underscores from names of any kind; equal ones are numbered.

    >>> ids_of(["Clinic North", "clinic-süd", "東", "clinic süd"])
    ['clinic_north', 'clinic_sud', 'item3', 'clinic_sud_2']
    """
    ids: list[str] = []
    for number, name in enumerate(names, 1):
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
        wanted = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or f"item{number}"
        count, free = 1, wanted
        while free in ids or free == RESERVED:
            count += 1
            free = f"{wanted}_{count}"
        ids.append(free)
    return ids


def _preset(preset: str | None, table: Path | None, fundus: Path | None) -> str:
    """Choose the preset, and refuse what does not go together."""
    if table and fundus:
        raise ConfigError("expected --table or --fundus, found both; a study has one source of images")
    fitting = OF_TABLES if table else ("paper",) if fundus else PRESETS
    if preset not in (None, *fitting):
        given = "--table" if table else "--fundus"
        raise ConfigError(f"--preset: expected {' or '.join(fitting)} with {given}, found {preset}")
    return preset or ("demo" if fitting == PRESETS else fitting[0])


def _hints(preset: str) -> list[str]:
    """Say what to look at in a preset that was given no data."""
    return {
        "demo": [],
        "paper": [
            "look at config.yaml: dataset.root names the folder Fundus, see the project's README for where it is"
        ],
        "table": ["look at config.yaml: dataset.table, domains and task are examples"],
        "raw-fundus": ["look at config.yaml: dataset.table is what fdgst import writes, see docs/data.md"],
        "raw-locator": ["look at config.yaml: dataset.table is what fdgst import --roi none writes, see docs/data.md"],
    }[preset]


def _of_table(path: Path, folder: Path) -> Found:
    """Find the domains of a table, and what its first image and masks hold."""
    content = read_lines(path)
    if content.broken:
        raise DataError(content.broken)
    missing = [column for column in ("image", "domain") if column not in content.header]
    if missing:
        raise DataError(*(f"{path}: expected a column {column!r}, found {_few(content.header)}" for column in missing))
    names = [name for name in content.domains if name]
    _need_two(f"{path}: expected at least two domains in the column domain", names)
    domains = []
    for name, id_ in zip(names, ids_of(names), strict=True):
        domains.append({"id": id_, "title": name} | ({"value": name} if name != id_ else {}))
    dataset: dict[str, Any] = {"reader": "table", "table": _reached(path, folder), "fit": "pad"}
    splits = {line.cells.get("split", "") for line in content.lines}
    if not splits <= set(SPLITS):
        dataset["test_fraction"] = 0.3
    masks = _mask_columns(content)
    notes = [*_notes_of_table(content, names, splits, masks)]
    columns = [] if "mask" in masks else masks[:MOST_STRUCTURES]
    return Found(dataset, domains, notes, columns, "mask" in masks and _is_imported(content))


def _is_imported(content: Content) -> bool:
    """Tell whether the first mask of each domain is coded as importers of raw sets code theirs."""
    values: set[int] = set()
    for lines in content.domains.values():
        try:
            mask = read_grey_mask(content.path.parent / lines[0].cells["mask"]).pixels
        except DataError:
            return False
        if (along_border(mask) != max(IMPORTED)).any():
            return False
        values |= {int(value) for value in np.unique(mask)}
    return values == IMPORTED


def _mask_columns(content: Content) -> list[str]:
    """Name the columns that hold masks: the one of that name, or those whose first cell names a file."""
    if "mask" in content.header:
        return ["mask"]
    cells = content.lines[0].cells
    return [
        column
        for column in content.header
        if column != "image" and cells[column] and (content.path.parent / cells[column]).is_file()
    ]


def _notes_of_table(content: Content, names: Sequence[str], splits: set[str], masks: Sequence[str]) -> Iterator[str]:
    """Yield what to look at next in a table."""
    counts = ", ".join(f"{name} {len(content.domains[name])}" for name in names)
    yield f"found {len(names)} domains in {content.path}: {counts} images"
    if "" in content.domains:
        yield f"look at {len(content.domains[''])} rows of the table without a domain: they are refused"
    if not splits <= set(SPLITS):
        yield "look at dataset.test_fraction: 0.3 of what has no split in the table is drawn for test"
    yield from _notes_of_image(content)
    if not masks:
        yield f"look at task.structures: the table has no column with files of masks, but {_few(content.header)}"
    elif "mask" not in masks:
        yield f"look at task.structures: one was made of each column with files of masks, {_few(masks)}"
    for column in masks:
        yield _note_of_masks(content, column)


def _notes_of_image(content: Content) -> Iterator[str]:
    """Yield what the first image of a table is."""
    path = content.path.parent / content.lines[0].cells["image"]
    try:
        found = read_photograph(path, channels=3, bits=8)
    except DataError as error:
        yield from (f"look at task.channels and task.bits: {fault}" for fault in error.faults)
        return
    height, width = found.pixels.shape[:2]
    notes = "".join(f"; {note}" for note in found.notes)
    yield f"look at roi_size and task.channels: {path.name} is {width} x {height}{notes}"


def _note_of_masks(content: Content, column: str) -> str:
    """Say which grey values the first mask of each domain holds."""
    values: set[int] = set()
    for lines in content.domains.values():
        path = content.path.parent / lines[0].cells[column]
        try:
            values |= {int(value) for value in np.unique(read_grey_mask(path).pixels)}
        except DataError as error:
            return f"look at the column {column}: {error.faults[0]}"
    greys = sorted(values)
    some = ", ".join(map(str, greys)) if len(greys) <= MOST_VALUES else f"{len(greys)} from {greys[0]} to {greys[-1]}"
    return f"look at task.background and values: the first masks of the column {column} hold the grey values {some}"


def _of_fundus(root: Path, folder: Path) -> Found:
    """Find the domains below a folder."""
    if not root.is_dir():
        raise DataError(f"{root}: expected a folder of domains, found none")
    below = sorted((path for path in root.iterdir() if path.is_dir()), key=lambda path: _natural(path.name))
    names = [path.name for path in below if any((path / split / "ROIs" / "image").is_dir() for split in SPLITS)]
    _need_two(f"{root}: expected at least two folders with train/ROIs/image", names)
    domains = [{"id": id_, "title": name, "folder": name} for name, id_ in zip(names, ids_of(names), strict=True)]
    others = [path.name for path in below if path.name not in names and not path.name.startswith(".")]
    notes = [f"found {len(names)} domains in {root}: {_few(names)}"]
    if others:
        notes.append(f"left out {_few(others)}: no train/ROIs/image in them")
    notes += [
        "look at domains: titles, and paper: 1 to 4 where one is the paper's, to be put beside its numbers",
        "look at roi_size and training: they are the paper's, for a GPU",
    ]
    return Found({"reader": "fundus", "root": _reached(root, folder)}, domains, notes, [])


def _need_two(expected: str, names: Sequence[str]) -> None:
    """Refuse data without two domains: one must be unseen."""
    if len(names) < 2:
        raise DataError(f"{expected}, found {_few(names) if names else 'none'}")


def _reached(path: Path, folder: Path) -> str:
    """Write a path as it is reached from a study's folder: within it relative, elsewhere absolute."""
    whole, home = path.expanduser().resolve(), folder.resolve()
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts domain2 before domain10."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part.strip(" _-").casefold()) for part in parts]


def _few(names: Sequence[str]) -> str:
    """Name the first of many."""
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")


def _replaced(text: str, key: str, value: Any) -> str:
    """Replace a key of a YAML text, its comments included."""
    items = [*value.items()] if isinstance(value, dict) else value
    lines = [f"  {_yaml({name: own})[1:-1]}" for name, own in items] if isinstance(value, dict) else []
    lines += [f"  - {_yaml(item)}" for item in items] if isinstance(value, list) else []
    made = "\n".join([f"{key}:", *lines]) + "\n\n"
    found = re.compile(rf"^{key}:.*?(?=^\S|\Z)", re.DOTALL | re.MULTILINE)
    assert len(found.findall(text)) == 1, key
    return found.sub(lambda _: made, text)


def _with_structures(text: str, columns: Sequence[str]) -> str:
    """Put a structure for each column in the place of the preset's example."""
    if not columns:
        return text
    made = "".join(
        f"    - {_yaml({'id': id_, 'title': column, 'column': column, **EXAMPLE})}\n"
        for column, id_ in zip(columns, ids_of(columns), strict=True)
    )
    example = re.compile(r"^    - \{id: object,.*\n", re.MULTILINE)
    assert len(example.findall(text)) == 1
    return example.sub(lambda _: made, text)


def _yaml(value: Any) -> str:
    """Write a map as YAML in one line."""
    import yaml

    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**9, sort_keys=False).strip()


def _readme(folder: Path) -> str:
    """Write the study's README."""
    from fdgst import __version__

    return README.format(name=folder.resolve().name, version=__version__)
