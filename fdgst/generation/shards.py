"""Making shards: one pass over a content domain's training images, one image in memory at a time."""

from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.core.controls import contrast_residual, jittered
from fdgst.core.mixing import clipped_share, mix, statistics
from fdgst.core.sheets import contact_sheet
from fdgst.errors import ConfigError
from fdgst.generation.changes import FourierChange, Parts
from fdgst.generation.draws import ShardDraws
from fdgst.generation.threads import in_order, steady
from fdgst.progress import progress
from fdgst.storage.banks import Bank, open_bank
from fdgst.storage.format import digest
from fdgst.storage.rois import Rois, open_rois
from fdgst.storage.shards import STATISTICS, Plan, create_shard
from fdgst.study.augmentations import Augmentation

PREVIEW_ROWS, PREVIEW_PX = 3, 96


@dataclass(frozen=True)
class ShardInputs:
    """The files that a shard is made from.

    Attributes
    ----------
    content : Path
        ROI file of the content domain.
    style_bank : Path or None
        Dense or soft bank of the style domain; None for the controls, which have no style.
    content_bank : Path or None
        Soft bank of the content domain: spares a soft-thresholded shard the transforms of its contents.
    """

    content: Path
    style_bank: Path | None
    content_bank: Path | None


def make_shard(
    inputs: ShardInputs, out: Path, *, augmentation: Augmentation, seed: int, compression: str, jobs: int
) -> None:
    """Write the stylised copies of one domain's training images in the style of another.

    Parameters
    ----------
    inputs : ShardInputs
    out : Path
        The shard.
    augmentation : Augmentation
    seed : int
        The configuration's `generation.seed`.
    compression : {'none', 'gzip'}
    jobs : int
        Threads of arithmetic, besides one that reads and one that writes; no byte depends on their number.

    Raises
    ------
    ConfigError
        If the files do not belong to the augmentation or to each other; one line per fault.
    FormatError
        If a file is missing or damaged.
    """
    if (inputs.style_bank is None) == (augmentation.kind == "fourier"):
        need = "a" if augmentation.kind == "fourier" else "no"
        raise ConfigError(
            f"augmentation {augmentation.id}: expected {need} style bank: its kind is {augmentation.kind}"
        )
    with ExitStack() as stack:
        stack.enter_context(steady())
        rois = stack.enter_context(open_rois(inputs.content))
        style_bank, content_bank = (
            stack.enter_context(open_bank(path)) if path else None for path in (inputs.style_bank, inputs.content_bank)
        )
        maker = _ShardMaker(rois, style_bank, content_bank, augmentation, seed)
        settings = _settings(inputs, maker)
        with create_shard(out, maker.plan(compression), settings=settings) as shard:
            preview: list[list[np.ndarray]] = []
            description = f"shard {maker.draws.content_domain} like {maker.draws.style_domain}"
            read = stack.enter_context(closing(in_order(maker.read, range(len(maker.names)), jobs=1)))
            made = stack.enter_context(closing(in_order(maker, read, jobs=jobs if jobs > 1 else 0)))
            for copies in progress(made, total=len(maker.names), description=description, unit="image"):
                shard.add(copies.pixels, copies.bits, copies.statistics)
                if copies.pictures is not None:
                    preview.append([copies.x, *copies.pictures])
            shard.close(contact_sheet(preview, tile_px=PREVIEW_PX))


@dataclass(frozen=True)
class Original:
    """What is read for one content image: its number, itself and its masks at network size, and what its d needs."""

    number: int
    x: np.ndarray
    bits: np.ndarray
    parts: Parts | None


@dataclass(frozen=True)
class Copies:
    """What one content image gives: itself, what the shard stores, its numbers, and the first ones' pictures."""

    x: np.ndarray
    bits: np.ndarray
    pixels: np.ndarray
    statistics: dict[str, np.ndarray]
    pictures: np.ndarray | None


