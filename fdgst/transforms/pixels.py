"""Images as arrays and tensors: what they are, and how a result takes the same shape. Never loads torch by itself."""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from fdgst.core.restyle import Picture
from fdgst.errors import DataError

_KINDS = ("uint8", "uint16", "float16", "float32", "float64")


@dataclass(frozen=True)
class Images:
    """One image or a batch, as a numpy array.

    Attributes
    ----------
    given : ndarray or tensor
        What was given.
    pixels : ndarray of uint8, uint16, float32 or float64
        Shape (B, height, width, C) if `interleaved`, else (B, C, height, width).
    interleaved : bool
    is_batch : bool
        Whether a batch was given.
    """

    given: Any
    pixels: np.ndarray
    interleaved: bool
    is_batch: bool

    def picture(self, number: int) -> Picture:
        """Return one of the images."""
        return Picture(self.pixels[number], interleaved=self.interleaved)

    @property
    def channels(self) -> int:
        """C."""
        return self.pixels.shape[-1 if self.interleaved else 1]

    def restored(self, pixels: np.ndarray, *, leading: tuple[int, ...] = ()) -> Any:
        """Return pixels in the type, on the device and in the shape of what was given, behind `leading` axes."""
        pixels = pixels.reshape(*leading, *self.given.shape)
        if isinstance(self.given, np.ndarray):
            return pixels.astype(self.given.dtype, copy=False)
        torch = sys.modules["torch"]
        return torch.from_numpy(pixels).to(device=self.given.device, dtype=self.given.dtype)


def is_tensor(image: Any) -> bool:
    """Tell a torch tensor from all else."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(image, torch.Tensor)


def images_of(image: Any) -> Images:
    """Read an image or a batch.

    Parameters
    ----------
    image : ndarray or tensor
        ndarray: (height, width, C), a batch (B, height, width, C), or grey (height, width). Tensor: (C, height,
        width), (B, C, height, width), or grey. uint8, uint16 or floating point.

    Raises
    ------
    DataError
        If it is something else.
    """
    tensor = is_tensor(image)
    kind = str(image.dtype).removeprefix("torch.") if tensor or isinstance(image, np.ndarray) else type(image).__name__
    if kind not in _KINDS and not (tensor and kind == "bfloat16"):
        raise DataError(f"image: expected an array or tensor of uint8, uint16 or floating point, found {kind}")
    if image.ndim not in (2, 3, 4):
        raise DataError(f"image: expected 2 to 4 axes, found shape {tuple(image.shape)}")
    if tensor:
        bare = image.detach().as_subclass(sys.modules["torch"].Tensor).cpu()
        pixels = (bare.float() if kind in ("float16", "bfloat16") else bare).numpy()
    else:
        pixels = image.astype(np.float32) if kind == "float16" else image
    if image.ndim == 2:
        pixels = pixels[None] if tensor else pixels[..., None]
    if image.ndim != 4:
        pixels = pixels[None]
    return Images(image, pixels, not tensor, image.ndim == 4)


def flat(image: Any) -> Any:
    """Refuse a volume, which would be taken for a batch; return an image (C, H, W) as it is."""
    if image.ndim != 3:
        raise DataError(f"image: expected an image (C, H, W), found shape {tuple(image.shape)}")
    return image


def white_of(pixels: np.ndarray, white: float) -> float:
    """Return the level of white: of a type of whole numbers the largest, of real numbers `white`."""
    return float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind == "u" else white
