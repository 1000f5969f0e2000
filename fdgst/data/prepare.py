"""From a reader's images to one ROI file and its manifest; and the search for the same image in two places."""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.core.masks import masks_of_greys
from fdgst.data.fitting import background_of, pad, padded_size, same_aspect
from fdgst.data.masks import covers_corners
from fdgst.data.photographs import pixels_of
from fdgst.data.reader import Reader, make_reader
from fdgst.data.record import FIRST, known, states, write_record
from fdgst.data.sample import Entry, Sample
from fdgst.errors import DataError, FormatError
from fdgst.progress import progress
from fdgst.storage import SPLITS
from fdgst.storage.apart import refuse_inputs
from fdgst.storage.atomic import write_text
from fdgst.storage.cells import guarded, unguarded
from fdgst.storage.places import refuse_misplaced
from fdgst.storage.rois import RoiWriter, Stored, create_rois
from fdgst.study.strict import in_words
from fdgst.study.task import Task

MANIFEST = ("domain", "split", "name", "group", "sha256", "pixel_sha256")

Size = tuple[int, int]


def prepare(
    out: Path,
    manifest: Path,
    *,
    dataset: Mapping[str, Any],
    domain: Mapping[str, Any],
    task: Task,
    title: str,
    number: int,
    roi_size_px: Size,
    network_size_px: Size,
    mask_resize: str,
    compression: str,
    record: Path | None = None,
    stamp: str = FIRST,
) -> list[str]:
    """Read one domain and write its ROI file and manifest.

    Parameters
    ----------
    out, manifest : Path
        The ROI file (HDF5), and the list of its images (CSV: the columns `MANIFEST`, and those that the source has
        besides).
    dataset, domain : mapping
        Of the configuration: the reader, its keys, and the domain's id, see `fdgst.data.reader.make_reader`.
    task : Task
        What images are brought to, and how masks are read.
    title : str
        The domain's printed name.
    number : int
        The domain's place in the configuration, from 1.
    roi_size_px, network_size_px : (height, width)
    mask_resize, compression
        See `fdgst.storage.rois.create_rois`.
    record, stamp : Path or None, str
        Where to record what was read, and the stamp to record (`fdgst.data.record`); None: nowhere.

    Returns
    -------
    list of str
        What the user should know: counts, what was done to images, exclusions, warnings.

    Raises
    ------
    ConfigError
        If one of the files to be written is one of those that are read.
    DataError
        With one line per bad file, all files of the domain looked at; nothing is written then.

    Notes
    -----
    ASSUME: a structure that vanishes at ROI size is a fault where no image may be without it, for its truth is gone;
    one that vanishes only at network size is a warning, unless no training image has any left of it.
    """
    reader = make_reader(dataset, domain, number=number, task=task)
    listed = reader.files()
    for name, path in (("--out", out), ("--manifest", manifest), ("--record", record)):
        if path is not None:
            refuse_inputs(name, path, (("of the domain", read) for read in listed))
    files = states(listed)
    entries = sorted(reader.entries(), key=lambda entry: (SPLITS.index(entry.split), entry.name))
    settings = {
        "dataset": dict(dataset), "domain": domain["id"], "title": title, "source": dict(domain), "number": number,
        "task": task.untitled().model_dump(mode="json"), "mask_resize": mask_resize, "excluded": reader.exclusions(),
    }  # fmt: skip
    notes = _Notes(domain["id"], task, roi_size_px, network_size_px)
    rows: list[dict[str, str]] = []
    with create_rois(
        out,
        settings=settings,
        task=task,
        domain=domain["id"],
        title=title,
        unit=entries[0].unit if entries else "",
        count=len(entries),
        roi_size_px=roi_size_px,
        network_size_px=network_size_px,
        mask_resize=mask_resize,
        compression=compression,
    ) as writer:
        faults: list[str] = []
        for entry in progress(entries, total=len(entries), description=f"rois {domain['id']}", unit="image"):
            try:
                rows.append({"domain": domain["id"], **_add(writer, entry, reader, notes)})
            except DataError as error:
                faults += error.faults
        faults += notes.faults() if not faults else []
        if faults:
            raise DataError(*faults)
        read = known(files) if record is not None else {}
    columns = dict.fromkeys([*MANIFEST, *(column for row in rows for column in row)])
    cells = ([guarded(row.get(column, "")) for column in columns] for row in rows)
    write_text(manifest, _csv(list(columns), cells))
    lines, warnings = notes.lines(Counter(entry.split for entry in entries), reader.exclusions())
    if record is not None:
        write_record(record, domain=domain["id"], stamp=stamp, files=read, lines=lines, warnings=warnings)
    return [*lines, *(f"warning: {line}" for line in warnings)]


