"""Nearly black pictures are shown brighter, so that there is something to see; masks and numbers know nothing of it."""

import numpy as np

DARK, BRIGHT, SHARE = 64, 230, 0.995  # grey levels of 255; the share of the pixels that are no brighter
MOST = 12  # more would show noise


def stretched(image: np.ndarray) -> tuple[np.ndarray, int]:
    """Return a picture as it is shown, and how many times brighter that is.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)

    Returns
    -------
    shown : ndarray of uint8, shape (height, width, 3)
        The picture itself, or a brighter copy.
    times : int
        1, unless all but 0.5 % of the pixels are below a quarter of white: then the whole number that brings them
        close to it, at most `MOST`. Equal for all channels, so that colours stay.
    """
    bright = float(np.quantile(image.max(axis=-1), SHARE))
    if bright >= DARK or bright == 0:
        return image, 1
    times = min(int(BRIGHT // bright), MOST)
    return np.minimum(image.astype(np.uint16) * times, 255).astype(np.uint8), times
