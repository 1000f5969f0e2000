"""What may be said of a difference: of which sign it is, and whether images or trainings make it sure."""

import numpy as np

TRAININGS, IMAGES, UNKNOWN = "trainings", "images", "unknown"


def one_sided(difference: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Tell where an interval lies on that side of 0 on which its mean is; an unknown interval lies nowhere."""
    side = np.sign(difference)
    return (side != 0) & (np.sign(low) == side) & (np.sign(high) == side)


def sureness(
    p_holm: np.ndarray,
    difference: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    units_low: np.ndarray,
    units_high: np.ndarray,
    p_trainings: np.ndarray,
    *,
    level: float,
) -> np.ndarray:
    """Say how sure the sign of differences is.

    Parameters
    ----------
    p_holm, difference : ndarray of float
        Corrected p, and the mean difference.
    low, high, units_low, units_high : ndarray of float
        Its interval over units and, where there are several seeds, trainings; and over units alone.
    p_trainings : ndarray of float
        Corrected p of the trainings; NaN with one seed.
    level : float
        Below which p must be.

    Returns
    -------
    ndarray of str
        trainings: both p are below the level, and the interval over units and trainings lies on one side of 0, that of
        the difference. images: p is, and the interval over units alone does; trainings may turn the sign round, or
        with one seed it is not known how far they vary. unknown: neither. A sign that its interval contradicts is
        thus never sure.
    """
    below = np.asarray(p_holm) < level
    images = below & one_sided(difference, units_low, units_high)
    trainings = images & one_sided(difference, low, high) & (np.asarray(p_trainings) < level)
    return np.select([trainings, images], [TRAININGS, IMAGES], UNKNOWN)


def is_better(sure: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Tell where a declared difference makes a row the better one: sure about all that its trainings can show.

    One seed shows nothing of trainings, so that images decide, which the tables say.
    """
    return (sure == TRAININGS) | ((sure == IMAGES) & (np.asarray(seeds) == 1))
