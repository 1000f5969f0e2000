"""What a training leaves: model.safetensors, run.json, history.csv, and snapshots where they are asked for."""

import hashlib
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

from fdgst.errors import ConfigError, FormatError
from fdgst.storage.atomic import alone_with, atomic, write_bytes, write_text
from fdgst.storage.places import refuse_misplaced

PACKAGES = ("fdgst", "torch", "segmentation-models-pytorch", "safetensors", "numpy")
MODEL, RECORD, HISTORY, SNAPSHOTS = "model.safetensors", "run.json", "history.csv", "snapshots"


def save_model(path: Path, weights: Mapping[str, torch.Tensor]) -> None:
    """Write tensors atomically; equal tensors give equal bytes."""
    write_bytes(path, _serialised(weights))


def _serialised(weights: Mapping[str, torch.Tensor]) -> bytes:
    """Return the bytes of a file of tensors.

    Without metadata, whose order would be drawn by chance; in memory, as safetensors itself writes files that are their
    owner's alone, and a full disk is an error without a number there.
    """
    return save({name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()})


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
        digests = {}
        for path in snapshots:  # kept beside the checkpoints until now
            digests[f"{SNAPSHOTS}/{path.name}"] = _digest(path)
            with atomic(folder / SNAPSHOTS / path.name) as part:
                shutil.copyfile(path, part)
        data = _serialised(model)
        digests[MODEL] = hashlib.sha256(data).hexdigest()
        write_text(folder / HISTORY, history)
        write_text(folder / RECORD, json.dumps({**record, "weights": digests}, indent=2) + "\n")
        write_bytes(folder / MODEL, data)


def record_of(weights: Path) -> dict[str, Any] | None:
    """Return the record of the training that weights are of, None where none lies beside them.

    Parameters
    ----------
    weights : Path
        ``model.safetensors``, or a snapshot, in the folder of a training's results.

    Raises
    ------
    FormatError
        If the record speaks of other weights, or the folder's name of another training: a file was copied over another.
    """
    is_snapshot = weights.parent.name == SNAPSHOTS
    folder = weights.parent.parent if is_snapshot else weights.parent
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    identity = {name: record[name] for name in ("method", "unseen", "seed") if name in record}
    for what in ("snapshot",) if is_snapshot else ("model", "pre-trained model"):
        refuse_misplaced(weights, what, **identity)
    digests = record.get("weights")
    recorded = digests.get(weights.relative_to(folder).as_posix()) if isinstance(digests, dict) else None
    if recorded and recorded != _digest(weights):
        raise FormatError(f"{weights}: not the weights that {RECORD} speaks of, but others; train again")
    return record


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
