"""All pictures of several files as one long list, kept in memory or read one by one.

A training draws its images by one running number, whatever file they lie in: the pictures of the first file count from
0, those of the second go on from there. A `Pool` is such a list. Files say what they add to it as a `Part`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fdgst.storage.rois import Rois
from fdgst.storage.shards import Shard

BLOCK = 32  # images read at once while loading: a few MiB


@dataclass(frozen=True)
class Part:
    """What one file adds to a pool.

    Attributes
    ----------
    count : int
        Pictures.
    per_content : int
        Pictures that belong to one content image, and are read together: the lambdas of a grid shard, otherwise 1.
    block : callable
        Returns the pictures of the content images `first` to `last - 1`.
    picture : callable
        Returns one picture by its number in the file.
    """

    count: int
    per_content: int
    block: Callable[[int, int], np.ndarray]
    picture: Callable[[int], np.ndarray]


class Pool:
    """Pictures of one shape and type from several files, addressed by one running number.

    Parameters
    ----------
    parts : sequence of Part
    shape : tuple of int
        Of one picture, (H, W, C).
    dtype : numpy dtype
        Of the pictures in the files: unsigned 8 or 16 bits, or floats.
    """

    def __init__(self, parts: Sequence[Part], shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.parts, self.shape = parts, shape
        self.dtype = stored(np.empty(0, dtype)).dtype
        self.bases = np.cumsum([0, *(part.count for part in parts)])
        self._resident: torch.Tensor | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of all pictures in memory."""
        return int(self.bases[-1]) * int(np.prod(self.shape)) * self.dtype.itemsize

    def load(self, device: torch.device) -> None:
        """Read everything into the memory of `device`."""
        pictures = torch.empty((int(self.bases[-1]), *self.shape), dtype=self.dtype, device=device)
        for part, base in zip(self.parts, self.bases, strict=False):
            contents = part.count // part.per_content
            for first in range(0, contents, BLOCK):
                last = min(first + BLOCK, contents)
                block = stored(part.block(first, last)).reshape(-1, *self.shape)
                pictures[base + first * part.per_content : base + last * part.per_content] = block
        self._resident = pictures

    def gather(self, numbers: torch.Tensor) -> torch.Tensor:
        """Return pictures in memory as they are stored, on their device, shape (B, H, W, C)."""
        assert self._resident is not None
        return self._resident[numbers]

    def read(self, numbers: np.ndarray, pinned: bool) -> torch.Tensor:
        """Read pictures from their files into host memory, page-locked if `pinned`, shape (B, H, W, C)."""
        files = np.searchsorted(self.bases, numbers, side="right") - 1
        pictures = [
            self.parts[file].picture(int(number - self.bases[file]))
            for file, number in zip(files, numbers, strict=True)
        ]
        read = stored(np.stack(pictures))
        return read.pin_memory() if pinned else read


def stored(pictures: np.ndarray) -> torch.Tensor:
    """Return pictures as a tensor; 16 bits as signed ones, since torch can select from no others on every device."""
    return torch.from_numpy(pictures.view(np.int16) if pictures.dtype == np.uint16 else pictures)


def grey_levels(pictures: torch.Tensor) -> torch.Tensor:
    """Return stored pictures as float32 grey levels: the inverse of `stored`."""
    return (pictures.int() & 0xFFFF).float() if pictures.dtype == torch.int16 else pictures.float()


def originals(rois: Rois) -> Part:
    """List the training images of a ROI file."""
    rows = rois.indices("train")
    return Part(
        len(rows),
        1,
        lambda first, last: rois.network_images(rows[first:last]),
        lambda number: rois.network_image(int(rows[number])),
    )


def copies(shard: Shard) -> Part:
    """List the pictures of a grid shard, image-major."""
    copies_per_image = shard.lambdas.shape[1]
    return Part(
        len(shard.names) * copies_per_image,
        copies_per_image,
        lambda first, last: shard.images(np.arange(first, last)),
        lambda number: shard.image(*divmod(number, copies_per_image)),
    )


def changes(shard: Shard) -> Part:
    """List the changes of a residual shard."""
    return Part(
        len(shard.names),
        1,
        lambda first, last: shard.residuals(np.arange(first, last)),
        lambda number: shard.residuals(np.array([number]))[0],
    )
