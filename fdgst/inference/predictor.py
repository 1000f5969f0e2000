"""A finished training as a function from images to logits, rebuilt from run.json and model.safetensors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from fdgst.errors import FormatError
from fdgst.models import reason, rebuild_network
from fdgst.training import methods
from fdgst.training.device import choose, configure, usable_cpus
from fdgst.training.results import MODEL, RECORD
from fdgst.training.settings import settings_from
from fdgst.training.store import normalise


class Predictor:
    """The network of a finished training.

    Parameters
    ----------
    folder : Path
        Of the training's results.
    weights : Path or None
        A snapshot to use instead of the final weights.
    device : {'auto', 'cpu', 'cuda'}
    threads : int
        At most.

    Attributes
    ----------
    record : dict
        What run.json holds.

    Raises
    ------
    FormatError
        If the files are missing or do not belong together.
    ConfigError
        If run.json speaks of settings or a trainer that this version does not know.
    """

    def __init__(self, folder: Path, *, weights: Path | None, device: str, threads: int) -> None:
        self.record: dict[str, Any] = _record(folder / RECORD)
        settings = settings_from(self.record["settings"])
        self._device = choose(device)
        # no shorter floats here: a prediction must not depend on how fast it was wanted
        used = min(threads, usable_cpus())
        configure(self._device, threads=used, tf32=False, deterministic=settings.deterministic)
        network = rebuild_network(settings).to(self._device).to(memory_format=torch.channels_last)
        self._trainer = methods.build(
            self.record["trainer"],
            network,
            settings=settings,
            options=self.record["options"],
            sources=len(self.record["sources"]),
            seed=self.record["seed"],
        )
        path = weights or folder / MODEL
        try:
            self._trainer.load_weights(load_file(path))
        except (OSError, RuntimeError, SafetensorError) as error:
            raise FormatError(
                f"{path}: not the weights that {RECORD} speaks of ({reason(error)}); train again"
            ) from error

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return logits, float32 (n, 2, S, S), of images, uint8 (n, S, S, 3)."""
        pixels = torch.from_numpy(images).to(self._device).permute(0, 3, 1, 2)
        logits = self._trainer.predict(normalise(pixels.float()).contiguous(memory_format=torch.channels_last))
        return logits.float().cpu().numpy()


def _record(path: Path) -> dict[str, Any]:
    """Read run.json."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(f"{path}: expected the record of a finished training, found none; train again") from error
    except ValueError as error:
        raise FormatError(f"{path}: damaged ({error}); train again") from error
    missing = [name for name in ("settings", "trainer", "options", "sources", "seed") if name not in record]
    if missing:
        raise FormatError(f"{path}: no {missing[0]} in it; train again")
    return record
