"""How long a training takes and how fast it learns: pure functions of the step."""

from dataclasses import dataclass
from math import ceil

from fdgst.errors import ConfigError
from fdgst.study.training import Training
from fdgst.training.needs import Needs


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
    if faults := sharing_faults(settings, sources=sources):
        raise ConfigError(*faults)
    images = settings.images_per_step or settings.batch * len(counts)
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


def sharing_faults(settings: Training, *, sources: int) -> list[str]:
    """Return why the images of a step cannot be shared by the sources, half contents and half copies; at most a line.

    Parameters
    ----------
    settings : Training
    sources : int
        Domains that a step draws from.
    """
    images, unit = settings.images_per_step, 2 * sources
    if images is None or images % unit == 0:
        return []
    return [f"training.images_per_step: expected a multiple of {unit} (twice the sources), found {images}"]


def step_faults(settings: Training, needs: Needs, *, row: str, sources: int, least: int, network: str) -> list[str]:
    """Return why a trainer cannot make its steps of so many images, blaming the key that sets them.

    Parameters
    ----------
    settings : Training
        One without `sharing_faults`.
    needs : Needs
        Of the trainer.
    row : str
        Id of the method, for the lines.
    sources : int
        Source domains of the rows that are no upper bounds: an upper bound draws as many images in all, from one.
    least : int
        Images that a pass of the network needs (`fdgst.study.networks.least_images`).
    network : str
        What it is called, for the lines.

    Returns
    -------
    list of str
        One line per fault, each beginning with its key; empty where there is none.
    """
    key = "batch" if settings.images_per_step is None else "images_per_step"
    images = settings.images_per_step or settings.batch * sources
    per_source = images if needs.unseen else images // sources
    faults = []
    if needs.pairs and per_source % 2:  # never of images_per_step, which is a multiple of twice the sources
        reason = f"since method {row} (trainer {needs.trainer}) takes half contents, half copies"
        faults.append(f"training.batch: expected an even number, {reason}, found {per_source} images of each source")
    if images // needs.passes < least:
        reason = f"since batch normalisation of {network} needs {least} in a pass (method {row})"
        expected = f"expected at least {least * needs.passes} images in a step"
        faults.append(f"training.{key}: {expected}, {reason}, found {images}")
    return faults
