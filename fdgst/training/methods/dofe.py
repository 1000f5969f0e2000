"""DoFE: features enriched by a pool of domain features, weighted by a learnt domain code (Wang et al., TMI 2020)."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn import functional

from fdgst.core.seeding import generator
from fdgst.core.seeding import seed as seed_of
from fdgst.models.dofe import DomainFeatures, refreshed
from fdgst.study.training import Training
from fdgst.training.batch import Batch
from fdgst.training.methods.losses import cross_entropy
from fdgst.training.methods.trainer import Trainer

CODE_WEIGHT = 0.1
KEEP = 0.9  # share of the pool that an update keeps
OWN, SPREAD = 0.8, 0.2  # the soft label gives a domain OWN + SPREAD u of itself


class DoFE(Trainer):
    """Minimise cross-entropy and the domain code's squared error, and let the pool follow the features.

    Option ``memory``: ``ema``, the pool follows the batches (the article); ``frozen``, it stays as `prepare` left
    it (the released scripts, whose update reaches a temporary only).
    """

    options: ClassVar = {"memory": ("ema", "frozen")}
    decoders: ClassVar = ("DeepLabV3Plus",)
    network: DomainFeatures

    def __init__(
        self, network: nn.Module, *, settings: Training, options: Mapping[str, Any], sources: int, seed: int
    ) -> None:
        domain_features = DomainFeatures(network, domains=sources, seed=seed_of("dofe", seed))
        super().__init__(domain_features, settings=settings, options=options, sources=sources, seed=seed)

    def prepare(self, images: Iterator[tuple[int, torch.Tensor]]) -> None:
        """Fill the pool from the sources' training images."""
        self.network.calibrate(images)

    def update(self, batch: Batch) -> torch.Tensor:
        """Make one step; the pool that it used is refreshed after it (ASSUME)."""
        self._train()
        with self.autocast():
            logits, code, h = self.network.detailed(batch.images)
        error = functional.mse_loss(code.float().softmax(1), self._soft_label(batch))
        loss = self.descend(cross_entropy(logits.float(), batch.masks) + CODE_WEIGHT * error)
        if self.chosen["memory"] == "ema":
            self.network.pool.copy_(refreshed(self.network.pool, h, batch.domains, keep=KEEP))
        return loss

    def compile(self) -> None:
        """Compile the pass that `update` makes."""
        self.network.detailed = torch.compile(self.network.detailed)  # type: ignore[method-assign]

    def _soft_label(self, batch: Batch) -> torch.Tensor:
        """Draw the batch's soft labels from (seed, step)."""
        shape = (len(batch.domains), self.sources)
        draws = generator("soft label", self.seed, batch.step).random(shape, dtype="float32")
        # from memory that is not page-locked CUDA copies the draws aside before it returns: they may go
        return soft_label(batch.domains, torch.from_numpy(draws).to(self.device, non_blocking=True))


def soft_label(domains: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
    """Return t: a domain's own share .8 + .2 u, the rest shared by the others at random.

    Parameters
    ----------
    domains : tensor of int64, shape (B,)
    draws : tensor, shape (B, K)
        Uniform in [0, 1): in an image's own column u, in the others what they share the rest in proportion to
        (ASSUME).

    Returns
    -------
    tensor, shape (B, K)
        Rows add up to 1; with a single domain every share is 1.
    """
    own = torch.arange(draws.shape[1], device=draws.device) == domains[:, None]
    if draws.shape[1] == 1:
        return own.to(draws)
    own_share = OWN + SPREAD * draws
    others = torch.where(own, 0, draws + torch.finfo(draws.dtype).tiny)  # all zero would have no proportions
    rest = (1 - (own_share * own).sum(1, keepdim=True)) * others / others.sum(1, keepdim=True)
    return torch.where(own, own_share, rest)
