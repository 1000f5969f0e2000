"""What a training drew of a live augmentation: draws are functions of the step, so that they are counted afterwards."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fdgst.training.batches import Sampling, draw
from fdgst.training.store import Layout


def drawn(layout: Layout, sampling: Sampling, *, epochs: int, domains: Sequence[str]) -> dict[str, Any]:
    """Count the styles and strengths of a training, draw by draw.

    Parameters
    ----------
    layout : Layout
        Of a run whose copies are made at every step.
    sampling : Sampling
    epochs : int
        Of the training.
    domains : sequence of str
        Ids of the sources, in order.

    Returns
    -------
    dict
        `images`: how many were seen; `copies`: how many of these were stylised; `styles`: for each style domain its
        id (`style`), the copies in its style, the different images that lent it (`images`), and mean, smallest and
        largest lambda, 0 where there is no copy. In JSON types.
    """
    firsts = np.cumsum([0, *layout.counts])
    copies, used = np.zeros(len(domains), int), np.zeros(firsts[-1], bool)
    total, low, high = np.zeros(len(domains)), np.full(len(domains), np.inf), np.zeros(len(domains))
    images = 0
    for epoch in range(epochs):
        draws = draw(layout, sampling, epoch)
        images += draws.copies.size
        copied = draws.copies >= 0
        numbers, lambdas = draws.copies[copied], draws.lambdas[copied].astype(float)
        style = np.searchsorted(firsts, numbers, side="right") - 1
        used[numbers] = True
        copies += np.bincount(style, minlength=len(domains))
        total += np.bincount(style, weights=lambdas, minlength=len(domains))
        np.minimum.at(low, style, lambdas)
        np.maximum.at(high, style, lambdas)
    rows = [
        {
            "style": domain,
            "copies": int(copies[i]),
            "images": int(used[firsts[i] : firsts[i + 1]].sum()),
            "lambda": round(float(total[i] / max(copies[i], 1)), 6),
            "lambda_min": round(float(low[i]), 6) if copies[i] else 0.0,
            "lambda_max": round(float(high[i]), 6),
        }
        for i, domain in enumerate(domains)
    ]
    return {"images": int(images), "copies": int(copies.sum()), "styles": rows}
