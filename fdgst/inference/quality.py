"""What speaks against a photograph before anything is segmented in it."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from fdgst.inference.locating.field import View

DARKEST = 40  # grey levels: median of the brightest channel in the field of view
BLUREST = 0.015  # of the logarithm: unblurred photographs have 0.03 and more, blurred by 0.7 % of the field 0.014
RIM_PX = 6  # of the view, at the field's edge, where the black begins


@dataclass(frozen=True)
class Quality:
    """How a photograph was taken.

    Attributes
    ----------
    level : float
        Median grey level of the brightest channel in the field of view.
    detail : float
        What a blur of one pixel of the view takes from the logarithm of green, 95th percentile over the field.
    """

    level: float
    detail: float

    @property
    def flags(self) -> list[str]:
        """What is wrong, each with its reason."""
        found = []
        if self.level < DARKEST:
            found.append(f"photograph too dark (median level {self.level:.0f}, below {DARKEST})")
        if self.detail < BLUREST:
            found.append(f"photograph too blurred (detail {self.detail:.3f}, below {BLUREST})")
        return found


def quality_of(image: np.ndarray, view: View | None) -> Quality:
    """Measure how a photograph was taken.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, C)
    view : View or None
        Of it; None where it is black.
    """
    if view is None:
        return Quality(0.0, 0.0)
    step = max(1, int(1 / view.scale))
    small = image[::step, ::step].max(axis=-1)
    rows, columns = (np.arange(side) * step * view.scale for side in small.shape)
    height, width = view.inside.shape
    inside = view.inside[
        np.minimum(rows.astype(int), height - 1)[:, None], np.minimum(columns.astype(int), width - 1)[None, :]
    ]
    middle = ndimage.binary_erosion(view.inside, iterations=RIM_PX)
    fine = np.abs(view.green - ndimage.gaussian_filter(view.green, 1.0))
    level = float(np.median(small[inside])) if inside.any() else 0.0
    return Quality(level, float(np.percentile(fine[middle], 95)) if middle.any() else 0.0)
