"""A folder in which something is wrong: sound files to begin with, and what a case does to them."""

import json
import shutil
from dataclasses import dataclass
from functools import partial

from tests.data.folders import Folder
from tests.data.tables import Table

CELL = {
    "channels": 3, "bits": 8, "background": [[0, 127]], "around": None, "measures": [],
    "structures": [
        {"id": "cell", "title": "Cell", "values": [[128, 255]], "regions": "all", "holes": "fill", "within": None}
    ],
}  # fmt: skip
EYE = {
    "channels": 3, "bits": 8, "background": [[201, 255]], "around": "disc", "measures": [],
    "structures": [
        {"id": "cup", "title": "Cup", "values": [[0, 50]], "regions": "largest", "holes": "fill", "within": "disc"},
        {"id": "disc", "title": "Disc", "values": [[0, 200]], "regions": "largest", "holes": "fill", "within": None},
    ],
}  # fmt: skip
READING = {"number": 1, "roi_size": [32, 32], "network_size": [32, 32], "mask_resize": "nearest", "compression": "none"}


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes
    ----------
    name : str
        A few words.
    words : tuple of str
        What the one line must hold.
    make : callable
        Takes a `Place`, spoils it, and returns the arguments of the command that meets it.
    status : int
        Of the exit: 2 where the command line itself is wrong.
    """

    name: str
    words: tuple[str, ...]
    make: object
    status: int = 1


def cases(kind, make, table, *, status=1):
    """Turn a table {name: (what is spoilt, words...)} into cases; `make(place, what)` returns the arguments."""
    return [
        Case(f"{kind}: {name}", words, partial(_arguments, make, what), status)
        for name, (what, *words) in table.items()
    ]


def _arguments(make, what, place):
    """Spoil something in a place, and return the arguments of the command that meets it."""
    return make(place, what)


class Place:
    """A test's own folder, and copies of files that are sound.

    Parameters
    ----------
    folder : Path
        Of the test.
    sound : Path
        Of the session: rois/a.h5, rois/b.h5, banks, shards, predictions, scores, a training (see conftest.py).
    """

    def __init__(self, folder, sound):
        self.folder, self.sound = folder, sound

    def __truediv__(self, name):
        """A path in the folder."""
        return self.folder / name

    def copy(self, name, to=""):
        """A copy of a sound file or folder, under its own name unless said otherwise."""
        target = self.folder / (to or name)
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (self.sound / name).is_dir() else shutil.copyfile)(self.sound / name, target)
        return target

    def json(self, name, content):
        """A file of JSON, or of text."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def text(self, name, content):
        """A file of text or of bytes."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def reading(self, dataset, domain=None, task=CELL):
        """The arguments that read a domain."""
        settings = READING | {"dataset": dataset, "domain": {"id": "domain1"} | (domain or {}), "task": task}
        path = self.json("settings.json", settings)
        outs = [arg for flag in ("manifest", "record", "out") for arg in (f"--{flag}", self.folder / f"made.{flag}")]
        return ["rois", "--settings", path, "--title", "One", *outs]

    def table(self, spoil, task=CELL, **dataset):
        """The arguments that read a table of three images, spoilt."""
        small = Table(self.folder)
        encoded = spoil(small) or {}
        if not small.path.exists():
            small.write(**encoded)
        return self.reading({"reader": "table", "table": str(small.path)} | dataset, task=task)

    def fundus(self, spoil, **dataset):
        """The arguments that read a folder of three images, spoilt."""
        small = Folder(self.folder)
        spoil(small)
        return self.reading(
            {"reader": "fundus", "root": str(self.folder), "exclude": small.exclude} | dataset,
            {"folder": "Domain1"},
            task=EYE,
        )
