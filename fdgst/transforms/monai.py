"""`FourierStyle` for MONAI: `RandFourierStyle` for arrays, `RandFourierStyled` for dictionaries."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import torch
from monai.config import KeysCollection
from monai.data.meta_obj import get_track_meta
from monai.transforms import MapTransform, RandomizableTransform
from monai.utils import TransformBackends, convert_to_dst_type, convert_to_tensor

from fdgst.transforms import style
from fdgst.transforms.draws import Draw, Law
from fdgst.transforms.pixels import flat


class RandFourierStyle(RandomizableTransform):
    """`fdgst.transforms.FourierStyle` as a transform of channel-first images (C, H, W).

    Parameters
    ----------
    styles, lam, window, alpha
        As of `fdgst.transforms.FourierStyle`; not ``"batch"``, as there is one image at a time. Arrays among the
        styles are (H, W, C), tensors (C, H, W).
    prob : float
        Share of the images that are stylised.
    **settings
        `white`, `limits` and `memory_mib` of `fdgst.transforms.FourierStyle`.

    Notes
    -----
    Draws come from MONAI's random state (`set_random_state`, `monai.utils.set_determinism`).
    """

    backend = [TransformBackends.TORCH, TransformBackends.NUMPY]  # noqa: RUF012

    def __init__(
        self,
        styles: Any,
        lam: Law = (0, 1),
        window: str = "full",
        alpha: float | str = 0.05,
        prob: float = 0.5,
        **settings: Any,
    ) -> None:
        RandomizableTransform.__init__(self, prob)
        self.stylise = style.FourierStyle(
            style.not_a_batch(styles), lam=lam, window=window, alpha=alpha, p=prob, **settings
        )
        self._draw: Draw | None = None

    def randomize(self, data: Any = None) -> None:
        """Draw whether to stylise, which style and how strongly."""
        super().randomize(None)
        self._draw = self.stylise.draw_surely(np.random.default_rng(self.R.randint(2**31)))

    def __call__(self, img: Any, randomize: bool = True) -> Any:
        """Stylise an image (C, H, W); the result is a tensor, as of every transform of MONAI."""
        image = convert_to_tensor(img, track_meta=get_track_meta())
        if randomize:
            self.randomize()
        if not self._do_transform or self._draw is None:
            return image
        result = self.stylise.apply(flat(image.as_subclass(torch.Tensor)), self._draw)
        return convert_to_dst_type(result, dst=image, dtype=result.dtype)[0]

    def __repr__(self) -> str:
        """Say it whole."""
        return repr(self.stylise).replace("FourierStyle", type(self).__name__, 1)


class RandFourierStyled(RandomizableTransform, MapTransform):
    """`RandFourierStyle` for dictionaries; all keys get the same draws, what is not named goes along.

    Parameters
    ----------
    keys : str or sequence of str
        Of the images, ``["image"]``.
    styles, lam, window, alpha, prob, **settings
        As of `RandFourierStyle`.
    allow_missing_keys : bool
        Whether a key may be missing.
    """

    backend = RandFourierStyle.backend

    def __init__(
        self,
        keys: KeysCollection,
        styles: Any,
        lam: Law = (0, 1),
        window: str = "full",
        alpha: float | str = 0.05,
        prob: float = 0.5,
        allow_missing_keys: bool = False,
        **settings: Any,
    ) -> None:
        MapTransform.__init__(self, keys, allow_missing_keys)
        RandomizableTransform.__init__(self, prob)
        self.stylise = RandFourierStyle(styles, lam, window, alpha, prob, **settings)

    def set_random_state(
        self, seed: int | None = None, state: np.random.RandomState | None = None
    ) -> "RandFourierStyled":
        """Set the random state of this transform and of what it calls."""
        super().set_random_state(seed, state)
        self.stylise.set_random_state(seed, state)
        return self

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Stylise the images of a sample."""
        sample = dict(data)
        self.stylise.randomize()
        for key in self.key_iterator(sample):
            sample[key] = self.stylise(sample[key], randomize=False)
        return sample

    def __repr__(self) -> str:
        """Say it whole."""
        return repr(self.stylise).replace("RandFourierStyle(", f"RandFourierStyled({list(self.keys)}, ", 1)
