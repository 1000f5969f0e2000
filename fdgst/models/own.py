"""A network of the user's own, built and looked at before it is trained."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch
from torch import nn

from fdgst.core.seeding import seed as seed_of
from fdgst.errors import ConfigError
from fdgst.models.deeplab import reason


def build_own(network: str, *, channels: int, structures: int, seed: int) -> nn.Module:
    """Make the network that ``package.module:Name`` returns.

    Parameters
    ----------
    network : str
        A class or a function that takes the three arguments below by their names.
    channels, structures : int
        Of the images, and of the task: planes that go in and planes that come out.
    seed : int
        torch's generator is seeded by it too: equal seeds give equal weights; the global generator is left as it was.

    Raises
    ------
    ConfigError
        If it cannot be imported or called, or returns something else than a Module.
    """
    make = _imported(network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("network", seed))
        try:
            made = make(channels=channels, structures=structures, seed=seed)
        except Exception as error:  # whatever the user's code says
            called = f"channels={channels}, structures={structures}, seed={seed}"
            raise ConfigError(
                f"training.network: {network} cannot be made with {called} ({type(error).__name__}: {reason(error)})"
            ) from error
    if not isinstance(made, nn.Module):
        raise ConfigError(f"training.network: expected {network} to return a torch Module, found {_kind(made)}")
    return made.float().train()


def check_logits(network: nn.Module, *, called: str, channels: int, structures: int, size_px: tuple[int, int]) -> None:
    """Pass two black images through a network in evaluation mode, and refuse one whose logits are not as they must be.

    Parameters
    ----------
    network : Module
        On the CPU; its mode is training afterwards, its weights are as they were.
    called : str
        Its name, for the error.
    channels, structures : int
    size_px : (int, int)
        Height and width of the images.

    Raises
    ------
    ConfigError
        If the pass fails, or gives anything but one plane of the images' size per structure.
    """
    expected = (2, structures, *size_px)
    network.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            logits: Any = network(torch.zeros(2, channels, *size_px))
    except Exception as error:  # whatever the user's layers say
        raise ConfigError(
            f"training.network: {called} cannot take images of {channels} x {size_px[0]} x {size_px[1]}"
            f" ({type(error).__name__}: {reason(error)})"
        ) from error
    finally:
        network.train()
    found = tuple(logits.shape) if isinstance(logits, torch.Tensor) else _kind(logits)
    if found != expected:
        raise ConfigError(f"training.network: expected {called} to give logits of shape {expected}, found {found}")


def _imported(network: str) -> Callable[..., Any]:
    """Import what ``package.module:Name`` names."""
    module, _, name = network.partition(":")
    try:
        found: Callable[..., Any] = getattr(import_module(module), name)
    except Exception as error:  # whatever the user's module does when it is imported
        raise ConfigError(
            f"training.network: {network} cannot be imported ({type(error).__name__}: {reason(error)})"
        ) from error
    return found


def _kind(value: Any) -> str:
    """Name the type of a value."""
    return f"a {type(value).__name__}"
