"""Make the list of networks, fdgst/study/networks.json, from segmentation-models-pytorch, and judge what is not on it.

``python -m fdgst.models.catalogue`` writes the list (three minutes of a CPU); with ``--check`` it compares the names,
the decoders and a sample of the pairs with the library, and fails where they differ. Networks are built and passed on
torch's meta device: shapes without numbers.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from fdgst.errors import ConfigError
from fdgst.study import networks

PATH = Path(networks.__file__).with_name("networks.json")
EXAMPLES = {"DPT": "tu-vit_tiny_patch16_224"}  # DPT takes vision transformers of timm only
EXAMPLE = "mobilenet_v2"
LARGE_PX = 224  # what DPT's example takes; every stride divides it
SAMPLE = 25  # every so many-th pair is built by the check, a number without a factor in common with 12 decoders


def faults(decoder: str, encoder: str, size_px: tuple[int, int]) -> list[str]:
    """Say what the library has against a network and the size of its images.

    Parameters
    ----------
    decoder, encoder : str
        Names; ``tu-`` encoders are timm's.
    size_px : (int, int)
        Height and width.

    Returns
    -------
    list of str
        One line per fault; empty where two such images pass the network.
    """
    wrong = unknown_names(decoder, encoder)
    if wrong:
        return wrong
    try:
        network = build(decoder, encoder)
    except ConfigError as error:
        return list(error.faults)
    wrong = networks.size_faults(decoder, encoder, size_px, stride=stride(network))
    if wrong:
        return wrong
    told = refusal(network, 2, size_px)
    size = " x ".join(map(str, size_px))
    return [f"network_size: {decoder} with {encoder} cannot take {size} ({told})"] if told else []


def decoders() -> dict[str, Any]:
    """Return the library's decoders by name, in alphabetical order."""
    import segmentation_models_pytorch as smp

    return {kind.__name__: kind for kind in sorted(smp.MODEL_ARCHITECTURES_MAPPING.values(), key=lambda k: k.__name__)}


def encoders() -> list[str]:
    """Return the names of the library's own encoders, in alphabetical order."""
    from segmentation_models_pytorch.encoders import get_encoder_names

    # its older spelling of timm's encoders warns of its removal
    return sorted(name for name in get_encoder_names() if not name.startswith("timm-"))


def build(decoder: str, encoder: str) -> Any:
    """Make a network without numbers.

    Parameters
    ----------
    decoder, encoder : str
        Known names.

    Returns
    -------
    Module
        On the meta device, in training mode.

    Raises
    ------
    ConfigError
        If they do not go together.
    """
    arguments: dict[str, Any] = {"encoder_name": encoder, "encoder_weights": None, "in_channels": 3, "classes": 1}
    kind = decoders()[decoder]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's hints at options that nobody sets here
        try:
            try:
                with torch.device("meta"), _RealLinspace():
                    return kind(**arguments)
            except (RuntimeError, NotImplementedError):
                return kind(**arguments).to("meta")  # some constructors read numbers, which the meta device has not
        except Exception as error:  # the library's and timm's own kinds, which share no base
            told = str(error).splitlines() or [type(error).__name__]
            raise ConfigError(f"{networks.misfit(decoder, encoder)} ({told[0]})") from error


def stride(network: Any) -> int:
    """Return what height and width of an image must be a multiple of."""
    return reduction(network) if network.requires_divisible_input_shape else 1


def reduction(network: Any) -> int:
    """Return how many pixels of an image one pixel of the encoder's last map stands for, along one axis."""
    return int(network.encoder.output_stride)


def refusal(network: nn.Module, images: int, size_px: tuple[int, int]) -> str | None:
    """Pass images through a network in its present mode; return why that fails, None where it does not."""
    with torch.device("meta"), torch.no_grad():
        try:
            logits = network(torch.zeros(images, 3, *size_px))
        except Exception as error:  # whatever a library's layer says
            return (str(error).splitlines() or [type(error).__name__])[0]
    shape = tuple(logits.shape[-2:])
    return None if shape == size_px else f"gives logits of {shape[0]} x {shape[1]}"


