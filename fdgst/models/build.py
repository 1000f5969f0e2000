"""The network that a configuration names: a library's, or one of the user's own."""

from torch import nn

from fdgst.models import deeplab
from fdgst.models.own import build_own, check_logits
from fdgst.study.training import Training


def build_network(
    settings: Training, *, channels: int, structures: int, seed: int, size_px: tuple[int, int]
) -> nn.Module:
    """Make a network with its first weights.

    Parameters
    ----------
    settings : Training
        ``network``: ``package.module:Name``; None: the library's, by the keys of `fdgst.models.deeplab`.
    channels, structures : int
        Of the images, and of the task: planes that go in and planes that come out.
    seed : int
        Equal seeds give equal weights; the global generator is left as it was.
    size_px : (int, int)
        Height and width of the images: a network of the user's own is tried on two of them.

    Returns
    -------
    Module
        float32, on the CPU, in training mode: images (B, channels, H, W) in [-1, 1] to logits (B, structures, H, W).

    Raises
    ------
    ConfigError
        If it cannot be made, or its logits are of another shape.
    TrainingError
        If first weights cannot be had.
    """
    if settings.network is None:
        return deeplab.build_network(settings, channels=channels, structures=structures, seed=seed)
    network = build_own(settings.network, channels=channels, structures=structures, seed=seed)
    check_logits(network, called=settings.network, channels=channels, structures=structures, size_px=size_px)
    return network


def rebuild_network(settings: Training, *, channels: int, structures: int) -> nn.Module:
    """Make the network of `settings` for weights that are about to be loaded: nothing is fetched or read."""
    if settings.network is None:
        return deeplab.rebuild_network(settings, channels=channels, structures=structures)
    return build_own(settings.network, channels=channels, structures=structures, seed=0)
