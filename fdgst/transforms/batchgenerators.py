"""`FourierStyle` for batchgeneratorsv2, the library that nnU-Net augments with."""

from typing import Any

import numpy as np
import torch
from batchgeneratorsv2.transforms.base.basic_transform import ImageOnlyTransform

from fdgst.transforms import style
from fdgst.transforms.draws import Law
from fdgst.transforms.pixels import flat


class FourierStyleTransform(ImageOnlyTransform):
    """`fdgst.transforms.FourierStyle` as a transform of batchgeneratorsv2.

    Parameters
    ----------
    styles, lam, window, alpha, p, **settings
        As of `fdgst.transforms.FourierStyle`; not ``"batch"``, as there is one image at a time.

    Notes
    -----
    Draws come from torch's and numpy's global generators, both of which the library draws from. Images are tensors
    (C, H, W) as they come, normalised: styles from files are scaled to [0, 1], so that images must be there too
    (nnU-Net's normalisation ``rgb_to_0_1``, which `fdgst convert` asks for), or styles be given as tensors that are
    normalised as the images are.
    """

    def __init__(
        self,
        styles: Any,
        lam: Law = (0, 1),
        window: str = "full",
        alpha: float | str = 0.05,
        p: float = 0.5,
        **settings: Any,
    ) -> None:
        super().__init__()
        self.stylise = style.FourierStyle(
            style.not_a_batch(styles), lam=lam, window=window, alpha=alpha, p=p, **settings
        )

    def get_parameters(self, **data_dict: Any) -> dict[str, Any]:
        """Draw whether to stylise, which style and how strongly."""
        numbers = int(torch.randint(2**62, ())), int(np.random.randint(2**31))  # noqa: NPY002
        return {"draw": self.stylise.draw(np.random.default_rng(numbers))}

    def _apply_to_image(self, img: torch.Tensor, **params: Any) -> torch.Tensor:
        """Stylise an image (C, H, W)."""
        return img if params["draw"] is None else self.stylise.apply(flat(img), params["draw"])

    def __repr__(self) -> str:
        """Say it whole."""
        return repr(self.stylise).replace("FourierStyle", type(self).__name__, 1)
