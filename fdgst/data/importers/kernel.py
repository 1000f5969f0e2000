"""What all importers share: from images and masks that were matched to a table, with masks beside it.

An importer says which images there are and how their masks are read (`Item`), and what it cannot use (`LeftOut`). Here
masks are read and written, ROIs are measured, test images are drawn, the table is written, and what a person should
know is counted.
"""

import csv
import io
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from fdgst.core.masks import along_border, bounding_box
from fdgst.core.seeding import seed
from fdgst.data.importers.drawn import AbsentError, Drawn, Size
from fdgst.data.importers.listing import Listing, printable
from fdgst.data.lines import read_lines
from fdgst.data.photographs import NOT_READ, read_photograph
from fdgst.data.source import Box
from fdgst.errors import ConfigError, DataError
from fdgst.progress import progress
from fdgst.storage import SPLITS
from fdgst.storage.apart import refuse_inputs
from fdgst.storage.atomic import atomic, write_text

COLUMNS = ("image", "mask", "domain", "split", "name", "group")
BOX = ("roi_left", "roi_top", "roi_width", "roi_height")
UNREAD = (*NOT_READ, ".dicom", ".ima", ".nii", ".nii.gz", ".mhd", ".svs")  # what medical images come in, too
SHOWN = 3  # names that stand beside a count
_ORIENTATION, _TURNED = 274, frozenset((5, 6, 7, 8))  # EXIF


@dataclass(frozen=True)
class Choice:
    """What the user chooses.

    Attributes
    ----------
    expert : str or None
        Whose drawing is taken: ``1``, ``2``, ... or ``mean``; None: the set's usual one.
    roi : float or None
        Side of the ROI, in diameters of what it is cut around; None: whole images.
    locate : callable or None
        Finds what ROIs are cut around in an image, uint8 (height, width, 3): its box, or None. None: ROIs are cut
        around what the mask shows.
    test : int or None
        Images of each domain that are drawn for test, in place of the makers' split; None: the makers' split.
    domain : str or None
        Id of the domain, for sets of one.
    leave_out : bool
        Whether files that cannot be used are left out; they are refused otherwise.
    """

    expert: str | None = None
    roi: float | None = None
    locate: Callable[[np.ndarray], Box | None] | None = None
    test: int | None = None
    domain: str | None = None
    leave_out: bool = False


@dataclass(frozen=True)
class Item:
    """One image of a raw set.

    Attributes
    ----------
    image : Path
    domain, name, split, group : str
        `split` empty where the makers have none, `group` where they say no patients.
    drawn : callable
        Returns the mask for an image of a size (height, width); raises `AbsentError` or `DataError`.
    mask : Path or None
        A mask file that is used as it is; None: what `drawn` returns is written beside the table.
    pixels : callable or None
        Returns the image, uint8 (height, width, 3), where it is not the file's as it is; it is written beside the
        table.
    more : mapping of str to str
        Further columns.
    """

    image: Path
    domain: str
    name: str
    drawn: Callable[[Size], Drawn]
    split: str = ""
    group: str = ""
    mask: Path | None = None
    pixels: Callable[[], np.ndarray] | None = None
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LeftOut:
    """An image that is not used, and why: the same words for all that it holds for."""

    path: Path
    why: str


@dataclass(frozen=True)
class RawSet:
    """What is known of a raw set.

    Attributes
    ----------
    find : callable
        Returns the images, from the files of a folder and the user's choice; and errors, of files that cannot be used.
    wanted : str
        Which files are looked for, for those who have another folder.
    experts : tuple of str
        What `Choice.expert` may be, the usual one first; empty: the makers publish one drawing.
    values : str
        What the grey values of the masks mean.
    one_domain : bool
        Whether `Choice.domain` names its domain.
    in_place : bool
        Whether the table may stand in the set's own folder, as nothing is written there that looks like a part of it.
    """

    find: Callable[[Listing, Choice], Iterable[Item | LeftOut | DataError]]
    wanted: str
    experts: tuple[str, ...] = ()
    values: str = "masks: 0 cup, 128 rim, 255 background, as the task of config.yaml reads them"
    one_domain: bool = False
    in_place: bool = False


