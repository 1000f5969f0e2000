"""How long a training takes and how fast it learns: pure functions of the step."""

from dataclasses import dataclass
from math import ceil

from fdgst.errors import ConfigError
from fdgst.study.training import Training


@dataclass(frozen=True)
class Schedule:
    """Steps and learning rates of one training.

    Attributes
    ----------
    steps_per_epoch, epochs : int
        Length of an epoch in steps, and of the training in epochs.
    sources, images_per_source : int
        Source domains, and images of each in a step.
    first_epochs : int
        Epochs at `learning_rate`; the others run at `final_learning_rate`.
    learning_rate, final_learning_rate : float
    """

    steps_per_epoch: int
    epochs: int
    sources: int
    images_per_source: int
    first_epochs: int
    learning_rate: float
    final_learning_rate: float

    @property
    def steps(self) -> int:
        """Steps in all."""
        return self.steps_per_epoch * self.epochs

    @property
    def images_per_step(self) -> int:
        """Images of a step in all."""
        return self.sources * self.images_per_source

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        return self.learning_rate if step < self.first_epochs * self.steps_per_epoch else self.final_learning_rate


def schedule(
    settings: Training, *, stage: str, counts: list[int], sources: int, copies: int, is_upper_bound: bool
) -> Schedule:
    """Plan a training (paper, Sec. 3.1; docs/training.md).

    Parameters
    ----------
    settings : Training
    stage : {'pretrain', 'main'}
    counts : list of int
        Training images of each domain that lends its size: an epoch is ``ceil(largest / batch)`` steps.
    sources : int
        Domains that a step draws from; fewer than `counts` for an upper bound, which gets the others' images per step.
    copies : int
        Stylised copies per image that the run's shards stand for (its style domains), 0 without shards.
    is_upper_bound : bool
        Whether pre-training and main stage are one: 40 + 80 + 60 epochs from the encoder's weights.

    Returns
    -------
    Schedule

    Raises
    ------
    ConfigError
        If `images_per_step` cannot be shared evenly, half contents and half copies.
    """
    images = settings.images_per_step or settings.batch * len(counts)
    if images % (2 * sources) and settings.images_per_step:
        unit = 2 * sources
        raise ConfigError(
            f"training.images_per_step: expected a multiple of {unit} (twice the sources), found {images}"
        )
    # ASSUME: an upper bound keeps its optimiser from end to end; the other rows begin the main stage with a fresh one
    before = settings.pretrain_epochs if stage == "pretrain" or is_upper_bound else 0
    main, final = (settings.epochs, settings.final_epochs) if stage == "main" else (0, 0)
    # ASSUME: the scripts list an image and a copy per style domain, so that augmented rows get so many times the steps
    multiple = 1 + copies if settings.budget == "released" and stage == "main" else 1
    return Schedule(
        steps_per_epoch=multiple * ceil(max(counts) / settings.batch),
        epochs=before + main + final,
        sources=sources,
        images_per_source=max(images // sources, 1),
        first_epochs=before + main,
        learning_rate=settings.learning_rate,
        final_learning_rate=settings.final_learning_rate,
    )
