"""The trainers, one file each: the file's name is the trainer's id, the `Trainer` that it defines is the trainer.

A new file is found by itself, and so is "package.module:Class" in a package of anybody's (docs/adding-a-method.md).
A trainer's module is imported when it is built, so that an edit of one method trains no other again.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from torch import nn

from fdgst.errors import ConfigError
from fdgst.study.training import Training
from fdgst.training.methods.trainer import Trainer
from fdgst.training.needs import complete, needs


def load(trainer: str) -> type[Trainer]:
    """Return the class of a trainer.

    Raises
    ------
    ConfigError
        If there is no such trainer, or its module cannot be imported.
    """
    stated = needs(trainer)
    try:
        return getattr(import_module(stated.module), stated.name)
    except Exception as error:  # whatever the user's module does when it is imported
        raise ConfigError(f"trainer: {trainer} cannot be imported ({error})") from error


def build(
    trainer: str,
    network: nn.Module,
    *,
    settings: Training,
    options: Mapping[str, Any],
    sources: int,
    seed: int,
) -> Trainer:
    """Make a trainer by its name.

    Parameters
    ----------
    trainer : str
        The name of a file beside this one, or ``package.module:Class``.
    network : Module
        On its device. The trainer owns it from here on, and may put layers of its own around it.
    settings : Training
        Of the run.
    options : mapping
        A method's ``options`` in the configuration.
    sources : int
        The number of source domains.
    seed : int
        Of the training.

    Raises
    ------
    ConfigError
        If the trainer or an option is unknown, an option's value is not what it takes, or the network is of a kind
        that the trainer cannot use.
    """
    options = complete(trainer, options)
    return load(trainer)(network, settings=settings, options=options, sources=sources, seed=seed)
