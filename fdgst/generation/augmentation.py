"""What an augmentation is, and what it draws: style images and strengths, each from its own identity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fdgst.core.seeding import generator
from fdgst.core.windows import window_mask
from fdgst.errors import ConfigError
from fdgst.generation.banks import MIXINGS, canonical_alpha
from fdgst.storage.shards import ENCODINGS

KINDS = ("fourier", "contrast", "jitter")


@dataclass(frozen=True)
class Augmentation:
    """One augmentation of the configuration.

    Attributes
    ----------
    id : str
        Its name.
    kind : {'fourier', 'contrast', 'jitter'}
        The last two are controls, whose window is ``none`` and whose alpha is 0.
    window : str
        See `fdgst.core.windows`.
    alpha : float or str
        See `fdgst.core.thresholds`.
    lambdas : list of float, or {'uniform': [low, high], 'copies': n}
        Strengths in [0, 1]: a grid, or how many are drawn.
    encoding : {'grid', 'residual'}
    mixing : {'roi', 'network'}
        Size at which spectra are mixed.
    """

    id: str
    kind: str
    window: str
    alpha: float | str
    lambdas: Sequence[float] | Mapping[str, Any]
    encoding: str
    mixing: str


def checked(augmentation: Augmentation) -> Augmentation:
    """Return an augmentation in the form that files keep, or raise ConfigError with one line per fault."""
    a = augmentation
    choices = (("kind", a.kind, KINDS), ("encoding", a.encoding, ENCODINGS), ("mixing", a.mixing, MIXINGS))
    faults = [
        f"{key}: expected one of {', '.join(known)}, found {found!r}"
        for key, found, known in choices
        if found not in known
    ]
    window, alpha = ("none", 0.0) if a.kind != "fourier" else (a.window, a.alpha)
    if a.kind == "fourier" and not _is_window(window):
        faults.append(f"window: expected full, released, dc or low:beta with beta in [0, 1], found {window!r}")
    try:
        alpha = canonical_alpha(alpha)
    except ConfigError as error:
        faults += error.faults
    if a.kind == "jitter" and a.encoding == "residual":
        faults.append("encoding: expected grid, found residual: jitter is not affine in lambda")
    faults += _lambda_faults(a.lambdas)
    if faults:
        raise ConfigError(*(f"augmentation {a.id}: {fault}" for fault in faults))
    return Augmentation(a.id, a.kind, window, alpha, a.lambdas, a.encoding, a.mixing)


def _is_window(window: str) -> bool:
    """Whether the core knows a window."""
    try:
        window_mask(window, (1, 1))
    except ValueError:
        return False
    return True


def _lambda_faults(lambdas: Any) -> list[str]:
    """List what is wrong with strengths, which come from a command line and may be anything."""
    if isinstance(lambdas, Mapping):
        values: Any = lambdas.get("uniform")
        copies = lambdas.get("copies")
        known = set(lambdas) == {"uniform", "copies"} and isinstance(copies, int) and copies >= 1
        if not known or not _are_strengths(values) or len(values) != 2 or values[0] > values[1]:
            expected = "uniform: [low, high] in [0, 1] and copies: at least 1"
            return [f"lambda: expected {expected}, found {dict(lambdas)}"]
    elif not _are_strengths(lambdas):
        return [f"lambda: expected a list of numbers in [0, 1], found {lambdas!r}"]
    return []


def _are_strengths(values: Any) -> bool:
    """Whether this is a list of numbers in [0, 1] that is not empty."""
    if not isinstance(values, list | tuple) or not values:
        return False
    return all(isinstance(value, int | float) and 0 <= value <= 1 for value in values)


@dataclass(frozen=True)
class Draws:
    """The random choices of one shard.

    Each is drawn from the identity of what it is for: order, worker count, interruption and training seed change none.

    Attributes
    ----------
    seed : int
        The configuration's `generation.seed`.
    content_domain, style_domain : str
    """

    seed: int
    content_domain: str
    style_domain: str

    def style(self, name: str, count: int) -> int:
        """Draw the number of the style image of a content image, uniformly."""
        return int(generator("style", self.seed, self.content_domain, self.style_domain, name).integers(count))

    def lambdas(self, name: str, law: Sequence[float] | Mapping[str, Any]) -> np.ndarray:
        """Return the strengths of a content image's copies.

        ASSUME: augmentations that draw from the same law share the numbers, as they share the style images.
        """
        if not isinstance(law, Mapping):
            return np.array(law, float)
        low, high = law["uniform"]
        uniform = generator("lambda", self.seed, self.content_domain, self.style_domain, name).random(law["copies"])
        return low + (high - low) * uniform

    def directions(self, name: str, copies: int) -> np.ndarray:
        """Draw the directions of a content image's colour jitter, in [-1, 1], shape (copies, 3)."""
        return generator("jitter", self.seed, self.content_domain, name).uniform(-1, 1, (copies, 3))
