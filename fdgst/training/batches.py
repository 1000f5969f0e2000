"""Which images a step sees, and how they become its batch.

`draw` decides for a whole epoch which images are taken, which of them are replaced by stylised copies, and how each is
enlarged. It is a function of stage, unseen domain, seed and epoch, whatever was drawn before, so that a training that
goes on after an interruption sees what it would have seen. It does not depend on the method either: two rows of the
table see the same contents with the same geometry, and differ by what is stylised. `Batches` then takes one step's
images from memory or from the files, and brings them into the form of a `Batch`.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from typing import Any, Self

import numpy as np
import torch

from fdgst.core.seeding import generator
from fdgst.training.batch import Batch
from fdgst.training.device import use_in_thread
from fdgst.training.geometry import scale_and_crop
from fdgst.training.pool import Pool, grey_levels
from fdgst.training.store import Layout, Store, normalise

AHEAD = 3  # steps read in advance where pixels are not in memory


@dataclass(frozen=True)
class Sampling:
    """How a run draws.

    Attributes
    ----------
    identity : tuple
        What the draws depend on besides the epoch: stage, unseen domain, seed.
    steps, per_source : int
        Steps of an epoch, and images of each source in a step.
    pairs : bool
        First half contents, second half their copies (`per_source` must be even); otherwise each image is a copy with
        probability `Layout.share`, uniform over styles and strengths.
    scale_probability, scale_max : float
        Share of images that are enlarged, and the largest factor.
    """

    identity: tuple[str | int, ...]
    steps: int
    per_source: int
    pairs: bool
    scale_probability: float
    scale_max: float


@dataclass(frozen=True)
class EpochDraws:
    """What the steps of one epoch see; every array is (steps, B, ...).

    Attributes
    ----------
    originals : int
        Number of the content among all originals; gives mask and domain.
    copies : int
        Number of the stylised copy (see `Layout`), -1 for the original itself; of a copy that is made at this step, the
        number of its style image among all originals.
    lambdas : float32
        Strength of the copy, 0 for the original itself.
    factors, offsets : float32, (steps, B, 2)
        Enlargement of height and width, and place of the crop (see `scale_and_crop`).
    """

    originals: Any
    copies: Any
    lambdas: Any
    factors: Any
    offsets: Any


def draw(layout: Layout, sampling: Sampling, epoch: int) -> EpochDraws:
    """Draw one epoch, counted from 0.

    Parameters
    ----------
    layout : Layout
        What there is.
    sampling : Sampling
    epoch : int

    Returns
    -------
    EpochDraws
        Arrays; source after source within a step.
    """
    rng = generator("batches", *sampling.identity, epoch)
    source = np.repeat(np.arange(len(layout.counts)), sampling.per_source)
    shape = (sampling.steps, len(source))
    local = rng.integers(0, np.array(layout.counts)[source], shape)
    stylised, style, strength, enlarged = rng.random((4, *shape))
    factors, offsets = rng.random((2, *shape, 2), dtype=np.float32)
    enlarged = (enlarged < sampling.scale_probability)[..., None]
    factors = np.where(enlarged, 1 + np.float32(sampling.scale_max - 1) * factors, np.float32(1))
    contents = np.cumsum([0, *layout.counts])[source] + local
    if layout.style_domains is None:
        copies, lambdas = _copies(layout, source, local, style, strength)
    else:
        # a generator of its own: whatever their augmentation, rows see the same contents with the same geometry
        image = generator("style image", *sampling.identity, epoch).random(shape)
        copies, lambdas = _styled(layout, source, style, image), _strengths(layout, strength)
    if sampling.pairs:
        half = np.arange(len(source)) % sampling.per_source < sampling.per_source // 2
        drawn = (contents, copies, lambdas, factors, offsets)
        contents, copies, lambdas, factors, offsets = (np.concatenate([part[:, half]] * 2, axis=1) for part in drawn)
        copied = np.arange(contents.shape[1]) >= half.sum()
    else:
        copied = stylised < layout.share
    return EpochDraws(
        contents, np.where(copied, copies, -1), np.where(copied, lambdas, np.float32(0)), factors, offsets
    )


def _copies(
    layout: Layout, source: np.ndarray, local: np.ndarray, style: np.ndarray, strength: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return number (-1 without shards) and lambda of the copy that uniform numbers in [0, 1) point to."""
    styles = layout.shards.shape[1]
    if not styles:
        return np.full_like(local, -1), np.zeros(local.shape, np.float32)
    shard = layout.shards[source, (style * styles).astype(int)]
    copies = layout.bases[shard] + local * layout.copies_per_image + (strength * layout.copies_per_image).astype(int)
    if layout.law is None:
        return copies, layout.lambdas[copies].astype(np.float32)
    return copies, _by_law(layout.law, strength)  # ASSUME: an augmentation with a law draws anew at load time


