"""Contact sheets: pictures in rows, with white lines between them."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

GAP_PX = 2


def contact_sheet(rows: Sequence[Sequence[np.ndarray]], *, tile_px: int) -> np.ndarray:
    """Lay pictures of one size out in rows.

    Parameters
    ----------
    rows : sequence of sequences of ndarray of uint8 or uint16, shape (height, width, C)
        At least one picture, C 1 or 3; shorter rows are filled with white. 16 bits are shown by their upper 8.
    tile_px : int
        Largest side of a picture on the sheet; larger ones are reduced by a whole factor, none is enlarged.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    tiles = [[_reduced(_colour(picture), tile_px) for picture in row] for row in rows]
    (height, width), columns = tiles[0][0].shape[:2], max(map(len, tiles))
    down, across = height + GAP_PX, width + GAP_PX
    sheet = np.full((len(tiles) * down - GAP_PX, columns * across - GAP_PX, 3), 255, np.uint8)
    for i, row in enumerate(tiles):
        for j, tile in enumerate(row):
            sheet[i * down : i * down + height, j * across : j * across + width] = tile
    return sheet


def _colour(picture: np.ndarray) -> np.ndarray:
    """Return a picture of one or three channels as RGB of 8 bits."""
    shown = (picture >> 8).astype(np.uint8) if picture.dtype == np.uint16 else picture
    return np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown


def _reduced(picture: np.ndarray, tile_px: int) -> np.ndarray:
    """Reduce a picture to at most `tile_px` on its longer side by averaging blocks of pixels."""
    longer = max(picture.shape[:2])
    if longer <= tile_px:
        return picture
    return np.asarray(Image.fromarray(picture).reduce(-(-longer // tile_px)))