def audit(manifests: Sequence[Path], out: Path) -> None:
    """Count the images of all domains, and refuse the same file or the same pixels in two domains or splits.

    One photograph with two ROIs is one file of different pixels; one file written twice is the same pixels.

    Parameters
    ----------
    manifests : sequence of Path
        Written by `prepare`, one per domain.
    out : Path
        CSV with the columns ``domain, split, images``.

    Raises
    ------
    DataError
        With one line per image that stands in two places.

    Notes
    -----
    Groups are looked at within a domain alone, by the readers: two clinics may number their patients alike.
    """
    places = defaultdict(list)
    counts: Counter[tuple[str, str]] = Counter()
    for manifest in manifests:
        with manifest.open(encoding="utf-8", newline="") as lines:
            for row in _manifest(manifest, lines):
                counts[row["domain"], row["split"]] += 1
                for column in ("sha256", "pixel_sha256"):
                    places[column, row[column]].append((row["domain"], row["split"], row["name"]))
    faults = [_twice(found) for found in places.values() if len({place[:2] for place in found}) > 1]
    if faults:
        raise DataError(*dict.fromkeys(faults))
    write_text(out, _csv(("domain", "split", "images"), [(*key, str(count)) for key, count in sorted(counts.items())]))


def _manifest(path: Path, lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of a manifest, each of the domain that its name says."""
    try:
        for row in csv.DictReader(lines, strict=True):
            if lacking := [name for name in MANIFEST if row.get(name) is None]:
                raise FormatError(f"{path}: expected a manifest, found no {lacking[0]}; give one that fdgst rois wrote")
            refuse_misplaced(path, "manifest", domain=row["domain"])
            yield row | {"name": unguarded(row["name"])}
    except (csv.Error, UnicodeDecodeError) as error:
        raise FormatError(
            f"{path}: expected a manifest, found no CSV ({error}); delete it and run snakemake again"
        ) from error


def _add(writer: RoiWriter, entry: Entry, reader: Reader, notes: "_Notes") -> dict[str, str]:
    """Load one image, store it, and return its row of the manifest without the domain."""
    sample = entry.load()
    image, greys = _fitted(entry, sample, reader, notes)
    named = {"name": sample.name, "split": sample.split, "group": sample.group, "sha256": sample.sha256}
    stored = writer.add(
        **named, image=image, greys=greys, unit_per_px=_scale(entry, image.shape[:2], notes.roi_size_px)
    )
    faults = notes.add(entry, sample, masks_of_greys(greys, reader.task.structures), stored)
    if faults:
        raise DataError(*faults)
    return {
        "split": sample.split,
        "name": sample.name,
        "group": sample.group,
        "sha256": sample.sha256,
        "pixel_sha256": hashlib.sha256(np.ascontiguousarray(stored.image).tobytes()).hexdigest(),
        **entry.carried,
    }


def _scale(entry: Entry, size_px: Size, roi_size_px: Size) -> float | None:
    """Return what a pixel of the ROI measures, of an image that is brought to it."""
    if entry.unit_per_px is None:
        return None
    if not same_aspect(size_px, roi_size_px):
        raise DataError(
            f"{entry.place}: expected one scale in both directions, for distances in {entry.unit}, found"
            f" {in_words(size_px)} stretched to {in_words(roi_size_px)}; set dataset.fit: pad, or leave unit_per_px out"
        )
    return entry.unit_per_px * size_px[0] / roi_size_px[0]


def _fitted(
    entry: Entry, sample: Sample, reader: Reader, notes: "_Notes"
) -> tuple[np.ndarray, Mapping[str, np.ndarray]]:
    """Bring an image and its masks to the ROIs' aspect as `dataset.fit` says, and take note of it."""
    height, width = sample.image.shape[:2]
    roi = notes.roi_size_px
    if same_aspect((height, width), roi):
        if (height, width) != roi:
            notes.count(f"{in_words((height, width))} brought to {in_words(roi)}")
        return sample.image, sample.greys
    if reader.fit == "stretch":
        notes.count(f"{in_words((height, width))} stretched to {in_words(roi)}")
        return sample.image, sample.greys
    if reader.fit == "pad":
        wanted = padded_size((height, width), roi)
        notes.count(f"{in_words((height, width))} padded to {in_words(wanted)}, and brought to {in_words(roi)}")
        return pad(sample.image, sample.greys, wanted, background=background_of(reader.task))
    shape = "a square image" if roi[0] == roi[1] else f"an image of the ROIs' aspect, {in_words(roi)}"
    raise DataError(
        f"{entry.place}: expected {shape}, found {in_words((height, width))}; crop it, or set dataset.fit: pad or"
        f" stretch"
    )


class _Notes:
    """What a person should be told about a domain's images, and what only the domain as a whole shows."""

    def __init__(self, domain: str, task: Task, roi_size_px: Size, network_size_px: Size) -> None:
        self.domain, self.task, self.roi_size_px, self.network_size_px = domain, task, roi_size_px, network_size_px
        self._counts: Counter[str] = Counter()
        self._warnings: list[str] = []
        self._trained: Counter[str] = Counter()  # training images with a structure
        self._seen: Counter[str] = Counter()  # of them, those that keep it at network size
        self._training = 0
        self._vanished: dict[str, list[str]] = defaultdict(list)
        self._cornered: Counter[str] = Counter()
        self._images = 0

    def count(self, text: str) -> None:
        """Take note of what was done to one image."""
        self._counts[text] += 1

    def add(self, entry: Entry, sample: Sample, masks: np.ndarray, stored: Stored) -> list[str]:
        """Take note of one image, its masks (K, height, width) and what is stored; return what is lost at ROI size."""
        for note in dict.fromkeys(sample.notes):
            self.count(note)
        self._warnings += sample.warnings
        training = sample.split == "train"
        self._training += training
        self._images += 1
        faults: list[str] = []
        for item, mask, large, small in zip(
            self.task.structures, masks, stored.masks, stored.network_masks, strict=True
        ):
            present, kept, seen = (bool(plane.any()) for plane in (mask, large, small))
            self._trained[item.id] += training and present
            self._seen[item.id] += training and seen
            self._cornered[item.id] += covers_corners(mask)
            if present and not kept:
                lost = f"{item.id} of {pixels_of(int(mask.sum()))}"
                text = f"{entry.place}: {lost} vanishes at ROI size, {in_words(self.roi_size_px)}"
                (self._warnings if item.optional else faults).append(text)
            elif present and not seen:
                self._vanished[item.id].append(sample.name)
        return faults

    def faults(self) -> list[str]:
        """Return what is wrong with the domain as a whole."""
        found = []
        for structure in self.task.ids:
            where = f"{self.domain}: expected {structure} in a training image"
            if not self._trained[structure]:
                found.append(f"{where}, found none in {self._training}; check task.structures' values and columns")
            elif not self._seen[structure]:
                found.append(
                    f"{where} at network size, {in_words(self.network_size_px)}, found it vanished from all"
                    f" {self._trained[structure]}; enlarge network_size"
                )
        return found

    def lines(self, counts: Mapping[str, int], excluded: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return one line per matter, and the warnings, which are counted in the last of them."""
        images = ", ".join(f"{counts[split]} {split}" for split in SPLITS)
        done = [f"{self.domain}: {_images(count)}: {text}" for text, count in sorted(self._counts.items())]
        left_out = [f"{self.domain}: excluded by the configuration: {name}" for name in excluded]
        warnings = [*self._warnings, *self._whole_warnings()]
        told = [f"{self.domain}: {len(warnings)} warning{'s' * (len(warnings) != 1)}"] if warnings else []
        return [f"{self.domain}: {images} images", *done, *left_out, *told], warnings

    def _whole_warnings(self) -> list[str]:
        """Return what is odd about the domain as a whole."""
        lost = [
            f"{self.domain}: {structure} vanishes at network size, {in_words(self.network_size_px)}, in"
            f" {_images(len(names))}: {', '.join(names[:5])}{', ...' * (len(names) > 5)}"
            for structure, names in self._vanished.items()
        ]
        return lost + [
            f"{self.domain}: {structure} covers all corners in {count} of {self._images} images; is it inverted?"
            for structure, count in self._cornered.items()
            if 2 * count > self._images
        ]


def _images(count: int) -> str:
    """Write a number of images."""
    return f"{count} image{'s' * (count != 1)}"


def _twice(places: Sequence[tuple[str, str, str]]) -> str:
    """Say where the same image stands more than once."""
    names = " and ".join("/".join(place) for place in sorted(places))
    return f"{names} are the same image; a model would be tested on what it has seen: name one in dataset.exclude"


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write rows as CSV text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
