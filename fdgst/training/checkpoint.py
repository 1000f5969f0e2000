"""The state to resume from: two generations of one file, in a folder named by all that the training depends on.

A checkpoint is a dictionary of tensors and plain values, read with ``weights_only=True``: nothing is unpickled. The
SHA-256 of the rest stands in its last 32 bytes.
"""

import json
import logging
import pickle
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from fdgst.locks import Hold
from fdgst.storage.atomic import alone_with, atomic

log = logging.getLogger(__name__)
GENERATIONS = 2
DIGEST_BYTES = 32
FOLDER = re.compile("[0-9a-f]{12}")


class Checkpoints:
    """The checkpoints of one training.

    Parameters
    ----------
    root : Path
        Of the run; made when first needed. Each key has a folder of its own in it, so that trainings that differ
        never meet, and going back to earlier settings goes on where those stopped.
    key : mapping of str to str
        What the training depends on, by name.

    Attributes
    ----------
    folder : Path
        Of this key.
    """

    def __init__(self, root: Path, key: Mapping[str, str]) -> None:
        self.root, self.key = root, dict(key)
        self.folder = root / sha256(json.dumps(self.key, sort_keys=True).encode()).hexdigest()[:12]

    @contextmanager
    def alone(self) -> Iterator[Hold]:
        """Keep other processes from the same run for as long as it trains; see `fdgst.locks.alone`.

        What killed writers left half written is swept away.
        """
        with alone_with(self.root) as hold:
            if hold.locked:
                for part in self.root.glob("*/*.part"):
                    part.unlink(missing_ok=True)
            yield hold

    def save(self, step: int, state: Mapping[str, Any]) -> Path:
        """Write a checkpoint atomically, then drop all but the two newest.

        Parameters
        ----------
        step : int
            Steps done.
        state : mapping
            Nested dictionaries and lists of tensors, numbers and strings.

        Returns
        -------
        Path
        """
        path = self.folder / f"step{step:08d}.pt"
        buffer = BytesIO()
        torch.save({"key": self.key, "step": step, **state}, buffer)
        with atomic(path) as part, part.open("wb") as file:
            file.write(buffer.getbuffer())
            file.write(sha256(buffer.getbuffer()).digest())
        for old in self._generations()[GENERATIONS:]:
            old.unlink(missing_ok=True)
        return path

    def load(self) -> dict[str, Any] | None:
        """Return the newest whole checkpoint of this training, or None; every refusal is a warning in the log.

        A damaged one is set aside under the name ``*.pt.damaged``, so that it is not counted as one of the two.
        """
        for path in self._generations():
            try:
                return _read(path)
            except _DamageError as error:
                log.warning("%s: damaged (%s): set aside; going back to the one before", path, error)
                path.replace(path.with_name(path.name + ".damaged"))
        if others := list(self.root.glob("*/step*.pt")):
            self._say_what_changed(max(others, key=lambda path: path.stat().st_mtime))
        return None

    def newest(self) -> Path | None:
        """Return the path of the newest checkpoint, None if there is none."""
        return next(iter(self._generations()), None)

    def clear(self) -> None:
        """Delete the checkpoints of this run, those of other keys too, and nothing else that is in the folder."""
        for folder in self.root.glob("*/"):
            if FOLDER.fullmatch(folder.name):
                shutil.rmtree(folder)
        if self.root.is_dir() and not any(self.root.iterdir()):
            self.root.rmdir()

    def _generations(self) -> list[Path]:
        """List the checkpoints of this key, newest first."""
        return sorted(self.folder.glob("step*.pt"), reverse=True)

    def _say_what_changed(self, other: Path) -> None:
        """Compare this training with the one of a checkpoint that cannot be used."""
        try:
            found = _read(other)["key"]
        except _DamageError:
            return
        changed = sorted(name for name in {*self.key, *found} if self.key.get(name) != found.get(name))
        log.warning("%s: of another training (%s changed): starting anew", other, ", ".join(changed))


class _DamageError(Exception):
    """A file that is not what was written."""


def _read(path: Path) -> dict[str, Any]:
    """Read a file whose checksum holds; that the disk or the memory fails says nothing of the file, and is raised."""
    data = memoryview(path.read_bytes())
    body, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    if sha256(body).digest() != digest:
        raise _DamageError("wrong checksum")
    try:
        return torch.load(BytesIO(body), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _DamageError("holds more than tensors") from error
