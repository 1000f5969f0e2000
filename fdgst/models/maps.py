"""Looking into a network: the decoder's last map beside the logits, in one pass."""

import torch
from torch import nn

from fdgst.errors import ConfigError


class WithMap(nn.Module):
    """Return a network's logits together with what its segmentation head was given.

    Parameters
    ----------
    network : Module
        With a ``segmentation_head``, as all of segmentation-models-pytorch have; not copied.

    Raises
    ------
    ConfigError
        If it has none.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        head = getattr(network, "segmentation_head", None)
        if not isinstance(head, nn.Module):
            raise ConfigError(f"{type(network).__name__} has no segmentation_head to take the decoder's last map from")
        self.network = network
        self._given: torch.Tensor | None = None
        head.register_forward_pre_hook(self._keep)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits (B, K, H, W) and the map (B, channels, height, width)."""
        logits = self.network(images)
        given, self._given = self._given, None
        assert given is not None
        return logits, given

    def _keep(self, head: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        """Note what the head is given."""
        self._given = inputs[0]
