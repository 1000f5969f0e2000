"""DoFE's network: a DeepLabV3+ whose fused features are enriched from a pool of domain features.

Wang et al., "DoFE: Domain-oriented feature embedding for generalizable fundus image segmentation", IEEE TMI 2020.
h is BN(concat(upsampled ASPP, low-level features)), (B, 304, H/4, W/4) for the default network; the pool holds one
vector of as many channels per source domain.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from fdgst.errors import ConfigError

PARTS = ("aspp", "up", "block1", "block2")


class DomainFeatures(nn.Module):
    """Put DoFE's layers around a plain DeepLabV3+, which keeps its weights.

    Parameters
    ----------
    network : Module
        A DeepLabV3+ (segmentation-models-pytorch); refused otherwise.
    domains : int
        Number of source domains, >= 1.
    seed : int
        Of the new layers' weights; the global generator is left as it was.

    Attributes
    ----------
    pool : tensor, shape (domains, channels)
        A buffer: stored with the weights, never given a gradient. Zero until `calibrate`.

    Raises
    ------
    ConfigError
        If the network's decoder is not DeepLabV3+'s.
    """

    network: Any  # smp's parts have types of their own
    pool: torch.Tensor

    def __init__(self, network: nn.Module, *, domains: int, seed: int) -> None:
        super().__init__()
        decoder: Any = getattr(network, "decoder", network)
        if not all(hasattr(decoder, part) for part in PARTS):
            found = type(decoder).__name__
            raise ConfigError(f"trainer dofe: needs training.decoder DeepLabV3Plus, found the decoder {found}")
        channels, low_level = decoder.block2[0][0].in_channels, decoder.block1[0].out_channels
        self.network = network
        self.norm = _identity_norm(channels)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            # ASSUME: W1 and W2 have no bias, as in g = tanh(W1 * h) and q = W2 ReLU(...)
            aspp = channels - low_level
            self.code = nn.Sequential(nn.BatchNorm1d(aspp), nn.ReLU(), nn.Linear(aspp, domains, bias=False))
            self.gate = nn.Conv2d(channels, channels, 1, bias=False)
        # ASSUME: the gate begins closed, so that the first prediction is the plain network's
        nn.init.zeros_(self.gate.weight)
        self.register_buffer("pool", torch.zeros(domains, channels))
        self.to(next(network.parameters()).device)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (B, K, H, W); no domain label is needed."""
        return self.detailed(images)[0]

    def detailed(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return logits (B, K, H, W), domain code q (B, domains) before its softmax, and h averaged over space."""
        fused, aspp = self.fused(images)
        code = self.code(aspp.amax((2, 3)))  # the map is taken after its own BN and ReLU
        h = self.norm(fused)
        enriched = aggregate(h, self.gate(h), code.softmax(1), self.pool)
        return (
            self.network.segmentation_head(self.network.decoder.block2(enriched)),
            code,
            h.mean((2, 3), dtype=torch.float32),
        )

    def fused(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return concat(upsampled ASPP, low-level features), before h's normalisation, and the ASPP's output."""
        decoder = self.network.decoder
        features = self.network.encoder(images)
        aspp = decoder.aspp(features[-1])
        return torch.cat([decoder.up(aspp), decoder.block1(features[2])], 1), aspp

    @torch.no_grad()
    def calibrate(self, images: Iterable[tuple[int, torch.Tensor]]) -> None:
        """Fill the pool with each domain's mean of h over its images and over space, in evaluation mode.

        Parameters
        ----------
        images : iterable of (int, tensor of shape (n, C, H, W))
            A domain's index and some of its images; each image once, every domain at least one.

        Notes
        -----
        ASSUME: "its new BN as identity" is meant in training mode too, where a fresh normalisation would feed the
        pre-trained decoder features of another scale. The layer is therefore given the features' own mean and
        variance over the sources (each domain counts alike, as in a batch) as its statistics and, undoing them,
        as its shift and scale: an identity in evaluation mode to rounding, in training mode up to a batch's chance.
        """
        self.eval()
        count = torch.zeros(len(self.pool), 1, dtype=torch.float64, device=self.pool.device)
        first = torch.zeros_like(self.pool, dtype=torch.float64)
        second = torch.zeros_like(first)
        for domain, batch in images:
            fused = self.fused(batch)[0].double()
            count[domain] += len(batch)
            first[domain] += fused.mean((2, 3)).sum(0)
            second[domain] += fused.square().mean((2, 3)).sum(0)
        if not bool(count.all()):
            raise ValueError(f"every domain needs an image, got {count.flatten().tolist()} images per domain")
        mean = (first / count).mean(0)
        variance = ((second / count).mean(0) - mean.square()).clamp(min=0)
        self.norm.running_mean.copy_(mean)  # type: ignore[union-attr]  # an affine, tracking norm has all four
        self.norm.running_var.copy_(variance)  # type: ignore[union-attr]
        self.norm.bias.copy_(mean)
        self.norm.weight.copy_((variance + self.norm.eps).sqrt())
        self.pool.copy_(first / count)  # h itself, since the layer is the identity


def aggregate(h: torch.Tensor, gate: torch.Tensor, weights: torch.Tensor, pool: torch.Tensor) -> torch.Tensor:
    """Return h' = h + tanh(gate) * sum_k p_k m_k.

    Parameters
    ----------
    h, gate : tensor, shape (B, C, height, width)
        Features, and W1 * h before its tanh.
    weights : tensor, shape (B, K)
        p: the share of each source domain, rows adding up to 1.
    pool : tensor, shape (K, C)
        m: one vector per source domain.

    Returns
    -------
    tensor, shape (B, C, height, width)
    """
    return h + gate.tanh() * (weights @ pool)[:, :, None, None]


@torch.no_grad()
def refreshed(pool: torch.Tensor, h: torch.Tensor, domains: torch.Tensor, *, keep: float) -> torch.Tensor:
    """Return the pool after a batch: m_k <- keep m_k + (1 - keep) (mean of the batch's h of domain k).

    Parameters
    ----------
    pool : tensor, shape (K, C)
    h : tensor, shape (B, C)
        Averaged over space.
    domains : tensor of int64, shape (B,)
        In [0, K).
    keep : float
        Share of the old value, in [0, 1].

    Returns
    -------
    tensor, shape (K, C)
        A new tensor without gradient; the row of a domain that the batch lacks is unchanged.
    """
    member = (domains[:, None] == torch.arange(len(pool), device=pool.device)).to(pool)  # (B, K)
    counts = member.sum(0)[:, None]
    means = member.T @ h.to(pool) / counts.clamp(min=1)
    return torch.where(counts > 0, torch.lerp(means, pool, keep), pool)


def _identity_norm(channels: int) -> nn.BatchNorm2d:
    """Make a batch normalisation that changes nothing in evaluation mode."""
    norm = nn.BatchNorm2d(channels)
    assert norm.running_var is not None
    norm.running_var.fill_(1 - norm.eps)
    return norm
