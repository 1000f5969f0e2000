"""Losses on logits (B, 2, S, S) and labels of the same shape, 0 or 1."""

import torch
from torch.nn import functional


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean binary cross-entropy over images, structures and pixels."""
    return functional.binary_cross_entropy_with_logits(logits, labels)