class _ShardMaker:
    """Everything about a shard but its file; called with what is read for a content image, it makes its copies."""

    def __init__(
        self, rois: Rois, style_bank: Bank | None, content_bank: Bank | None, augmentation: Augmentation, seed: int
    ) -> None:
        self.rois, self.augmentation = rois, augmentation
        self._rows = [int(row) for row in rois.indices("train")]
        self.names = [rois.names[row] for row in self._rows]
        self.draws = ShardDraws(seed, rois.domain, style_bank.domain if style_bank else rois.domain)
        self._style_names = style_bank.names if style_bank else self.names
        self._styles = list(range(len(self.names)))  # a control keeps its own style
        self._change: FourierChange | None = None
        if style_bank:
            self._styles = [self.draws.style(name, len(style_bank.names)) for name in self.names]
            self._change = FourierChange(rois, style_bank, content_bank, augmentation)
        self._lambdas = np.array([self.draws.lambdas(name, augmentation) for name in self.names])

    def plan(self, compression: str) -> Plan:
        """Return what the shard will hold."""
        return Plan(
            names=self.names,
            styles=[self._style_names[style] for style in self._styles],
            lambdas=self._lambdas,
            size_px=self.rois.network_size_px,
            channels=self.rois.channels,
            white=self.rois.white,
            encoding=self.augmentation.encoding,
            compression=compression,
            attributes={
                "augmentation": self.augmentation.id,
                "window": self.augmentation.window,
                "alpha": self.augmentation.alpha,
                "seed": self.draws.seed,
                "content_domain": self.draws.content_domain,
                "style_domain": self.draws.style_domain,
            },
        )

    def read(self, number: int) -> Original:
        """Read what the copies of one content image need."""
        row, parts = self._rows[number], None
        if self._change is not None:
            parts = self._change.read(number, self._styles[number])
        return Original(number, self.rois.network_image(row), self.rois.network_bits(row), parts)

    def __call__(self, content: Original) -> Copies:
        """Make the copies of one content image; in any thread."""
        x, lambdas = content.x, self._lambdas[content.number]
        if self.augmentation.kind == "jitter":
            pixels = np.empty((len(lambdas), *x.shape), x.dtype)
            numbers = self._jitter(content.number, x, pixels)
        else:
            pixels, numbers = self._scaled(x, self._d(content), lambdas)
        pictures = None
        if content.number < PREVIEW_ROWS:
            pictures = pixels if self.augmentation.encoding == "grid" else self._mixed(x, pixels, lambdas)[0]
        return Copies(x, content.bits, pixels, dict(zip(STATISTICS, numbers, strict=True)), pictures)

    def _d(self, content: Original) -> np.ndarray:
        """Return the change of one content image."""
        if self._change is None or content.parts is None:
            return contrast_residual(content.x)
        return self._change(content.parts, content.x)

    def _scaled(self, x: np.ndarray, d: np.ndarray, lambdas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what the shard stores of one image, and `STATISTICS`, shape (4, L)."""
        white = self.rois.white
        if self.augmentation.encoding == "grid":
            pixels, clipped = self._mixed(x, d, lambdas)
        else:
            pixels, clipped = d, clipped_share(x, d, lambdas, white=white)
        return pixels, np.stack([clipped, *statistics(x, d, lambdas, white=white)])

    def _jitter(self, content: int, x: np.ndarray, pictures: np.ndarray) -> np.ndarray:
        """Write the jittered copies of one image, each with its own change; return their statistics."""
        lambdas = self._lambdas[content]
        directions = self.draws.directions(self.names[content], len(lambdas))
        numbers = []
        for lam, direction, picture in zip(lambdas, directions, pictures, strict=True):
            (picture[...],), own = self._scaled(x, jittered(x, strength=lam, directions=direction) - x, np.ones(1))
            numbers.append(own)
        return np.concatenate(numbers, axis=1)

    def _mixed(self, x: np.ndarray, d: np.ndarray, lambdas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the pictures of one image at every lambda, and the share of clipped values in each."""
        pictures = np.empty((len(lambdas), *x.shape), x.dtype)
        return pictures, mix(x, d, lambdas, pictures, white=self.rois.white)


def _settings(inputs: ShardInputs, maker: _ShardMaker) -> dict[str, Any]:
    """Return what made the shard: the augmentation, the seed, and the inputs by domain and content."""
    augmentation = maker.augmentation.model_dump(mode="json")
    files = {"content": inputs.content, "style_bank": inputs.style_bank, "content_bank": inputs.content_bank}
    return {
        "augmentation": augmentation.pop("id"),
        "lambdas": augmentation.pop("lambda_"),
        **augmentation,
        "seed": maker.draws.seed,
        "content_domain": maker.draws.content_domain,
        "style_domain": maker.draws.style_domain,
        "inputs": {name: digest(path) for name, path in files.items() if path},
    }
