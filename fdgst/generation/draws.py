"""The random choices of a shard: which style image, which strengths, which directions of colour."""

from dataclasses import dataclass

import numpy as np

from fdgst.core.seeding import generator
from fdgst.study.augmentations import Augmentation, Uniform


@dataclass(frozen=True)
class ShardDraws:
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

    def lambdas(self, name: str, augmentation: Augmentation) -> np.ndarray:
        """Return the strengths of a content image's copies.

        ASSUME: augmentations that draw from the same law share the numbers, as they share the style images.
        """
        strengths = augmentation.lambda_
        if not isinstance(strengths, Uniform):
            return np.array(strengths, float)
        low, high = strengths.uniform
        drawn = generator("lambda", self.seed, self.content_domain, self.style_domain, name).random(
            strengths.copies or 1
        )
        return low + (high - low) * drawn

    def directions(self, name: str, copies: int) -> np.ndarray:
        """Draw the directions of a content image's colour jitter, in [-1, 1], shape (copies, 3)."""
        return generator("jitter", self.seed, self.content_domain, name).uniform(-1, 1, (copies, 3))