def make_table(raw: RawSet, name: str, folder: Path, out: Path, choice: Choice, *, append: bool = False) -> list[str]:
    """Write the table of a raw set, and its masks beside it.

    Parameters
    ----------
    raw : RawSet
    name : str
        Of the set.
    folder : Path
        As the makers' archives are unpacked; nothing outside of it is read.
    out : Path
        The table, CSV: `COLUMNS`, with a ROI the columns `BOX`, and those of the set. Masks are written to
        ``masks/{domain}/{name}.png`` beside it. Paths are relative to the table.
    choice : Choice
    append : bool
        Whether `out` may hold rows of other domains, which are kept; rows of the same domains are replaced.

    Returns
    -------
    list of str
        What a person should know: counts, and what was left out and why.

    Raises
    ------
    DataError
        If no image is found, or files cannot be used: a line for each, and no table is written.
    ConfigError
        If the choice does not go with the set, or the table holds other domains.
    """
    _check(raw, name, choice)
    listing = Listing(folder)
    if not raw.in_place and out.parent.resolve().is_relative_to(listing.folder):
        raise ConfigError(f"--out: expected a table outside of {folder}, which stays as it is, found {out}")
    found = list(raw.find(listing, choice))
    items = [item for item in found if isinstance(item, Item)]
    left_out = [*listing.left_out, *((printable(item.path), item.why) for item in found if isinstance(item, LeftOut))]
    faults = [fault for item in found if isinstance(item, DataError) for fault in item.faults]
    if not items and not faults:
        why = "".join(f"; {line}" for line in _counted(left_out))
        raise DataError(f"{folder}: expected {raw.wanted} in it, found none{_unread(listing)}{why}")
    read = ((item.image, item.mask) for item in items)
    refuse_inputs("--out", out, (("of the set", path) for pair in read for path in pair if path))
    kept = _others(out, {item.domain for item in items}, append)
    items = _drawn_for_test(_uniquely_named(items), choice.test)
    rows: list[dict[str, str]] = []
    notes: Counter[str] = Counter()
    for item in progress(items, total=len(items), description=f"import {name}", unit="image"):
        try:
            row, odd = _row(item, out, choice)
            rows.append(row)
            notes.update(odd)
        except AbsentError as absent:
            left_out.append((printable(item.image), str(absent)))
        except DataError as error:
            faults += error.faults
    if faults and not choice.leave_out:
        raise DataError(*dict.fromkeys(faults))
    if not rows:
        raise DataError(f"{folder}: expected images that can be used, found none", *_counted(left_out))
    write_text(out, _csv(_merged(kept, rows)))
    notes.update({"no patient is named, each image is a group of its own": sum(not row["group"] for row in rows)})
    told = [
        *_counts(rows),
        *_sides(rows),
        *(_without_training(rows, choice.test) if choice.test else ()),
        *(f"{_images(count)}: {note}" for note, count in sorted(notes.items()) if count),
    ]
    told += [*(f"left out: {fault}" for fault in dict.fromkeys(faults)), *_counted(left_out), raw.values]
    written = f"; masks written to {out.parent / 'masks'}" if any(not item.mask for item in items) else ""
    return [*told, f"{out}: {len(rows)} images" + (f", {len(kept)} of other domains kept" if kept else "") + written]


def size_of(path: Path) -> Size:
    """Return the (height, width) of an image file, upright, from its head.

    Raises
    ------
    DataError
        If it is no image.
    """
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION, 1) in _TURNED
    except Exception as error:  # damaged heads make Pillow fail in any way
        raise DataError(f"{path}: expected an image, found what is none; copy it again") from error
    return (width, height) if turned else (height, width)


