"""The pictures of a shard, in either encoding."""

import numpy as np

from fdgst.core.mixing import mix
from fdgst.storage.rois import Rois
from fdgst.storage.shards import Shard


def copies_of(shard: Shard, content: Rois, number: int) -> np.ndarray:
    """Return the copies of one content image.

    Parameters
    ----------
    shard : Shard
    content : Rois
        The content domain's ROI file.
    number : int
        Of the content image in the shard.

    Returns
    -------
    ndarray of uint8 or uint16, shape (L, h, w, C)
    """
    if shard.encoding == "grid":
        return shard.images(np.array([number]))[0]
    x = content.network_image(content.names.index(shard.names[number]))
    out = np.empty((shard.lambdas.shape[1], *x.shape), x.dtype)
    mix(x, shard.residuals(np.array([number]))[0].astype(np.float32), shard.lambdas[number], out, white=shard.white)
    return out
