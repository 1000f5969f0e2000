"""The state to resume from: two generations of one file, keyed by everything that the training depends on.

A checkpoint is a dictionary of tensors and plain values, read with ``weights_only=True``: nothing is unpickled.
"""

import logging
import pickle
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch

from fdgst.storage.atomic import atomic

log = logging.getLogger(__name__)
GENERATIONS = 2
UNREADABLE = (RuntimeError, EOFError, OSError, ValueError, KeyError, pickle.UnpicklingError, BadZipFile)


class Checkpoints:
    """The checkpoints of one training.

    Parameters
    ----------
    folder : Path
        Of this training alone; made when first needed.
    key : mapping of str to str
        What the training depends on, by name. A checkpoint of another key is not used.
    """

    def __init__(self, folder: Path, key: Mapping[str, str]) -> None:
        self.folder, self.key = folder, dict(key)

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
        with atomic(path) as part:
            torch.save({"key": self.key, "step": step, **state}, part)
        for old in [*self._generations()[GENERATIONS:], *self.folder.glob("*.part")]:
            old.unlink(missing_ok=True)
        return path

    def load(self) -> dict[str, Any] | None:
        """Return the newest whole checkpoint of this training, or None.

        Every refusal is a warning in the log. Where nothing can be used everything is deleted: a step of another
        training must not be taken for the newest of this one.
        """
        for path in self._generations():
            try:
                state = _read(path)
                found = state["key"]
            except UNREADABLE as error:
                reason = "holds more than tensors" if isinstance(error, pickle.UnpicklingError) else str(error)
                log.warning("%s: damaged (%s): going back to the one before", path, reason.partition("\n")[0])
                continue
            changed = sorted(name for name in {*self.key, *found} if self.key.get(name) != found.get(name))
            if changed:
                log.warning("%s: of another training (%s changed): starting anew", path, ", ".join(changed))
                break
            return state
        self.clear()
        return None

    def newest(self) -> Path | None:
        """Return the path of the newest checkpoint, None if there is none."""
        return next(iter(self._generations()), None)

    def clear(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _generations(self) -> list[Path]:
        """List the checkpoints, newest first."""
        return sorted(self.folder.glob("step*.pt"), reverse=True)


def _read(path: Path) -> dict[str, Any]:
    """Read a file whose checksums hold: torch writes them into its archives, but does not look at them."""
    with ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged:
        raise BadZipFile(f"wrong checksum of {damaged}")
    return torch.load(path, map_location="cpu", weights_only=True)
