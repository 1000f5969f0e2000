"""The training images of a run, ready to be drawn from: originals and stylised copies, and the originals' masks.

A `Store` opens the files of a run, refuses what does not belong together, and keeps all pixels in (GPU) memory if they
fit; otherwise they stay in the files and are read when they are drawn. Its `layout` says what there is, in numbers
that `fdgst.training.batches` draws from.

All pictures have one running number: the originals of the first source, of the second, ..., then the copies of the
first shard (image-major, then lambda), of the second, ... A copy has the mask and the domain of its original.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from fdgst.errors import ConfigError, DataError
from fdgst.storage.banks import Bank, open_bank
from fdgst.storage.format import digest
from fdgst.storage.rois import Rois, open_rois
from fdgst.storage.shards import Shard, open_shard
from fdgst.study.augmentations import Augmentation
from fdgst.study.slices import Live
from fdgst.training.device import free_gib
from fdgst.training.identity import TrainingRun
from fdgst.training.live import Banked, Contrast, Spectra, Stylising, thresholds_of
from fdgst.training.pool import Pool, changes, copies, grey_levels, originals

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Layout:
    """What there is to draw from.

    Copies have a running number of their own: shard after shard, image-major, then lambda.

    Attributes
    ----------
    counts : tuple of int
        Training images of each source domain.
    shards : ndarray of int, shape (sources, styles)
        Numbers of the shards of each source's stylised copies; no column without augmentation.
    bases : ndarray of int, shape (shards,)
        Number of each shard's first copy.
    copies_per_image : int
        Of one shard, L: its lambdas.
    lambdas : ndarray of float, shape (copies,)
        Strength of each copy.
    law : (low, high) or None
        Residual shards of an augmentation that draws its lambdas: uniform in (low, high], drawn anew for every image
        of every step. None: the copies' own strengths are taken, so that both encodings train alike.
    styles : int
        Style domains that the shards stand for, K: the scripts list so many copies of each image; 0 without shards.
    residual : bool
        Whether shards hold one change per image, scaled by lambda, instead of one picture per lambda.
    style_domains : ndarray of int, shape (sources, styles), or None
        Copies are made at every step: the domains that lend each source their style; there are no shards, `lambdas` is
        the grid that strengths are taken from, and the number of a copy is that of its style image among the originals.
    """

    counts: tuple[int, ...]
    shards: np.ndarray
    bases: np.ndarray
    copies_per_image: int
    lambdas: np.ndarray
    law: tuple[float, float] | None
    styles: int
    residual: bool
    style_domains: np.ndarray | None = None

    @property
    def share(self) -> float:
        """Probability that a drawn image is a copy, K / (K + 1)."""
        return self.styles / (self.styles + 1)


class Store:
    """The open files of a run.

    Parameters
    ----------
    run : TrainingRun
    device : torch.device
        Where batches are wanted.
    resident_gib : float
        Up to this size, pixels are kept in the memory of `device`, if so much of it is free.

    Attributes
    ----------
    layout : Layout
    domains : list of str
        The sources, in order.
    structures : tuple of str
        Ids of the planes of a mask, in order.
    size_px : tuple of int
        Height and width of what the network sees.
    channels, white : int
        Of the images, and their largest grey level.
    bits : tensor of uint8, shape (originals, H, W)
        Masks of the originals, bit k set where structure k is.
    domain_of : tensor of int64, shape (originals,)
        Place of each original's domain among the sources.
    resident : bool
        Whether pixels are kept in memory.
    stylist : Stylising or None
        What makes a step's copies where there are no shards.

    Raises
    ------
    ConfigError
        If the unseen domain is among the inputs, or the files do not belong together; one line per fault.
    FormatError
        If a file is damaged or of another kind.
    """

    def __init__(self, run: TrainingRun, device: torch.device, resident_gib: float) -> None:
        self.device = device
        with ExitStack() as stack:
            self.rois = [stack.enter_context(open_rois(path)) for path in run.rois]
            self.shards = [stack.enter_context(open_shard(path)) for path in run.shards]
            check(run, self.rois, self.shards)
            self.layout = _layout(self.rois, self.shards) if run.live is None else _live_layout(self.rois, run.live)
            first = self.rois[0]
            self.size_px, self.channels, self.white = first.network_size_px, first.channels, first.white
            self.structures = first.structures
            self.domains = [rois.domain for rois in self.rois]
            self._load(resident_gib)
            self.stylist = self._stylist(run.live, run.banks) if run.live else None
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Close the files."""
        self._stack.close()  # a fault of a file has its name already

    def _load(self, resident_gib: float) -> None:
        """Read masks, and pixels if they fit."""
        shape, residual = (*self.size_px, self.channels), self.layout.residual
        grey, change = (np.dtype(kind) for kind in (("u1", "f2") if self.white == 255 else ("u2", "f4")))
        pictures = [*map(originals, self.rois), *([] if residual else map(copies, self.shards))]
        self.pictures = Pool(pictures, shape, grey)
        self.changes = Pool([changes(shard) for shard in self.shards], shape, change) if residual else None
        bits = np.concatenate([rois.network_bits(rois.indices("train")) for rois in self.rois])
        self.bits = torch.from_numpy(bits).to(self.device)
        counts = torch.tensor(self.layout.counts, device=self.device)
        self.domain_of = torch.repeat_interleave(torch.arange(len(counts), device=self.device), counts)
        pools = [self.pictures, *([self.changes] if self.changes else [])]
        gib = sum(pool.nbytes for pool in pools) / 2**30
        free = free_gib(self.device)
        self.resident = gib <= min(resident_gib, free)
        where = f"kept in memory ({self.device.type})" if self.resident else "read by chunk"
        allowed = f"resident_gib {resident_gib:g}, {free:.2f} GiB free for them"
        log.info("%d pictures, %.2f GiB (%s): %s", self.pictures.bases[-1], gib, allowed, where)
        for pool in pools if self.resident else []:
            pool.load(self.device)

    def _stylist(self, live: Live, banks: Sequence[Path]) -> Stylising:
        """Make what stylises at every step."""
        item = live.augmentation
        if item.kind == "contrast":
            return Contrast(white=self.white)
        if item.needs_banks:
            return Banked(banks, size_px=self.size_px, white=self.white, device=self.device)
        count = sum(self.layout.counts)
        found = thresholds_of(
            lambda numbers: grey_levels(self.pictures.read(numbers, False)).numpy(), count, item.alpha
        )
        thresholds = None if found is None else torch.from_numpy(found).to(self.device)
        return Spectra(item, size_px=self.size_px, white=self.white, thresholds=thresholds, device=self.device)

    def originals(self, source: int, batch: int) -> Iterator[torch.Tensor]:
        """Yield the training images of one source in order, as a network sees them: (<= batch, C, H, W) in [-1, 1]."""
        first, count = int(self.pictures.bases[source]), self.layout.counts[source]
        for start in range(0, count, batch):
            numbers = np.arange(first + start, first + min(start + batch, count))
            images = grey_levels(self.pictures.read(numbers, False).to(self.device))
            yield normalise(images.permute(0, 3, 1, 2), self.white)


