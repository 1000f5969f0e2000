"""Finding the disc in a whole photograph without a trained model: numpy and scipy."""

import numpy as np

from fdgst.inference.locating.search import Candidate, candidates

__all__ = ["LIMIT", "Candidate", "candidates", "locate"]

LIMIT = 0.5
"""Confidence below which a disc counts as not found: a guess that is more often wrong than right."""


def locate(image: np.ndarray) -> Candidate | None:
    """Locate the disc in a whole photograph.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, C)
        Upright; C is 1 or 3.

    Returns
    -------
    Candidate or None
        The smallest upright rectangle around the disc (left, top, width, height: pixels), and how sure it is; None
        where the best guess is below `LIMIT`.
    """
    best = candidates(image)
    return best[0] if best and best[0].confidence >= LIMIT else None
