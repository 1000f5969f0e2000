"""`FourierStyle` for torchvision's transforms v2: images in a sample are stylised, masks and boxes go along."""

from typing import Any

import numpy as np
import PIL.Image
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from fdgst.transforms import style
from fdgst.transforms.draws import Law


def _is_plain(image: Any) -> bool:
    """Tell tensors from those of torchvision, of which only images are stylised."""
    return isinstance(image, torch.Tensor) and not isinstance(image, tv_tensors.TVTensor)


class FourierStyle(v2.Transform):
    """`fdgst.transforms.FourierStyle` as a transform v2.

    Parameters
    ----------
    styles, lam, window, alpha, p, **settings
        As of `fdgst.transforms.FourierStyle`. Without `seed`, draws come from torch's generator, as all of
        torchvision's do (`torch.manual_seed`).

    Notes
    -----
    Takes tensors (C, H, W) and (B, C, H, W), `tv_tensors.Image` and PIL images; all images of one sample get the same
    draws. The images of a batch get draws of their own, and may be styles for each other (``"batch"``).
    """

    _transformed_types = (tv_tensors.Image, PIL.Image.Image, _is_plain)

    def __init__(
        self,
        styles: Any,
        *,
        lam: Law = (0, 1),
        window: str = "full",
        alpha: float | str = 0.05,
        p: float = 0.5,
        **settings: Any,
    ) -> None:
        super().__init__()
        self.stylise = style.FourierStyle(styles, lam=lam, window=window, alpha=alpha, p=p, **settings)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the number that names what is drawn for every image of the sample."""
        return {"number": int(self.stylise.generator_for(torch.empty(0)).integers(2**62))}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Stylise one image."""
        generator = np.random.default_rng(params["number"])
        if isinstance(inpt, PIL.Image.Image):
            return PIL.Image.fromarray(self.stylise(np.asarray(inpt), generator=generator))
        result = self.stylise(inpt, generator=generator)
        return tv_tensors.wrap(result, like=inpt) if isinstance(inpt, tv_tensors.TVTensor) else result

    def __repr__(self) -> str:
        """Say it whole."""
        return repr(self.stylise)
