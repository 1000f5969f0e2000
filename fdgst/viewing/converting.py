"""Shards as files for other trainers: originals and stylised copies, plain or in nnU-Net's layout."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fdgst.core.seeding import seed
from fdgst.errors import ConfigError, DataError
from fdgst.progress import progress
from fdgst.storage.atomic import atomic, write_text
from fdgst.storage.format import digest
from fdgst.storage.rois import Rois, open_rois
from fdgst.storage.shards import Shard, open_shard
from fdgst.study.strict import in_words
from fdgst.viewing.copies import copies_of

FOLDS = 5  # nnU-Net's
COLUMNS = ("image", "mask", "domain", "split", "name", "group", "augmentation", "style_domain", "style", "lambda")
_NNUNET_NAME = re.compile(r"Dataset[0-9]{3}_\w+")
_FOLDERS = {"png": ("images", "masks"), "nnunet": ("imagesTr", "labelsTr")}


@dataclass(frozen=True)
class Case:
    """One image that is written.

    Attributes
    ----------
    name : str
        Of its files.
    pixels : ndarray of uint8 or uint16, shape (h, w, C)
    bits : ndarray of uint8, shape (h, w)
        Masks.
    unit : str
        The image or group that it comes from, with its domain.
    row : dict of str to str
        Its line of the table, but for the files.
    """

    name: str
    pixels: np.ndarray
    bits: np.ndarray
    unit: str
    row: dict[str, str]

    @property
    def is_original(self) -> bool:
        """Whether it is no copy."""
        return not self.row["augmentation"]


class Labels:
    """One grey value for each combination of structures that occurs, 0 for none of them.

    Parameters
    ----------
    structures : sequence of str
        Ids, by bit.
    found : set of int
        Combinations as bits.
    """

    def __init__(self, structures: Sequence[str], found: set[int]) -> None:
        self.combinations = sorted(found - {0}, key=lambda bits: (bits.bit_count(), bits))
        self._value = np.zeros(256, np.uint8)
        self._value[self.combinations] = np.arange(1, len(self.combinations) + 1)
        self.values = {
            name: [value for value, bits in enumerate(self.combinations, 1) if bits >> place & 1]
            for place, name in enumerate(structures)
        }

    def of(self, bits: np.ndarray) -> np.ndarray:
        """Return the grey values of masks, uint8."""
        return self._value[bits]

    @property
    def nnunet(self) -> dict[str, Any]:
        """Keys of nnU-Net's dataset.json; regions, the outer ones first, where structures overlap."""
        present = sorted((min(values), name) for name, values in self.values.items() if values)
        if all(len(self.values[name]) == 1 for _, name in present) and len(present) == len(self.combinations):
            return {"labels": {"background": 0} | {name: value for value, name in present}}
        regions = {name: self.values[name] for _, name in present}
        return {"labels": {"background": 0} | regions, "regions_class_order": [value for value, _ in present]}

    def __str__(self) -> str:
        """Say what the values mean."""
        words = [f"{name} {', '.join(map(str, values)) or 'nowhere'}" for name, values in self.values.items()]
        return f"grey values of the masks: background 0; {'; '.join(words)}"


def convert_shards(shards: Sequence[Path], out: Path, *, to: str, rois: Path | None) -> list[str]:
    """Write the originals and the copies of shards.

    Parameters
    ----------
    shards : sequence of Path
        Of any augmentations and pairs of domains, of one task and size.
    out : Path
        Folder; empty or not there.
    to : {'png', 'nnunet'}
    rois : Path or None
        Folder of the ROI files, ``{domain}.h5``. None: where the workflow keeps them, relative to the shards.

    Returns
    -------
    list of str
        What was written, for people.

    Raises
    ------
    ConfigError
        If the folder is not empty, the shards do not belong together, or colour images have 16 bits.
    DataError
        If a ROI file is missing or another than a shard was made from.
    FormatError
        If a file is damaged.
    """
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"{out}: expected an empty folder, found files in it; delete it or give another")
    with ExitStack() as stack:
        opened = [stack.enter_context(open_shard(path)) for path in sorted({path.resolve() for path in shards})]
        domains = _domains(opened, rois, stack)
        labels = _labels(domains)
        total = sum(shard.lambdas.size for shard in opened) + sum(len(x.indices("train")) for x in domains.values())
        cases = _cases(opened, domains)
        done = list(_written(progress(cases, total=total, description="convert", unit="image"), out, to, labels))
        first = next(iter(domains.values()))
        if to == "png":
            _write_table(out, done)
        else:
            _write_nnunet(out, done, labels, first)
    copies = sum(not case.is_original for case in done)
    notes = [f"wrote {len(done) - copies} originals and {copies} copies to {out}", str(labels)]
    if to == "nnunet" and not _NNUNET_NAME.fullmatch(out.resolve().name):
        notes.append(f"nnU-Net will ask for a folder named like Dataset501_Fundus in its nnUNet_raw, not {out.name}")
    return notes


