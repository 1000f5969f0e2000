"""Which decoders and encoders there are, which of them fit each other, and what sizes of images they take.

The list beside this module, networks.json, is made from segmentation-models-pytorch by
``python -m fdgst.models.catalogue`` and holds the library's own encoders, so that a configuration is checked without
importing it. A name that is not on the list (``tu-`` encoders are timm's, and there are over a thousand) is put to the
library itself.
"""

import json
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cache
from importlib import import_module, resources
from typing import Any

LIBRARY = "segmentation-models-pytorch"

Judge = Callable[[str, str, tuple[int, int]], list[str]]


def network_faults(decoder: str, encoder: str, size_px: tuple[int, int], *, judge: Judge | None = None) -> list[str]:
    """Say what is wrong with a network and the size of its images, without building it where the list is enough.

    Parameters
    ----------
    decoder, encoder : str
        Names, as in the settings of a training.
    size_px : (int, int)
        Height and width of the network's images.
    judge : callable, optional
        Asked with the same three arguments when a name is not on the list; by default the library itself.

    Returns
    -------
    list of str
        One line per fault, each beginning with its key; empty where there is none.
    """
    if decoder not in known_decoders() or encoder not in known_encoders():
        return (judge or _ask_the_library)(decoder, encoder, size_px)
    stride = stride_of(decoder, encoder)
    if stride is None:
        return [misfit(decoder, encoder)]
    return size_faults(decoder, encoder, size_px, stride=stride, smallest_px=_decoders()[decoder]["smallest_px"])


def least_images(decoder: str, size_px: tuple[int, int]) -> int:
    """Return how many images one pass of a training needs, because of batch normalisation.

    It needs two values of a channel. Some decoders normalise maps that are pooled to one pixel, in which a single
    image has one value; and of the smallest images the encoder itself leaves one pixel.

    Parameters
    ----------
    decoder : str
        One that is not on the list is taken for one that pools.
    size_px : (int, int)
        Height and width of the network's images.

    Returns
    -------
    int
        1 or 2.
    """
    known = _decoders().get(decoder)
    if known is None or max(size_px) <= known["reduction"]:
        return 2
    return int(known["images"])


def known_decoders() -> tuple[str, ...]:
    """Return the names of the decoders on the list, in alphabetical order."""
    return tuple(_decoders())


def known_encoders() -> tuple[str, ...]:
    """Return the names of the library's own encoders, in alphabetical order."""
    return tuple(sorted(_strides()))


def stride_of(decoder: str, encoder: str) -> int | None:
    """Return what height and width must be a multiple of, in pixels, for two names on the list; None: no fit."""
    return _strides()[encoder].get(decoder)


def size_faults(
    decoder: str, encoder: str, size_px: tuple[int, int], *, stride: int, smallest_px: int = 1
) -> list[str]:
    """Word the faults of a size, given the network's stride and the smallest side that the decoder takes."""
    faults = []
    found = " x ".join(str(side) for side in size_px) if size_px[0] != size_px[1] else str(size_px[0])
    if any(side % stride for side in size_px):
        expected = f"a multiple of {stride} (the stride of {decoder} with {encoder})"
        faults.append(f"network_size: expected {expected}, found {found}")
    if min(size_px) < smallest_px:
        faults.append(f"network_size: expected at least {smallest_px} (decoder {decoder}), found {found}")
    return faults


def misfit(decoder: str, encoder: str) -> str:
    """Word the fault of two known names that do not go together."""
    return f"training: decoder {decoder} does not work with encoder {encoder}"


def unknown(key: str, expected: str, name: str, known: Iterable[str]) -> str:
    """Word the fault of an unknown name, with the nearest known ones: capitals and underscores do not count."""
    folded = {_folded(other): other for other in known}
    near = [folded[match] for match in get_close_matches(_folded(name), folded, n=1)]
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(list(folded.values())[:12])}, ..."
    return f"training.{key}: expected {expected}, found {name!r}; {hint}"


def _folded(name: str) -> str:
    """Return a name without what is easily misspelt."""
    return name.casefold().replace("_", "").replace("-", "")


def _ask_the_library(decoder: str, encoder: str, size_px: tuple[int, int]) -> list[str]:
    """Import the library, which takes seconds, and let it judge."""
    # by name: this package stands below the models, and imports them only for names that it does not know
    judge: Judge = import_module("fdgst.models.catalogue").faults
    return judge(decoder, encoder, size_px)


@cache
def _list() -> dict[str, Any]:
    """Read networks.json."""
    text = resources.files("fdgst.study").joinpath("networks.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def _decoders() -> dict[str, dict[str, int]]:
    """Return what a decoder needs whatever its encoder."""
    decoders: dict[str, dict[str, int]] = _list()["decoders"]
    return decoders


@cache
def _strides() -> dict[str, dict[str, int]]:
    """Return for every encoder the stride with each decoder that it fits."""
    return {encoder: group["strides"] for group in _list()["groups"] for encoder in group["encoders"]}
