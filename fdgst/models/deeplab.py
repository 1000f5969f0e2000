"""Networks by name from segmentation-models-pytorch: DeepLabV3+ with MobileNetV2 unless the configuration says else.

Every network maps images (B, channels, H, W) in [-1, 1] to one logit per pixel and structure (B, structures, H, W).
"""

import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fdgst.core.seeding import seed as seed_of
from fdgst.errors import ConfigError, TrainingError
from fdgst.models.catalogue import decoders, unknown_names
from fdgst.models.depthwise import quicken
from fdgst.study.networks import misfit
from fdgst.study.training import Training

ALTERNATIVES = "set training.encoder_weights to none (random weights) or to the PATH of a file of weights"


def build_network(settings: Training, *, channels: int, structures: int, seed: int) -> nn.Module:
    """Make a network with its first weights.

    Parameters
    ----------
    settings : Training
        ``decoder`` and ``encoder``: names of segmentation-models-pytorch (``tu-`` encoders are timm's).
        ``encoder_weights``: ``imagenet`` (fetched), ``none`` (random), or the path of a ``.safetensors`` or
        ``.pth`` file with the encoder's or a whole network's weights, made for as many channels. ``atrous_rates``:
        for decoders that have them, ignored by the others.
    channels, structures : int
        Of the images, and of the task: planes that go in and planes that come out.
    seed : int
        Equal seeds give equal weights; the global generator is left as it was.

    Returns
    -------
    Module
        float32, on the CPU, in training mode.

    Raises
    ------
    ConfigError
        If a name is unknown (the nearest are named) or decoder and encoder do not fit each other.
    TrainingError
        If the weights cannot be fetched or read, or do not fit the encoder.
    """
    weights = settings.encoder_weights
    network = _create(settings, channels, structures, pretrained=False, seed=seed)
    if weights == "imagenet":
        return _pretrained(settings, channels, structures, seed)
    if weights != "none":
        _load_encoder(network, Path(weights))
    return network


def rebuild_network(settings: Training, *, channels: int, structures: int) -> nn.Module:
    """Make the network of `settings` for weights that are about to be loaded: nothing is fetched or read."""
    return _create(settings, channels, structures, pretrained=False, seed=0)


def reason(error: Exception) -> str:
    """Return the line of another library's message that says why; the first of torch's only announces the others."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[1] if lines[0].startswith("Error(s) in loading state_dict") and len(lines) > 1 else lines[0]


def _pretrained(settings: Training, channels: int, structures: int, seed: int) -> nn.Module:
    """Make the network with its encoder's published weights, or say what to do without them."""
    try:
        with _quiet_hub():
            return _create(settings, channels, structures, pretrained=True, seed=seed)
    except Exception as error:  # the hub's, timm's and the network's own kinds, which share no base
        fault = f"imagenet weights of {settings.encoder} cannot be had ({reason(error)}); {ALTERNATIVES}"
        raise TrainingError(fault) from error


def _create(settings: Training, channels: int, structures: int, *, pretrained: bool, seed: int) -> nn.Module:
    """Make the network from a seed, checking the names first."""
    if wrong := unknown_names(settings.decoder, settings.encoder):
        raise ConfigError(*wrong)
    decoder = decoders()[settings.decoder]
    arguments: dict[str, Any] = {
        "encoder_name": settings.encoder,
        "encoder_weights": None,
        "in_channels": channels,
        "classes": structures,
    }
    if pretrained:
        arguments["encoder_weights"] = True if settings.encoder.startswith("tu-") else "imagenet"
    if "decoder_atrous_rates" in inspect.signature(decoder.__init__).parameters:
        arguments["decoder_atrous_rates"] = tuple(settings.atrous_rates)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("network", seed))
        try:
            return quicken(decoder(**arguments))
        except Exception as error:
            if pretrained:
                raise
            raise ConfigError(f"{misfit(settings.decoder, settings.encoder)} ({reason(error)})") from error


def _load_encoder(network: nn.Module, path: Path) -> None:
    """Load an encoder's weights, taken from a file of the encoder alone or of a whole network."""
    weights = _read(path)
    if any(name.startswith("encoder.") for name in weights):
        weights = {name.removeprefix("encoder."): w for name, w in weights.items() if name.startswith("encoder.")}
    encoder = network.encoder
    assert isinstance(encoder, nn.Module)
    own = encoder.state_dict()
    # counters of batch normalisation are absent from old files; a classifier's head is of no use here
    missing = [name for name in own if name not in weights and not name.endswith("num_batches_tracked")]
    misfits = [name for name in own if name in weights and weights[name].shape != own[name].shape]
    if not missing and len(misfits) == 1 and _differ_by_channels(own[misfits[0]], weights[misfits[0]]):
        # ASSUME: published weights are adapted by their library, which says how; nobody says how for a file
        found, wanted = weights[misfits[0]].shape[1], own[misfits[0]].shape[1]
        raise TrainingError(
            f"{path}: weights for images of {found} channel(s), but those of this study have {wanted} (task.channels);"
            f" {ALTERNATIVES}, or to imagenet, which is adapted to {wanted}"
        )
    if missing or misfits:
        first = (missing + misfits)[0]
        count = f"{len(missing)} of {len(own)} tensors are missing and {len(misfits)} of another shape"
        raise TrainingError(f"{path}: not the weights of the encoder: {count}, first {first}; {ALTERNATIVES}")
    encoder.load_state_dict({name: weights.get(name, tensor) for name, tensor in own.items()})


def _differ_by_channels(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Tell whether two convolutions differ in nothing but the channels that they take."""
    return one.ndim == other.ndim == 4 and one.shape[0] == other.shape[0] and one.shape[2:] == other.shape[2:]


def _read(path: Path) -> dict[str, torch.Tensor]:
    """Read a state dict without unpickling anything but tensors."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise TrainingError(f"training.encoder_weights: no file {path}; {ALTERNATIVES}, or to imagenet") from error
    except Exception as error:  # torch's and safetensors' own kinds; their messages run to many lines
        fault = f"{path}: cannot be read as tensors ({reason(error)}); expected a .safetensors or .pth file"
        raise TrainingError(fault) from error
    if not isinstance(loaded, dict) or not all(isinstance(value, torch.Tensor) for value in loaded.values()):
        raise TrainingError(f"{path}: expected a mapping of names to tensors, found {type(loaded).__name__}")
    return loaded


@contextmanager
def _quiet_hub() -> Iterator[None]:
    """Keep the hub's retries out of the log: their outcome is one line of ours."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
