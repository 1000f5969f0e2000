"""A finished training as a function from images to logits, rebuilt from run.json and model.safetensors."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from fdgst.core.masks import MOST
from fdgst.errors import FormatError
from fdgst.inference import NORMALISATIONS
from fdgst.inference.predict import BATCH
from fdgst.models import reason, rebuild_network
from fdgst.storage.access import expect_readable
from fdgst.study.faults import checked, lines
from fdgst.study.strict import Count, Id, Natural, Strict
from fdgst.study.training import Training
from fdgst.training import methods
from fdgst.training.device import choose, configure, usable_cpus
from fdgst.training.pool import grey_levels, stored
from fdgst.training.results import MODEL, RECORD, record_of
from fdgst.training.store import normalise

LAST = "last"


class _Needed(Strict):
    """What must stand in run.json, among other things."""

    model_config = ConfigDict(extra="ignore")

    settings: dict[str, Any]
    trainer: str
    options: dict[str, Any]
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    seed: Natural
    channels: Literal[1, 3]
    white: Literal[255, 65535]
    structures: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST)]
    network_size_px: tuple[Count, Count]
    images_per_step: Count


class Predictor:
    """The network of a finished training.

    Parameters
    ----------
    folder : Path
        Of the training's results.
    weights : Path or None
        A snapshot to use instead of the last weights.
    device : {'auto', 'cpu', 'cuda'}
    threads : int
        At most.
    normalisation : {'running', 'test_batch'}
        Whose statistics normalise the images: those gathered in training, or those of the images that are given
        together. Then an image's logits depend on the others.

    Attributes
    ----------
    record : dict
        What run.json holds.
    weights : str
        Name of the weights: ``last``, or the snapshot's, such as ``epoch0010``.
    structures : tuple of str
        Ids of the planes of the logits.
    channels, white : int
        Of the images that it takes.
    size_px : (int, int)
        Height and width of the images that it was trained on.
    normalisation : str
        As given.
    batch : int
        Images that are to be given together. ASSUME: for statistics of the test batch as many as one step of the
        training held, which is what its layers were normalised over.

    Raises
    ------
    FormatError
        If the files are missing or do not belong together.
    ConfigError
        If run.json speaks of a trainer that this version does not know.
    """

    def __init__(
        self, folder: Path, *, weights: Path | None, device: str, threads: int, normalisation: str = NORMALISATIONS[0]
    ) -> None:
        self.record: dict[str, Any] = _record(folder / RECORD)
        settings = _settings(folder / RECORD, self.record)
        self.structures, self.size_px = tuple(self.record["structures"]), tuple(self.record["network_size_px"])
        self.channels, self.white = self.record["channels"], self.record["white"]
        self._device = choose(device)
        # no shorter floats here: a prediction must not depend on how fast it was wanted
        used = min(threads, usable_cpus())
        configure(self._device, threads=used, tf32=False, deterministic=settings.deterministic)
        network = rebuild_network(settings, channels=self.channels, structures=len(self.structures))
        self._trainer = methods.build(
            self.record["trainer"],
            network.to(self._device).to(memory_format=torch.channels_last),
            settings=settings,
            options=self.record["options"],
            sources=len(self.record["sources"]),
            seed=self.record["seed"],
        )
        path = weights or folder / MODEL
        self.weights = LAST if path.name == MODEL else path.stem
        expect_readable(path, "the weights of a finished training")
        record_of(path)  # refuses those of another training
        try:
            self._trainer.load_weights(load_file(path))
        except (OSError, RuntimeError, SafetensorError) as error:
            raise FormatError(
                f"{path}: not the weights that {RECORD} speaks of ({reason(error)}); train again"
            ) from error
        self.normalisation = normalisation
        self.batch = BATCH
        if normalisation == "test_batch":
            self.batch = self.record["images_per_step"]
            _forget_statistics(self._trainer.network)

    @property
    def network(self) -> nn.Module:
        """The network, as its trainer changed it: images (B, C, h, w) in [-1, 1] to logits (B, K, h, w)."""
        return self._trainer.network

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return logits, float32 (n, K, h, w), of images, uint8 or uint16 (n, h, w, C)."""
        pixels = grey_levels(stored(images).to(self._device)).permute(0, 3, 1, 2)
        pixels = normalise(pixels, self.white).contiguous(memory_format=torch.channels_last)
        return self._trainer.predict(pixels).float().cpu().numpy()


def _forget_statistics(network: nn.Module) -> None:
    """Take the running statistics from a network: without them batch normalisation takes those of its batch."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d | nn.SyncBatchNorm):
            module.running_mean = module.running_var = None


def _record(path: Path) -> dict[str, Any]:
    """Read run.json."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FormatError(f"{path}: expected the record of a finished training, found none; train again") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: damaged ({error}); train again") from error
    if not isinstance(record, dict):
        raise FormatError(f"{path}: damaged (no map of keys and values); train again")
    missing = [name for name in _Needed.model_fields if name not in record]
    if missing:
        raise FormatError(f"{path}: no {missing[0]} in it, of an older version or damaged; train again")
    checked(_Needed, record, f"{path}: ")
    return record


def _settings(path: Path, record: dict[str, Any]) -> Training:
    """Return the settings of a training from its record."""
    try:
        return Training.model_validate_json(json.dumps(record["settings"]))
    except ValidationError as error:
        known = list(Training.model_fields)
        faults = lines(error.errors(), record["settings"], lambda place: [] if place else known)
        raise FormatError(*(f"{path}: settings.{line}; train again" for line in faults)) from error
