"""Planes of pixels from several files, addressed by one running number; in memory as a whole, or read one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fdgst.storage.rois import Rois
from fdgst.storage.shards import Shard

BLOCK = 32  # images read at once while loading: a few MiB


@dataclass(frozen=True)
class Part:
    """A run of planes of one file: how many, and how to read contents `a` to `b` or one plane."""

    count: int
    per_content: int
    block: Callable[[int, int], np.ndarray]
    plane: Callable[[int], np.ndarray]


class Pool:
    """Planes of equal shape from several files, addressed by one running number.

    Parameters
    ----------
    parts : sequence of Part
    shape : tuple of int
        Of one plane, (S, S, 3).
    dtype : torch.dtype
        Of the planes in memory.
    """

    def __init__(self, parts: Sequence[Part], shape: tuple[int, ...], dtype: torch.dtype) -> None:
        self.parts, self.shape, self.dtype = parts, shape, dtype
        self.bases = np.cumsum([0, *(part.count for part in parts)])
        self._resident: torch.Tensor | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of all planes in memory."""
        return int(self.bases[-1]) * int(np.prod(self.shape)) * self.dtype.itemsize

    def load(self, device: torch.device) -> None:
        """Read everything into the memory of `device`."""
        planes = torch.empty((int(self.bases[-1]), *self.shape), dtype=self.dtype, device=device)
        for part, base in zip(self.parts, self.bases, strict=False):
            contents = part.count // part.per_content
            for first in range(0, contents, BLOCK):
                last = min(first + BLOCK, contents)
                block = torch.from_numpy(part.block(first, last)).reshape(-1, *self.shape)
                planes[base + first * part.per_content : base + last * part.per_content] = block
        self._resident = planes

    def gather(self, numbers: torch.Tensor) -> torch.Tensor:
        """Return resident planes on their device, shape (B, S, S, 3)."""
        assert self._resident is not None
        return self._resident[numbers]

    def read(self, numbers: np.ndarray, pinned: bool) -> torch.Tensor:
        """Read planes from their files into host memory, page-locked if `pinned`, shape (B, S, S, 3)."""
        of = np.searchsorted(self.bases, numbers, side="right") - 1
        planes = [
            self.parts[part].plane(int(number - self.bases[part])) for part, number in zip(of, numbers, strict=True)
        ]
        read = torch.from_numpy(np.stack(planes)).to(self.dtype)
        return read.pin_memory() if pinned else read


def originals(rois: Rois) -> Part:
    """List the training images of a ROI file."""
    rows = rois.indices("train")
    return Part(len(rows), 1, lambda a, b: rois.network_images(rows[a:b]), lambda i: rois.network_image(int(rows[i])))


def copies(shard: Shard) -> Part:
    """List the pictures of a grid shard, image-major."""
    strengths = shard.lambdas.shape[1]
    count = len(shard.names) * strengths
    return Part(
        count, strengths, lambda a, b: shard.images(np.arange(a, b)), lambda i: shard.image(*divmod(i, strengths))
    )


def changes(shard: Shard) -> Part:
    """List the changes of a residual shard."""
    return Part(
        len(shard.names),
        1,
        lambda a, b: shard.residuals(np.arange(a, b)),
        lambda i: shard.residuals(np.arange(i, i + 1))[0],
    )
