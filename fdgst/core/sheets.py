"""Contact sheets: pictures in rows, with white lines between them."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

GAP_PX = 2


def contact_sheet(rows: Sequence[Sequence[np.ndarray]], *, tile_px: int) -> np.ndarray:
    """Lay square pictures out in rows.

    Parameters
    ----------
    rows : sequence of sequences of ndarray of uint8, shape (side, side, 3)
        At least one picture; shorter rows are filled with white.
    tile_px : int
        Largest side of a picture on the sheet; larger ones are reduced by a whole factor, none is enlarged.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    tiles = [[_reduced(picture, tile_px) for picture in row] for row in rows]
    side, columns = len(tiles[0][0]), max(map(len, tiles))
    step = side + GAP_PX
    sheet = np.full((len(tiles) * step - GAP_PX, columns * step - GAP_PX, 3), 255, np.uint8)
    for i, row in enumerate(tiles):
        for j, tile in enumerate(row):
            sheet[i * step : i * step + side, j * step : j * step + side] = tile
    return sheet


def _reduced(picture: np.ndarray, tile_px: int) -> np.ndarray:
    """Reduce a picture to at most `tile_px` by averaging blocks of pixels."""
    if len(picture) <= tile_px:
        return picture
    return np.asarray(Image.fromarray(picture).reduce(-(-len(picture) // tile_px)))