def _styled(layout: Layout, source: np.ndarray, style: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Return the numbers of the style images that uniform numbers in [0, 1) point to: a domain, an image of it."""
    assert layout.style_domains is not None
    domain = layout.style_domains[source, (style * layout.style_domains.shape[1]).astype(int)]
    counts = np.array(layout.counts)
    return np.cumsum([0, *counts])[domain] + (image * counts[domain]).astype(int)


def _strengths(layout: Layout, strength: np.ndarray) -> np.ndarray:
    """Return the lambdas of copies that are made at their step: of the grid, or by the law."""
    if layout.law is None:
        return layout.lambdas[(strength * len(layout.lambdas)).astype(int)].astype(np.float32)
    return _by_law(layout.law, strength)


def _by_law(law: tuple[float, float], strength: np.ndarray) -> np.ndarray:
    """Return lambdas in (low, high]: 0 would be the original again."""
    low, high = law
    return (high - (high - low) * strength).astype(np.float32)


class Batches:
    """Makes the batch of any step, on the store's device.

    Parameters
    ----------
    store : Store
    sampling : Sampling
    """

    def __init__(self, store: Store, sampling: Sampling) -> None:
        self.store, self.sampling = store, sampling
        # of two epochs, since the prefetching thread is ahead of the step
        self._drawn = lru_cache(maxsize=2)(partial(draw, store.layout, sampling))
        self._epoch: tuple[int, EpochDraws] | None = None
        self._reader = ThreadPoolExecutor(
            1, thread_name_prefix="prefetch", initializer=use_in_thread, initargs=(store.device,)
        )
        self._ahead: dict[int, Future[tuple[torch.Tensor, torch.Tensor | None]]] = {}

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Stop the prefetching thread."""
        self._reader.shutdown(cancel_futures=True)

    def __call__(self, step: int) -> Batch:
        """Return the batch of a step, counted from 0; no per-image Python where pixels are in memory."""
        epoch, within = divmod(step, self.sampling.steps)
        draws = self._draws(epoch)
        originals, copies = draws.originals[within], draws.copies[within]
        pixels, changes = self._pixels(originals, copies) if self.store.resident else self._fetch(step)
        images = grey_levels(pixels).permute(0, 3, 1, 2)  # a view: channels-last already
        if self.store.stylist is not None:
            others = None if changes is None else grey_levels(changes).permute(0, 3, 1, 2)
            images = self.store.stylist(images, originals, copies.clamp(min=0), draws.lambdas[within], others)
        elif changes is not None:
            lam = draws.lambdas[within][:, None, None, None]
            images = (images + lam * changes.permute(0, 3, 1, 2)).round_().clamp_(0, self.store.white)
        bits = self.store.bits[originals].float()  # at most 8: exact
        images, bits = scale_and_crop(images, bits, factors=draws.factors[within], offsets=draws.offsets[within])
        return Batch(
            images=normalise(images, self.store.white).contiguous(memory_format=torch.channels_last),
            masks=planes(bits, len(self.store.structures)),
            domains=self.store.domain_of[originals],
            step=step,
            epoch=epoch,
        )

    def _draws(self, epoch: int) -> EpochDraws:
        """Return an epoch's draws as tensors on the device: one transfer per epoch, none per step."""
        if self._epoch is None or self._epoch[0] != epoch:
            draws = self._drawn(epoch)
            tensors = {
                item.name: torch.from_numpy(getattr(draws, item.name)).to(self.store.device) for item in fields(draws)
            }
            self._epoch = epoch, EpochDraws(**tensors)
        return self._epoch[1]

    def _numbers(self, originals: Any, copies: Any) -> tuple[Any, Any]:
        """Translate contents and copies, arrays or tensors, into numbers of pictures and of changes or styles."""
        layout = self.store.layout
        if layout.style_domains is not None:
            return originals, copies.clip(0)
        if layout.residual:
            return originals, copies.clip(0) // layout.copies_per_image
        copied = copies >= 0
        return originals * ~copied + (copies + sum(layout.counts)) * copied, None

    def _pixels(self, originals: torch.Tensor, copies: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Gather a step's pixels from memory."""
        pictures, others = self._numbers(originals, copies)
        pool = self._others
        return self.store.pictures.gather(pictures), pool.gather(others) if pool else None

    def _read(self, step: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Read a step's pixels from the files (in the prefetching thread, the only one that touches them)."""
        epoch, within = divmod(step, self.sampling.steps)
        draws, pool = self._drawn(epoch), self._others
        pictures, others = self._numbers(draws.originals[within], draws.copies[within])
        pinned = self.store.device.type == "cuda"  # the copy to the GPU then waits for nobody
        return self.store.pictures.read(pictures, pinned), pool.read(others, pinned) if pool else None

    @property
    def _others(self) -> Pool | None:
        """Where a step's pixels besides its pictures come from: changes, or the originals as styles; None: nowhere."""
        if self.store.stylist is not None and self.store.stylist.reads_styles:
            return self.store.pictures
        return self.store.changes

    def _fetch(self, step: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Take a step's pixels from the prefetching thread, and ask it for the steps to come."""
        for ahead in range(step, step + AHEAD):
            if ahead not in self._ahead:
                self._ahead[ahead] = self._reader.submit(self._read, ahead)
        pixels, changes = self._ahead.pop(step).result()
        self._ahead = {number: future for number, future in self._ahead.items() if number > step}
        device = self.store.device
        return pixels.to(device, non_blocking=True), None if changes is None else changes.to(device, non_blocking=True)


def planes(bits: torch.Tensor, count: int) -> torch.Tensor:
    """Turn bits of masks, (B, H, W), into one plane of 0 and 1 per structure, float32 (B, K, H, W)."""
    places = torch.arange(count, device=bits.device).view(-1, 1, 1)
    return ((bits.int()[:, None] >> places) & 1).float()
