"""Losses on logits (B, K, H, W) and masks of the same shape, 0 or 1."""

import torch
from torch.nn import functional

SMOOTHING = 1e-5
TAU = 0.05
LOWEST = -1e4  # exp of it is 0; minus infinity would turn gradients to NaN


def cross_entropy(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Mean binary cross-entropy over images, structures and pixels."""
    return functional.binary_cross_entropy_with_logits(logits, masks)


def dice_loss(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    r"""Return 1 - Dice of the probabilities p = sigmoid(logits) and masks y, averaged over the structures.

    .. math:: 1 - \frac{2 \sum p y + s}{\sum p^2 + \sum y^2 + s}

    ASSUME: the sums run over the batch's images and pixels, with squares as in V-Net (Milletari et al., 3DV 2016),
    and s = 1e-5 only keeps an empty structure from dividing by zero.
    """
    probabilities = torch.sigmoid(logits)
    overlap = (probabilities * masks).sum((0, 2, 3))
    sizes = probabilities.square().sum((0, 2, 3)) + masks.square().sum((0, 2, 3))
    return 1 - ((2 * overlap + SMOOTHING) / (sizes + SMOOTHING)).mean()


def contrastive_loss(embeddings: torch.Tensor, classes: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    r"""Return the NT-Xent loss of embeddings whose positives share their class.

    For every ordered pair (a, b) of one class, with s the cosine similarity and N(a) the embeddings of other classes,

    .. math:: -\log \frac{e^{s_{ab}/\tau}}{e^{s_{ab}/\tau} + \sum_{n \in N(a)} e^{s_{an}/\tau}}, \quad \tau = .05,

    averaged over the pairs. ASSUME: other positives of `a` do not stand in the denominator.

    Parameters
    ----------
    embeddings : tensor, shape (n, channels)
    classes : tensor of int64, shape (n,)
    valid : tensor of bool, shape (n,)
        Embeddings that are not valid take no part, whatever they hold (they must be finite).

    Returns
    -------
    scalar tensor
        Zero, with a zero gradient, if no two valid embeddings share a class.
    """
    unit = functional.normalize(embeddings, dim=1)
    similarity = unit @ unit.T / TAU
    both = valid[:, None] & valid
    same = classes[:, None] == classes
    others = torch.eye(len(classes), dtype=torch.bool, device=valid.device).logical_not()
    positive, negative = both & same & others, both & ~same
    against = similarity.masked_fill(~negative, LOWEST).logsumexp(1, keepdim=True)
    losses = torch.logaddexp(similarity, against) - similarity
    # a masked sum, not a selection: a GPU would have to tell the host how many there are
    return (losses * positive).sum() / positive.sum().clamp(min=1)
