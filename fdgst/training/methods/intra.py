"""The upper bound: the plain trainer, given the unseen domain's own training images (that is the run's business)."""

from typing import ClassVar

from fdgst.training.methods.plain import Plain


class Intra(Plain):
    """Train as `Plain` does."""

    unseen: ClassVar = True
    augmentation: ClassVar = "refused"
