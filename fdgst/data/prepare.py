"""From a reader's images to one ROI file and its manifest; and the search for the same image in two places."""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fdgst.data import reader
from fdgst.data.sample import Entry, Sample
from fdgst.errors import DataError
from fdgst.progress import progress
from fdgst.storage.atomic import write_text
from fdgst.storage.rois import SPLITS, RoiWriter, create_rois

MANIFEST = ("domain", "split", "name", "sha256", "pixel_sha256")


def prepare(
    out: Path,
    manifest: Path,
    *,
    dataset: Mapping[str, Any],
    domain: str,
    title: str,
    folder: str,
    number: int,
    roi_size_px: int,
    network_size_px: int,
    label_resize: str,
    compression: str,
) -> list[str]:
    """Read one domain and write its ROI file and manifest.

    Parameters
    ----------
    out, manifest : Path
        The ROI file (HDF5), and the list of its images (CSV, columns `MANIFEST`).
    dataset : mapping
        The configuration's `dataset`: names the reader and holds its keys.
    domain, title, folder : str
        Of the domain, as in the configuration.
    number : int
        The domain's place in the configuration, from 1: the phantom's camera.
    roi_size_px, network_size_px, label_resize, compression
        See `fdgst.storage.rois.RoiWriter`.

    Returns
    -------
    list of str
        What the user should know: counts, resized and excluded images, warnings of the reader.

    Raises
    ------
    DataError
        With one line per bad file, all files of the domain looked at; nothing is written then.
    """
    entries = reader(dataset["reader"]).entries(dataset, folder, number)
    entries = sorted(entries, key=lambda entry: (SPLITS.index(entry.split), entry.name))
    settings = {
        "dataset": dict(dataset), "domain": domain, "title": title, "folder": folder, "number": number,
        "label_resize": label_resize, "excluded": list(dataset["exclude"]),
    }  # fmt: skip
    shape = {"count": len(entries), "roi_size_px": roi_size_px, "network_size_px": network_size_px}
    notes = _Notes(domain, roi_size_px)
    rows: list[tuple[str, ...]] = []
    with create_rois(out, settings=settings, label_resize=label_resize, compression=compression, **shape) as writer:
        faults: list[str] = []
        for entry in progress(entries, total=len(entries), description=f"rois {domain}", unit="image"):
            try:
                rows.append((domain, *_add(writer, entry, notes)))
            except DataError as error:
                faults += error.faults
        if faults:
            raise DataError(*faults)
    write_text(manifest, _table(MANIFEST, rows))
    return notes.lines(Counter(entry.split for entry in entries), dataset["exclude"])


def audit(manifests: Sequence[Path], out: Path) -> None:
    """Count the images of all domains, and refuse the same pixels in two domains or splits.

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
    """
    places = defaultdict(list)
    counts: Counter[tuple[str, str]] = Counter()
    for manifest in manifests:
        with manifest.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                counts[row["domain"], row["split"]] += 1
                places[row["pixel_sha256"]].append((row["domain"], row["split"], row["name"]))
    faults = [_twice(found) for found in places.values() if len({place[:2] for place in found}) > 1]
    if faults:
        raise DataError(*faults)
    write_text(
        out, _table(("domain", "split", "images"), [(*key, str(count)) for key, count in sorted(counts.items())])
    )


def _add(writer: RoiWriter, entry: Entry, notes: "_Notes") -> tuple[str, str, str, str]:
    """Load one image, store it, and return its row of the manifest without the domain."""
    sample = entry.load()
    pixels = writer.add(sample.name, sample.split, sample.image, sample.label, sample.sha256)
    notes.add(sample)
    return sample.split, sample.name, sample.sha256, hashlib.sha256(pixels.tobytes()).hexdigest()


class _Notes:
    """What a person should be told about a domain's images."""

    def __init__(self, domain: str, roi_size_px: int) -> None:
        self._domain, self._roi_size_px = domain, roi_size_px
        self._resized: Counter[int] = Counter()
        self._warnings: list[str] = []

    def add(self, sample: Sample) -> None:
        """Take note of one image."""
        if len(sample.image) != self._roi_size_px:
            self._resized[len(sample.image)] += 1
        self._warnings += [f"warning: {warning}" for warning in sample.warnings]

    def lines(self, counts: Mapping[str, int], excluded: Iterable[str]) -> list[str]:
        """Return one line per matter."""
        images = ", ".join(f"{counts[split]} {split}" for split in SPLITS)
        resized = [
            f"{self._domain}: {count} images of {side} px brought to {self._roi_size_px} px"
            for side, count in sorted(self._resized.items())
        ]
        left_out = [f"{self._domain}: excluded by the configuration: {name}" for name in excluded]
        return [f"{self._domain}: {images} images", *resized, *left_out, *self._warnings]


def _twice(places: Sequence[tuple[str, str, str]]) -> str:
    """Say where the same image stands more than once."""
    names = " and ".join("/".join(place) for place in sorted(places))
    return f"{names} are the same image; a model would be tested on what it has seen: name one in dataset.exclude"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write rows as CSV text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