def needs(decoder: str) -> dict[str, int]:
    """Find out what a decoder needs, by passes.

    Parameters
    ----------
    decoder : str
        A known name.

    Returns
    -------
    dict
        ``images``: how many a pass of a training needs. ``reduction``: see `reduction`. ``smallest_px``: the
        smallest side that two images pass with, tried in powers of two from 32 (no smaller size can be set).
    """
    network = build(decoder, EXAMPLES.get(decoder, EXAMPLE))
    large = (LARGE_PX, LARGE_PX)
    smallest_px = 32
    # a network of one fixed size has no smallest
    while decoder not in EXAMPLES and refusal(network, 2, (smallest_px, smallest_px)):
        smallest_px *= 2
        assert smallest_px <= 1024, f"{decoder} takes no size"
    images = 1 if refusal(network, 1, large) is None else 2
    assert refusal(network, images, large) is None, f"{decoder} does not pass {images} images"
    return {"images": images, "reduction": reduction(network), "smallest_px": smallest_px}


def pair(decoder: str, encoder: str) -> int | None:
    """Return the stride of two known names, None where they do not go together."""
    try:
        return stride(build(decoder, encoder))
    except ConfigError:
        return None


def survey() -> dict[str, Any]:
    """Ask the library about every decoder and every pair.

    Returns
    -------
    dict
        ``decoders``: the needs of each. ``groups``: encoders of equal strides, in the order of their first names.
    """
    groups: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for encoder in encoders():
        found = ((decoder, pair(decoder, encoder)) for decoder in decoders())
        groups.setdefault(tuple((name, number) for name, number in found if number is not None), []).append(encoder)
    listed = [{"encoders": names, "strides": dict(strides)} for strides, names in groups.items()]
    return {"decoders": {decoder: needs(decoder) for decoder in decoders()}, "groups": listed}


def differences() -> list[str]:
    """Compare the list with the library: all names, all decoders' needs, and a fixed sample of the pairs."""
    names = {
        "decoders": (networks.known_decoders(), tuple(decoders())),
        "encoders": (networks.known_encoders(), tuple(encoders())),
    }
    found = [
        f"{what}: listed but not in the library: {sorted(set(listed) - set(real))}; missing: "
        f"{sorted(set(real) - set(listed))}"
        for what, (listed, real) in names.items()
        if listed != real
    ]
    if found:
        return found
    listed = json.loads(PATH.read_text(encoding="utf-8"))["decoders"]
    found += [
        f"{name}: listed {listed[name]}, found {real}" for name in listed if (real := needs(name)) != listed[name]
    ]
    pairs = [(decoder, encoder) for encoder in encoders() for decoder in decoders()]
    for decoder, encoder in pairs[::SAMPLE]:
        told, real_stride = networks.stride_of(decoder, encoder), pair(decoder, encoder)
        if told != real_stride:
            found.append(f"{decoder} with {encoder}: listed stride {told}, found {real_stride}")
    return found


class _RealLinspace(TorchFunctionMode):
    """Give evenly spaced numbers even on the meta device: transformers read their rates of dropping paths off them."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call the function, on the CPU if it is that one."""
        return func(*args, **(kwargs or {}) | ({"device": "cpu"} if func is torch.linspace else {}))


def unknown_names(decoder: str, encoder: str) -> list[str]:
    """Return a line for every name that the library does not know."""
    wrong = []
    if decoder not in decoders():
        wrong.append(networks.unknown("decoder", f"a decoder of {networks.LIBRARY}", decoder, decoders()))
    if encoder.startswith("tu-"):
        import timm

        if not timm.is_model(encoder.removeprefix("tu-")):
            known = [f"tu-{model}" for model in timm.list_models()]
            wrong.append(networks.unknown("encoder", "tu- and a model of timm", encoder, known))
    elif encoder not in encoders():
        wrong.append(networks.unknown("encoder", f"an encoder of {networks.LIBRARY}", encoder, encoders()))
    return wrong


def main(arguments: list[str]) -> None:
    """Write the list, or compare it."""
    if arguments == ["--check"]:
        found = differences()
        if found:
            sys.exit("\n".join([*found, f"{PATH.name} is stale; run python -m fdgst.models.catalogue"]))
    elif arguments:
        sys.exit("usage: python -m fdgst.models.catalogue [--check]")
    else:
        PATH.write_text(json.dumps(survey(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
