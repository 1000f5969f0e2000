"""A network as an ONNX file, for whoever predicts without torch."""

import copy
import warnings
from pathlib import Path

import torch
from torch import nn

from fdgst.errors import TrainingError
from fdgst.models.deeplab import reason
from fdgst.models.depthwise import ShiftedConv2d

IMAGES, LOGITS = "images", "logits"
OPSET = 18  # of ONNX: resizing as torch does it, known to runtimes since 2023
TRIED = 2  # images that the export runs on: of one alone the number would be taken for fixed


class _Named(nn.Module):
    """A network whose only argument is called `IMAGES`, whatever its own calls it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (B, K, H, W)."""
        return self.network(images)


def export(network: nn.Module, path: Path, *, channels: int, size_px: tuple[int, int]) -> None:
    """Write a network: input `IMAGES`, float32 (B, channels, *size_px) in [-1, 1]; output `LOGITS`, (B, K, *size_px).

    Parameters
    ----------
    network : Module
        In any mode and on any device; it is written in evaluation mode, for any number of images B.
    path : Path
        The file.
    channels, size_px
        Of the images.

    Raises
    ------
    TrainingError
        If the network does what ONNX cannot say.
    """
    named = _Named(_plain(network)).eval()
    device = next(network.parameters()).device
    example = torch.zeros((TRIED, channels, *size_px), device=device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would rather have the exporter that takes 33 s where this one takes 2
        try:
            torch.onnx.export(
                named,
                (example,),
                str(path),
                input_names=[IMAGES],
                output_names=[LOGITS],
                dynamic_axes={IMAGES: {0: "batch"}, LOGITS: {0: "batch"}},
                opset_version=OPSET,
                dynamo=False,
            )
        except OSError:  # a disk that is full is no fault of the network
            raise
        except Exception as error:  # whatever a network of somebody's own cannot be turned into
            raise TrainingError(
                f"{path.name}: this network cannot be written as ONNX ({reason(error)}); bundle it with --no-onnx"
            ) from error


def _plain(network: nn.Module) -> nn.Module:
    """Return a copy whose convolutions are all torch's own: the faster ones write into slices, which no graph holds."""
    copied = copy.deepcopy(network)
    for module in copied.modules():
        if type(module) is ShiftedConv2d:
            module.__class__ = nn.Conv2d  # type: ignore[assignment]
    return copied
