"""Shards as a torch dataset, for people who train with their own code."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from fdgst.core.mixing import mix
from fdgst.core.seeding import generator
from fdgst.errors import ConfigError
from fdgst.storage.format import digest
from fdgst.storage.rois import Rois, open_rois
from fdgst.storage.shards import Shard, open_shard


class ShardDataset(Dataset):
    """Stylised pictures of some shards of one augmentation, shard after shard, image-major, then lambda.

    Items are dictionaries: `image` (C, H, W) in grey levels, uint8, or int32 for images of 16 bits; `mask` uint8
    (H, W), whose bit k is set where structure k is, so that ``mask >> k & 1`` is its plane; `lambda` float; and the
    texts `name`, `style`, `content_domain` and `style_domain`. Both encodings give the same pictures, within one grey
    level. Files are opened when first read, in each worker process anew.

    Parameters
    ----------
    shards : sequence of Path or str
    rois : sequence of Path or str
        ROI files of the content domains: a residual shard needs them, for its images; a grid shard does not.
    law : (float, float) or None
        Residual shards only: draw lambda uniformly in (low, high] for each item and epoch (`set_epoch`) instead of
        taking the file's.
    seed : int
        Of these draws.

    Raises
    ------
    ConfigError
        If a residual shard lacks the ROI file that it was made from, or a law is given for a grid; one line per fault.
    FormatError
        If a file is missing, damaged or of another kind.

    Examples
    --------
    >>> dataset = ShardDataset(["results/shards/fdg/domain1/domain2.h5"], rois=[], law=None, seed=0)  # doctest: +SKIP
    >>> loader = torch.utils.data.DataLoader(dataset, batch_size=16, shuffle=True, num_workers=2)  # doctest: +SKIP
    """

    def __init__(
        self,
        shards: Sequence[Path | str],
        *,
        rois: Sequence[Path | str] = (),
        law: tuple[float, float] | None = None,
        seed: int = 0,
    ) -> None:
        self._paths = [Path(path) for path in shards]
        self._law, self._seed, self._epoch = law, seed, 0
        self._files = _Files()
        of_domain = {_domain(Path(path)): Path(path) for path in rois}
        self._shapes: list[tuple[int, ...]] = []
        self._rois: list[Path | None] = []
        faults: list[str] = []
        for path in self._paths:
            with open_shard(path) as shard:
                self._shapes.append(shard.lambdas.shape)
                self._rois.append(of_domain.get(shard.content_domain))
                faults += _faults(shard, self._rois[-1], law)
        if faults:
            raise ConfigError(*faults)
        self._bases = np.cumsum([0, *(contents * copies for contents, copies in self._shapes)])

    def __len__(self) -> int:
        """Return the number of pictures."""
        return int(self._bases[-1])

    def set_epoch(self, epoch: int) -> None:
        """Draw other lambdas from now on, where they are drawn (before the loader starts its workers)."""
        self._epoch = epoch

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Read one picture and its mask."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"picture {index} of {len(self)}")
        number, content, copy = self._place(index % len(self))
        shard = self._shard(number)
        lam = self._strength(shard, content, copy)
        image = shard.image(content, copy) if shard.encoding == "grid" else self._mixed(number, content, lam)
        return {
            "image": torch.from_numpy(image if shard.white == 255 else image.astype(np.int32))
            .permute(2, 0, 1)
            .contiguous(),
            "mask": torch.from_numpy(shard.bits(np.array([content]))[0]),
            "lambda": lam,
            "name": shard.names[content],
            "style": shard.styles[content],
            "content_domain": shard.content_domain,
            "style_domain": shard.style_domain,
        }

    def _place(self, index: int) -> tuple[int, int, int]:
        """Return shard, content and copy of a picture."""
        number = int(np.searchsorted(self._bases, index, side="right")) - 1
        content, copy = divmod(int(index - self._bases[number]), self._shapes[number][1])
        return number, content, copy

    def _strength(self, shard: Shard, content: int, copy: int) -> float:
        """Return the file's lambda, or draw one from the identity of what it is for."""
        if self._law is None:
            return float(shard.lambdas[content, copy])
        low, high = self._law
        who = (shard.content_domain, shard.style_domain, shard.names[content], copy)
        return high - (high - low) * float(generator("residual", self._seed, self._epoch, *who).random())

    def _mixed(self, number: int, content: int, lam: float) -> np.ndarray:
        """Add the scaled change of a residual shard to its image."""
        rois = self._roi_file(number)
        x = rois.network_image(int(rois.indices("train")[content]))
        shard = self._shard(number)
        d = shard.residuals(np.array([content]))[0].astype(np.float32)
        out = np.empty((1, *x.shape), x.dtype)
        mix(x, d, np.array([lam]), out, white=shard.white)
        return out[0]

    def _shard(self, number: int) -> Shard:
        """Return a shard that this process has opened."""
        return self._files.opened(self._paths[number], open_shard)

    def _roi_file(self, number: int) -> Rois:
        """Return a shard's ROI file, opened by this process."""
        path = self._rois[number]
        assert path is not None  # see `_faults`
        return self._files.opened(path, open_rois)


class _Files:
    """Open files, opened anew in every process: HDF5 handles are not to be shared."""

    def __init__(self) -> None:
        self._stack, self._open, self._owner = ExitStack(), dict[Path, Any](), os.getpid()

    def opened(self, path: Path, opener: Callable[[Path], Any]) -> Any:
        """Return the file that a context manager opens, which stays open as long as this object."""
        if self._owner != os.getpid():  # forked
            self._stack, self._open, self._owner = ExitStack(), {}, os.getpid()
        if path not in self._open:
            self._open[path] = self._stack.enter_context(opener(path))
        return self._open[path]

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the files behind when sent to a spawned process."""
        return (_Files, ())


def _domain(path: Path) -> str:
    """Return the domain of a ROI file."""
    with open_rois(path) as rois:
        return rois.domain


def _faults(shard: Shard, rois: Path | None, law: tuple[float, float] | None) -> list[str]:
    """List why a shard cannot be read this way."""
    if shard.encoding == "grid":
        return [] if law is None else [f"{shard.path}: a law of lambda needs residual shards, this one is a grid"]
    if rois is None:
        return [f"{shard.path}: a residual shard needs the ROI file of {shard.content_domain}; name it in rois"]
    made_from, found = shard.made_from, digest(rois)
    if made_from != found:
        expected = f"expected the ROI file {made_from[:12]}... that {shard.path} was made from"
        return [f"{rois}: {expected}, found {found[:12]}...; run snakemake again"]
    return []
