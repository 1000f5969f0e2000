"""A network of the user's own, ``package.module:Name``: what it states of its needs, read without importing it.

`Name` is a class or a function; called with `channels`, `structures` and `seed` it returns a torch Module. Its needs
are literals in the body of the class, or attributes set beside the function (``unet.stride = 16``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from fdgst.errors import ConfigError
from fdgst.study.literals import is_defined, literal, statements
from fdgst.study.networks import least_images
from fdgst.study.training import Training


@dataclass(frozen=True)
class NetworkNeeds:
    """What a network asks of the study around it; the defaults stand for what it does not state.

    Attributes
    ----------
    stride : int
        What height and width of its images must be a multiple of.
    smallest_px : int
        Smallest side of an image.
    least_images : int
        Images that one pass of a training needs: 2 where batch normalisation sees maps of one pixel.
    channels : tuple of int or None
        Numbers of channels that it takes; None: any.
    has_head : bool
        Whether its last layer is called ``segmentation_head``, whose input some trainers look at.
    """

    stride: int = 1
    smallest_px: int = 1
    least_images: int = 2
    channels: tuple[int, ...] | None = None
    has_head: bool = False


def network_module(network: str) -> str:
    """Return the dotted name of the module that a network is named by, for a fingerprint of its code."""
    return network.partition(":")[0]


@cache
def network_needs(network: str) -> NetworkNeeds:
    """Return what a network of the user's own needs.

    Parameters
    ----------
    network : str
        ``package.module:Name``.

    Raises
    ------
    ConfigError
        If there is no such class or function, or a need is not a literal of its type.
    """
    module, _, name = network.partition(":")
    if not (module and name):
        raise ConfigError(f"training.network: expected null, or package.module:Name, found {network!r}")
    if not is_defined(module, name):
        hint = "installed, or in a folder that PYTHONPATH names"
        raise ConfigError(
            f"training.network: expected a class or a function that can be found ({hint}), found {network!r}"
        )
    known = {field.name for field in fields(NetworkNeeds)}
    found: dict[str, Any] = {}
    for key, value in statements(module, name):
        if key not in known or key in found:
            continue
        try:
            found[key] = literal(value)
        except ValueError as error:
            raise ConfigError(f"training.network: {network}: {key}: expected a literal, found an expression") from error
    if faults := [*_misfits(network, found)]:
        raise ConfigError(*faults)
    return NetworkNeeds(**found)


def own_network_faults(network: str, *, size_px: tuple[int, int], channels: int) -> list[str]:
    """Say what is wrong with a network of the user's own and the images that it would get, one line each."""
    try:
        needs = network_needs(network)
    except ConfigError as error:
        return list(error.faults)
    found = f"{size_px[0]} x {size_px[1]}" if size_px[0] != size_px[1] else str(size_px[0])
    faults = []
    if any(side % needs.stride for side in size_px):
        faults.append(
            f"network_size: expected a multiple of {needs.stride} (the stride of training.network {network}),"
            f" found {found}"
        )
    if min(size_px) < needs.smallest_px:
        faults.append(
            f"network_size: expected at least {needs.smallest_px} (training.network {network}), found {found}"
        )
    if needs.channels is not None and channels not in needs.channels:
        expected = " or ".join(map(str, needs.channels))
        faults.append(f"task.channels: expected {expected} (training.network {network}), found {channels}")
    return faults


def _misfits(network: str, found: dict[str, Any]) -> Iterator[str]:
    """Yield a line for every need whose value is not of its kind."""
    for key, value in found.items():
        if key == "has_head":
            fits, expected = isinstance(value, bool), "True or False"
        elif key == "channels":
            fits, expected = value is None or _are_counts(value), "a tuple of whole numbers, or None"
        else:
            fits, expected = _is_count(value), "a whole number of at least 1"
        if not fits:
            yield f"training.network: {network}: {key}: expected {expected}, found {value!r}"


def _are_counts(value: Any) -> bool:
    """Tell whether a value is a tuple of whole numbers."""
    return isinstance(value, tuple) and bool(value) and all(_is_count(part) for part in value)


def _is_count(value: Any) -> bool:
    """Tell whether a value is a whole number of at least 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def least_images_of(training: Training, size_px: tuple[int, int]) -> tuple[str, int]:
    """Return what the network of a training is called, and how many images a pass of its training needs."""
    if training.network is None:
        return training.decoder, least_images(training.decoder, size_px)
    return training.network, network_needs(training.network).least_images