def normalise(images: torch.Tensor, white: int) -> torch.Tensor:
    """Bring grey levels to [-1, 1], in place: x / (white / 2) - 1."""
    return images.div_(white / 2).sub_(1)


def check(run: TrainingRun, rois: Sequence[Rois], shards: Sequence[Shard]) -> None:
    """Raise ConfigError unless the files of a run belong together and to it; one line per fault."""
    domains = [file.domain for file in rois]
    faults: list[str] = []
    if run.is_upper_bound and domains != [run.unseen]:
        faults.append(
            f"{run}: trainer {run.trainer} takes the ROI file of {run.unseen} alone, found {', '.join(domains)}"
        )
    files: list[Rois | Shard] = [*rois, *shards]
    for path, file in zip((*run.rois, *run.shards), files, strict=True):
        faults += _faults(path, file, run, rois, domains)
    if len(set(domains)) < len(domains):
        faults.append(f"{run}: expected one ROI file per domain, found {', '.join(domains)}")
    faults = faults or [*_misfits(run, shards, domains), *_bank_faults(run, rois)]
    if faults:
        raise ConfigError(*faults)


def _misfits(run: TrainingRun, shards: Sequence[Shard], domains: Sequence[str]) -> list[str]:
    """List why shards that are each in order make no set."""
    faults = []
    kinds = sorted({f"{shard.augmentation} ({shard.encoding}, {shard.lambdas.shape[1]} lambdas)" for shard in shards})
    if len(kinds) > 1:
        faults.append(f"{run}: expected shards of one augmentation, found {', '.join(kinds)}")
    pairs = Counter((shard.content_domain, shard.style_domain) for shard in shards)
    twice = [f"{content} in the style of {style}" for (content, style), count in pairs.items() if count > 1]
    if twice and not faults:
        faults.append(f"{run}: expected one shard per pair of domains, found more of {', '.join(twice)}")
    per_source = {sum(content == domain for content, _ in pairs) for domain in domains}
    if len(per_source) > 1 and not faults:
        faults.append(f"{run}: expected equally many shards of every source domain, found {sorted(per_source)}")
    return faults


