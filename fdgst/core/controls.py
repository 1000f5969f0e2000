"""Augmentations without a style image and without a Fourier transform: what the others are compared with."""

import numpy as np

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as torchvision's grey


def contrast_residual(x: np.ndarray) -> np.ndarray:
    r"""Return d of the contrast control, :math:`\hat x = x + \lambda d = \bar x + (1 - \lambda)(x - \bar x)`.

    Parameters
    ----------
    x : ndarray of uint8 or uint16, shape (height, width, C)
        Grey levels.

    Returns
    -------
    ndarray of float32, same shape
        The channel's mean minus x.
    """
    return (x.mean((0, 1)) - x).astype(np.float32)


def jittered(x: np.ndarray, *, strength: float, directions: np.ndarray) -> np.ndarray:
    """Change brightness, contrast and saturation, in this order, as torchvision's ColorJitter blends.

    Parameters
    ----------
    x : ndarray of uint8 or uint16, shape (height, width, C)
        Grey levels; C is 1 or 3. One channel has no saturation: the third direction changes nothing.
    strength : float
        In [0, 1]; 0 is the identity.
    directions : ndarray of float, shape (3,)
        Of brightness, contrast and saturation, in [-1, 1]: the factors are 1 + strength * directions.

    Returns
    -------
    ndarray of float32, same shape
        Grey levels, neither clipped nor rounded. ASSUME: values are cut once, at the end, as in every other
        augmentation; torchvision cuts after each step, and permutes the steps.
    """
    luma = _LUMA if x.shape[-1] == 3 else np.ones(1, np.float32)
    brightness, contrast, saturation = (1 + strength * np.asarray(directions)).astype(np.float32)
    y = x * brightness
    grey = (y @ luma).mean()
    y = grey + contrast * (y - grey)
    grey = (y @ luma)[..., None]
    return grey + saturation * (y - grey)
