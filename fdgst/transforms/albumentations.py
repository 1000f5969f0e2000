"""`FourierStyle` for albumentations: an image-only transform that `to_dict` writes and `from_dict` reads."""

from typing import Any

import numpy as np
from albumentations.core.transforms_interface import BaseTransformInitSchema, ImageOnlyTransform

from fdgst.transforms import style
from fdgst.transforms.draws import Draw, Law, Stream


class FourierStyle(ImageOnlyTransform):
    """`fdgst.transforms.FourierStyle` as a transform of albumentations.

    Parameters
    ----------
    styles, lam, window, alpha, white, limits, p
        As of `fdgst.transforms.FourierStyle`; not ``"batch"``, as there is one image at a time. albumentations holds
        images of floating point in [0, 1]: `limits` is that, if nothing else is given.

    Notes
    -----
    Draws come from the generator of the pipeline (``Compose(..., seed=7)``), and are told apart by worker process:
    albumentations itself gives the workers of a data loader equal generators.
    """

    class InitSchema(BaseTransformInitSchema):
        """What albumentations checks; the rest is checked by `fdgst.transforms.FourierStyle`."""

        styles: Any
        lam: Any
        window: str
        alpha: Any
        white: float
        limits: Any

    def __init__(
        self,
        styles: Any,
        lam: Law = (0, 1),
        window: str = "full",
        alpha: float | str = 0.05,
        white: float = 1.0,
        limits: tuple[float, float] | None = (0, 1),
        p: float = 0.5,
    ) -> None:
        super().__init__(p=p)
        how: dict[str, Any] = {"lam": lam, "window": window, "alpha": alpha, "white": white, "limits": limits}
        self.stylise = style.FourierStyle(style.not_a_batch(styles), p=p, **how)
        self._stream = Stream(0)

    def get_params(self) -> dict[str, Any]:
        """Draw which style and how strongly."""
        generator = self._stream.child(int(self.random_generator.integers(2**62)))
        draw = self.stylise.draw_surely(generator)
        return {"place": draw.place, "lam": draw.lam}

    def apply(self, img: np.ndarray, *, place: float, lam: float, **params: Any) -> np.ndarray:
        """Stylise an image (H, W, C) or (H, W)."""
        return self.stylise.apply(img, Draw(place, lam))

    def get_transform_init_args(self) -> dict[str, Any]:
        """Return the settings in words that JSON and YAML have."""
        settings = self.stylise.to_dict()
        return {name: settings[name] for name in ("styles", "lam", "window", "alpha", "white", "limits")}

    def __repr__(self) -> str:
        """Say it whole."""
        return repr(self.stylise)