def _bank_faults(run: TrainingRun, rois: Sequence[Rois]) -> list[str]:
    """List why the banks of a run are not those of its sources, one for each in their order."""
    item = run.live.augmentation if run.live else None
    needed = item is not None and item.needs_banks
    if len(run.banks) != len(rois) * needed:
        return [f"{run}: expected {len(rois) * needed} banks, found {len(run.banks)}"]
    faults = []
    for path, roi_path, file in zip(run.banks, run.rois, rois, strict=bool(run.banks)):
        with open_bank(path) as bank:
            if bank.domain == run.unseen:
                faults.append(f"{path}: holds images of {run.unseen}, which is unseen in this run")
            elif bank.domain != file.domain:
                faults.append(f"{path}: expected the bank of {file.domain}, found that of {bank.domain}")
            elif bank.settings.get("rois") != digest(roi_path):
                faults.append(f"{path}: not made from the ROI file of {file.domain}; run snakemake to make it again")
            else:
                faults += _misfit(path, bank, item) if item else []
    return faults


def _misfit(path: Path, bank: Bank, item: Augmentation) -> list[str]:
    """Say why a source's bank cannot serve an augmentation; at most a line."""
    expected, found = (f"spectra of {thing.mixing} images with alpha {thing.alpha}" for thing in (item, bank))
    return [] if expected == found else [f"{path}: expected {expected}, found {found}"]


def _faults(
    path: Path, file: Rois | Shard, run: TrainingRun, rois: Sequence[Rois], domains: Sequence[str]
) -> list[str]:
    """List what is wrong with one input file of a run."""
    own = [file.domain] if isinstance(file, Rois) else [file.content_domain, file.style_domain]
    faults = []
    if run.unseen in own and not run.is_upper_bound:
        faults.append(f"{path}: holds images of {run.unseen}, which is unseen in this run")
    elif not set(own) <= set(domains):
        faults.append(f"{path}: of {' and '.join(own)}, but the sources of this run are {', '.join(domains)}")
    elif isinstance(file, Shard):
        if file.made_from != digest(run.rois[domains.index(file.content_domain)]):
            faults.append(
                f"{path}: not made from the ROI file of {file.content_domain}; run snakemake to make it again"
            )
    elif not len(file.indices("train")):
        faults.append(f"{path}: no training image")
    else:
        for name in ("network_size_px", "channels", "white", "structures"):
            found, expected = getattr(file, name), getattr(rois[0], name)
            if found != expected:
                faults.append(f"{path}: {name} {found}, but {run.rois[0]} has {expected}")
    return faults


def training_counts(paths: Sequence[Path]) -> list[int]:
    """Return the number of training images of each ROI file.

    Raises
    ------
    DataError
        If one has none.
    """
    counts = []
    for path in paths:
        with open_rois(path) as rois:
            counts.append(len(rois.indices("train")))
        if not counts[-1]:
            raise DataError(f"{path}: no training image")
    return counts


def _layout(rois: Sequence[Rois], shards: Sequence[Shard]) -> Layout:
    """Say what can be drawn from checked files."""
    by_source = [[i for i, shard in enumerate(shards) if shard.content_domain == file.domain] for file in rois]
    sizes = [shard.lambdas.size for shard in shards]
    # ASSUME: a control has no style; it gets as many copies as an augmentation with every source's style
    control = all(shard.content_domain == shard.style_domain for shard in shards)
    styles = (len(rois) if control else len(by_source[0])) if shards else 0
    return Layout(
        counts=tuple(len(file.indices("train")) for file in rois),
        shards=np.array(by_source, int),
        bases=np.cumsum([0, *sizes])[:-1],
        copies_per_image=shards[0].lambdas.shape[1] if shards else 0,
        lambdas=np.concatenate([shard.lambdas.ravel() for shard in shards]) if shards else np.empty(0),
        law=shards[0].law if shards and shards[0].encoding == "residual" else None,
        styles=styles,
        residual=any(shard.encoding == "residual" for shard in shards),
    )


def _live_layout(rois: Sequence[Rois], live: Live) -> Layout:
    """Say what can be drawn where copies are made at every step."""
    sources, item = np.arange(len(rois)), live.augmentation
    every = np.tile(sources, (len(rois), 1))
    if item.kind != "fourier":
        every = sources[:, None]  # no style but its own, and the share of an augmentation with every source's style
    elif not live.self_pairs:
        every = every[~np.eye(len(rois), dtype=bool)].reshape(len(rois), -1)
    return Layout(
        counts=tuple(len(file.indices("train")) for file in rois),
        shards=np.empty((len(rois), 0), int),
        bases=np.empty(0, int),
        copies_per_image=0,
        lambdas=np.empty(0) if item.law else np.array(item.lambda_),
        law=item.law,
        styles=every.shape[1] if item.kind == "fourier" else len(rois),
        residual=False,
        style_domains=every,
    )