def identifier(text: str) -> str:
    """Return an id made from any text: small letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "domain"


def _check(raw: RawSet, name: str, choice: Choice) -> None:
    """Refuse a choice that the set does not have."""
    if choice.expert and choice.expert not in raw.experts:
        expected = f"one of {', '.join(raw.experts)}" if raw.experts else "nothing, as its makers publish one drawing"
        raise ConfigError(f"--expert: expected {expected}, for {name}, found {choice.expert!r}")
    if choice.domain and not raw.one_domain:
        raise ConfigError(f"--domain: expected nothing, as {name} names its domains itself, found {choice.domain!r}")
    if choice.domain and choice.domain != identifier(choice.domain):
        raise ConfigError(f"--domain: expected small letters, digits and underscores, found {choice.domain!r}")


def _unread(listing: Listing) -> str:
    """Name the files of formats that medical images come in and no importer reads, as a part of a line."""
    found = Counter(end for path in listing.files for end in UNREAD if path.name.lower().endswith(end))
    if not found:
        return ""
    counts = " and ".join(f"{count} {end}" for end, count in found.items())
    return f", but {counts} file{'s' * (found.total() > 1)}, which are not read: convert them to PNG or TIFF"


def _others(out: Path, domains: set[str], append: bool) -> list[dict[str, str]]:
    """Return the rows of a table that exists; refuse one of other domains that nobody wants to append to."""
    if not out.exists():
        return []
    content = read_lines(out)
    if content.broken:
        raise DataError(f"{content.broken}; or give another --out")
    if lacking := [column for column in ("image", "domain") if content.header and column not in content.header]:
        raise DataError(
            f"{out}: expected a new file, or a table of images, found one without the column {' and '.join(lacking)};"
            f" give another --out"
        )
    others = sorted(set(content.domains) - domains)
    if others and not append:
        raise ConfigError(
            f"{out}: expected a new table, found one with the domains {', '.join(others)}; give --append, which keeps"
            f" them, or another --out"
        )
    rows = [line.cells for line in content.lines]
    return [row for row in rows if row.get("domain") not in domains]


def _uniquely_named(items: Sequence[Item]) -> list[Item]:
    """Give images of one domain names that can be files' and are not the same, in the order of their paths."""
    taken: set[tuple[str, str]] = set()
    named = []
    for item in sorted(items, key=lambda item: (item.domain, SPLITS.index(item.split or "train"), item.image)):
        name = re.sub(r"[^\w.-]", "_", item.name, flags=re.ASCII).lstrip(".-") or "image"
        number, unique = 1, name
        while (item.domain, unique.lower()) in taken:
            number += 1
            unique = f"{name}-{number}"
        taken.add((item.domain, unique.lower()))
        named.append(replace(item, name=unique))
    return named


def _drawn_for_test(items: list[Item], test: int | None) -> list[Item]:
    """Draw so many images of each domain for test: whole groups, in an order that depends on their names alone."""
    if test is None:
        return items
    groups: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        groups[item.domain, item.group or item.name].append(item)
    chosen: Counter[str] = Counter()
    split = {}
    for key in sorted(groups, key=lambda key: seed("import", *key)):
        fits = chosen[key[0]] + len(groups[key]) <= test
        chosen[key[0]] += len(groups[key]) * fits
        split[key] = SPLITS[fits]
    drawn = [replace(item, split=split[item.domain, item.group or item.name]) for item in items]
    return sorted(drawn, key=lambda item: (item.domain, SPLITS.index(item.split)))


def _row(item: Item, out: Path, choice: Choice) -> tuple[dict[str, str], tuple[str, ...]]:
    """Read one image's mask, write what must be written, and return its row and what to tell."""
    image, pixels = item.image, None
    if item.pixels:
        pixels = item.pixels()
    size: Size = size_of(item.image) if pixels is None else (pixels.shape[0], pixels.shape[1])
    drawn = item.drawn(size)
    if drawn.grey.shape != size:
        raise DataError(
            f"{item.mask or item.image}: expected a mask of its image's size, {size[1]}x{size[0]}, found"
            f" {drawn.grey.shape[1]}x{drawn.grey.shape[0]}"
        )
    box = _box(item, drawn, pixels, choice)
    folder = item.domain + (f"_expert_{choice.expert}" if choice.expert else "")
    if pixels is not None:
        image = out.parent / "images" / item.domain / f"{item.name}.png"
        _save(image, pixels)
    mask = item.mask or out.parent / "masks" / folder / f"{item.name}.png"
    if not item.mask:
        _save(mask, drawn.grey)
    cells = (_relative(image, out), _relative(mask, out), item.domain, item.split, item.name, item.group)
    row = dict(zip(COLUMNS, cells, strict=True)) | dict(item.more)
    return row | (dict(zip(BOX, map(str, box), strict=True)) if box else {}), drawn.notes


