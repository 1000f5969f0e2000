"""What a training leaves: model.safetensors, run.json, history.csv, and snapshots where they are asked for."""

import json
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from fdgst.errors import ConfigError
from fdgst.storage.atomic import alone_with, atomic, write_bytes, write_text

PACKAGES = ("fdgst", "torch", "segmentation-models-pytorch", "safetensors", "numpy")
MODEL, RECORD, HISTORY, SNAPSHOTS = "model.safetensors", "run.json", "history.csv", "snapshots"


def save_model(path: Path, weights: Mapping[str, torch.Tensor]) -> None:
    """Write tensors atomically; equal tensors give equal bytes."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    # no metadata: its order in the file would be drawn by chance; in memory first: written by safetensors itself a file
    # is its owner's alone, and a full disk an error without a number
    write_bytes(path, save(tensors))


def write_results(
    folder: Path,
    model: Mapping[str, torch.Tensor],
    *,
    record: Mapping[str, Any],
    history: str,
    snapshots: Sequence[Path],
) -> None:
    """Write all files, each atomically, in the place of those of an earlier training.

    An earlier model goes first and the new one comes last: where there is a model, the others are its own. One process
    at a time writes into the folder.
    """
    with alone_with(folder):
        for old in [folder / MODEL, *(folder / SNAPSHOTS).glob("epoch*.safetensors")]:
            old.unlink(missing_ok=True)
        for path in snapshots:  # kept beside the checkpoints until now
            with atomic(folder / SNAPSHOTS / path.name) as part:
                shutil.copyfile(path, part)
        write_text(folder / HISTORY, history)
        write_text(folder / RECORD, json.dumps(record, indent=2) + "\n")
        save_model(folder / MODEL, model)


def is_there(folder: Path, key: Mapping[str, str], settings: Mapping[str, Any]) -> bool:
    """Tell whether a folder holds the results of the training that a key names (`fdgst.training.run.key`)."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    same = record.get("depends_on") == outside_settings(key) and record.get("settings") == settings
    return same and (folder / MODEL).is_file() and (folder / HISTORY).is_file()


def outside_settings(key: Mapping[str, str]) -> dict[str, str]:
    """Return what a training depends on besides its settings, which its record keeps apart."""
    return {name: value for name, value in key.items() if not name.startswith("training.")}


def versions() -> dict[str, str]:
    """Return the versions of what a result depends on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a checkout that is not installed
            found[package] = "unknown"
    return found


@contextmanager
def tensorboard(folder: Path | None, first_step: int) -> Iterator[Callable[[Mapping[str, float]], None]]:
    """Yield a function that writes a row of the history for TensorBoard; rows after `first_step` are replaced.

    Without a folder the function does nothing.

    Raises
    ------
    ConfigError
        If the package is not installed.
    """
    if folder is None:
        yield lambda row: None
        return
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ConfigError("training.tensorboard: the package tensorboard is not installed (pip install it)") from error
    with SummaryWriter(str(folder), purge_step=first_step + 1, flush_secs=10) as writer:

        def write(row: Mapping[str, float]) -> None:
            for name in ("loss", "learning_rate"):
                writer.add_scalar(name, row[name], int(row["step"]))

        yield write