def _domains(shards: Sequence[Shard], folder: Path | None, stack: ExitStack) -> dict[str, Rois]:
    """Open the ROI file of each content domain; refuse what does not belong together."""
    files: dict[str, Path] = {}
    faults = []
    for shard in shards:
        file = (folder or shard.path.parents[3] / "rois") / f"{shard.content_domain}.h5"
        if not file.is_file():
            faults.append(f"{file}: no such ROI file, which {shard.path} was made from; name its folder by --rois")
        elif digest(file) != shard.made_from:
            faults.append(f"{file}: expected the ROI file that {shard.path} was made from, found another")
        files[shard.content_domain] = file
    if faults:
        raise DataError(*dict.fromkeys(faults))
    domains = {name: stack.enter_context(open_rois(file)) for name, file in files.items()}
    kinds = {
        f"{', '.join(x.structures)} in {in_words(x.network_size_px)} images of {x.channels} channels": name
        for name, x in domains.items()
    }
    if len(kinds) > 1:
        raise ConfigError(f"expected shards of one task and size, found {' and '.join(kinds)}")
    if any(x.channels == 3 and x.white != 255 for x in domains.values()):
        raise ConfigError("expected images of 8 bits or grey ones, found colour of 16 bits, which PNG writers lack")
    return domains


def _labels(domains: Mapping[str, Rois]) -> Labels:
    """Find the combinations of structures that occur."""
    found: set[int] = set()
    for rois in domains.values():
        for row in rois.indices("train"):
            found.update(np.unique(rois.network_bits(int(row))).tolist())
    return Labels(next(iter(domains.values())).structures, found)


def _cases(shards: Sequence[Shard], domains: Mapping[str, Rois]) -> Iterator[Case]:
    """Yield the originals of each domain, then the copies of each shard."""
    for domain, rois in domains.items():
        for row in rois.indices("train"):
            name = rois.names[row]
            yield Case(
                _file_name(domain, name),
                rois.network_image(int(row)),
                rois.network_bits(int(row)),
                _unit(rois, name),
                _row(rois, name, "", "", "", 0.0),
            )
    for shard in shards:
        rois = domains[shard.content_domain]
        for number, (name, style) in enumerate(zip(shard.names, shard.styles, strict=True)):
            bits = shard.bits(np.array([number]))[0]
            for copy, pixels in enumerate(copies_of(shard, rois, number)):
                yield Case(
                    _file_name(rois.domain, name, shard.augmentation, shard.style_domain, f"{copy:02}"),
                    pixels,
                    bits,
                    _unit(rois, name),
                    _row(rois, name, shard.augmentation, shard.style_domain, style, shard.lambdas[number, copy]),
                )


def _row(rois: Rois, name: str, augmentation: str, style_domain: str, style: str, lam: float) -> dict[str, str]:
    """Return a case's line of the table, but for its files."""
    group = rois.groups[rois.names.index(name)]
    how = {"augmentation": augmentation, "style_domain": style_domain, "style": style, "lambda": f"{lam:.6g}"}
    return {"domain": rois.domain, "split": "train", "name": name, "group": group, **how}


def _unit(rois: Rois, name: str) -> str:
    """Return what an image and its copies must not be torn from."""
    return f"{rois.domain}/{rois.groups[rois.names.index(name)] or name}"


def _file_name(domain: str, name: str, *more: str) -> str:
    """Name a case by letters that every program takes."""
    return "_".join(re.sub(r"[^A-Za-z0-9-]+", "_", part) for part in (domain, Path(name).stem, *more))


def _written(cases: Iterator[Case], out: Path, to: str, labels: Labels) -> Iterator[Case]:
    """Write cases, and yield them without their pixels; two of one name are told apart by a number."""
    images, masks = (out / folder for folder in _FOLDERS[to])
    channel = "_0000" if to == "nnunet" else ""
    names: set[str] = set()
    for case in cases:
        name, number = case.name, 2
        while name in names:
            name, number = f"{case.name}_{number}", number + 1
        names.add(name)
        _write_picture(images / f"{name}{channel}.png", case.pixels)
        _write_picture(masks / f"{name}.png", labels.of(case.bits))
        nothing = np.empty(0, np.uint8)
        yield Case(name, nothing, nothing, case.unit, case.row)


def _write_picture(path: Path, pixels: np.ndarray) -> None:
    """Write grey or colour as PNG."""
    with atomic(path) as part:
        Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels).save(
            part, format="PNG", compress_level=1
        )


def _write_table(out: Path, cases: Sequence[Case]) -> None:
    """Write images.csv, as the reader `table` reads it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for case in cases:
        files = {"image": f"images/{case.name}.png", "mask": f"masks/{case.name}.png"}
        group = {"group": case.row["group"] or case.row["name"]}
        writer.writerow(case.row | files | {"name": case.name} | group)
    write_text(out / "images.csv", text.getvalue())


def _write_nnunet(out: Path, cases: Sequence[Case], labels: Labels, rois: Rois) -> None:
    """Write nnU-Net's splits and, last, its dataset.json."""
    units = sorted({case.unit for case in cases}, key=lambda unit: seed("fold", unit))
    folds = min(FOLDS, len(units))
    if folds > 1:
        fold_of = {unit: place % folds for place, unit in enumerate(units)}
        splits = [
            {
                "train": [case.name for case in cases if fold_of[case.unit] != fold],
                "val": [case.name for case in cases if fold_of[case.unit] == fold and case.is_original],
            }
            for fold in range(folds)
        ]
        write_text(out / "splits_final.json", json.dumps(splits, indent=1) + "\n")
    normalisation = "rgb_to_0_1" if rois.white == 255 else "zscore"  # as the styles of FourierStyle are
    dataset = {
        "channel_names": dict.fromkeys(map(str, range(rois.channels)), normalisation),
        **labels.nnunet,
        "numTraining": len(cases),
        "file_ending": ".png",
        "overwrite_image_reader_writer": "NaturalImage2DIO",
        "description": "Originals and copies in the styles of other domains, written by fdgst convert.",
    }
    write_text(out / "dataset.json", json.dumps(dataset, indent=1) + "\n")