def _box(item: Item, drawn: Drawn, pixels: np.ndarray | None, choice: Choice) -> Box | None:
    """Return the ROI: a square about the middle of what is drawn or located, a multiple of its longer side.

    What is drawn is whatever differs from the commonest value of the mask's border.
    """
    if choice.roi is None:
        return None
    if choice.locate:
        if pixels is None:
            pixels = read_photograph(item.image, channels=3, bits=8).pixels
        found = choice.locate(pixels)
        if found is None:
            raise AbsentError("nothing was located that a ROI could be cut around")
        left, top, width, height = found
    else:
        grey = drawn.grey
        rows, columns = bounding_box(grey != np.bincount(along_border(grey)).argmax())
        left, top, width, height = columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start
        if not width:
            raise AbsentError("nothing is drawn that a ROI could be cut around")
    side = round(choice.roi * max(width, height))
    return round(left + width / 2 - side / 2), round(top + height / 2 - side / 2), side, side


def _save(path: Path, pixels: np.ndarray) -> None:
    """Write pixels as PNG, whole or not at all."""
    with atomic(path) as part:
        Image.fromarray(pixels).save(part, format="PNG")


def _relative(path: Path, out: Path) -> str:
    """Write a path as seen from the table's folder, which may be reached through symbolic links."""
    return Path(os.path.relpath(path.parent.resolve() / path.name, out.parent.resolve())).as_posix()


def _merged(kept: Sequence[dict[str, str]], rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Put the rows of all domains into the order of the domains' ids, so that the order of calls changes nothing."""
    return sorted([*kept, *rows], key=lambda row: row["domain"])


def _csv(rows: Sequence[Mapping[str, str]]) -> str:
    """Write rows as text; the columns of a set stand after those of all sets."""
    boxed = any(row.get(BOX[0]) for row in rows)
    known = (*COLUMNS, *(BOX if boxed else ()))
    more = sorted({column for row in rows for column in row} - {*COLUMNS, *BOX})
    text = io.StringIO()
    writer = csv.DictWriter(text, [*known, *more], restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _counts(rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Say how many images each domain has."""
    counts = Counter((row["domain"], row["split"]) for row in rows)
    for domain in dict.fromkeys(row["domain"] for row in rows):
        told = f"{', '.join(f'{counts[domain, split]} {split}' for split in SPLITS)} images"
        if counts[domain, ""]:
            told = f"{_images(counts[domain, ''])} without a split: give --test, or set dataset.test_fraction"
        yield f"{domain}: {told}"


def _sides(rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Say how large the ROIs of each domain are: what `roi_size` of a study is chosen by."""
    for domain in dict.fromkeys(row["domain"] for row in rows):
        sides = [int(row[BOX[2]]) for row in rows if row["domain"] == domain and row.get(BOX[2])]
        if sides:
            yield f"{domain}: square ROIs of {min(sides)} to {max(sides)} px"


def _without_training(rows: Sequence[Mapping[str, str]], test: int) -> Iterator[str]:
    """Warn of each domain all of whose images were drawn for test."""
    counts = Counter((row["domain"], row["split"]) for row in rows)
    for domain in dict.fromkeys(row["domain"] for row in rows):
        if not counts[domain, "train"]:
            yield f"{domain}: --test {test} takes all {_images(counts[domain, 'test'])}, and none is left to train on"


def _counted(left_out: Sequence[tuple[str, str]]) -> list[str]:
    """Say what was left out, with the first names of each kind."""
    names = defaultdict(list)
    for name, why in left_out:
        names[why].append(name)
    return [
        f"left out: {len(found)}: {why}: {', '.join(Path(name).name for name in found[:SHOWN])}"
        + ", ..." * (len(found) > SHOWN)
        for why, found in sorted(names.items())
    ]


def _images(count: int) -> str:
    """Write a number of images."""
    return f"{count} image{'s' * (count != 1)}"
