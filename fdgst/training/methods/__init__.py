"""The trainers, one file each: the file's name is the trainer's id, the `Trainer` that it defines is the trainer.

A new file is found by itself (docs/adding-a-method.md). `module` names a trainer's file for a fingerprint of its
code, so that an edit of one method trains no other again.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from torch import nn

from fdgst.errors import ConfigError
from fdgst.training.methods.trainer import Trainer, TrainerSettings


def discover() -> dict[str, type[Trainer]]:
    """Return the class of every trainer by its id."""
    trainers = {}
    for found in iter_modules(__path__):
        for thing in vars(import_module(module(found.name))).values():
            # a base class that a file imports is not the trainer that it defines
            if isinstance(thing, type) and issubclass(thing, Trainer) and thing.__module__ == module(found.name):
                trainers[found.name] = thing
    trainers.pop("trainer")  # the base class's own file
    return trainers


def module(trainer: str) -> str:
    """Return the dotted name of the file that defines a trainer."""
    return f"{__name__}.{trainer}"


TRAINERS = discover()


def build(
    trainer: str,
    network: nn.Module,
    *,
    settings: TrainerSettings,
    options: Mapping[str, Any],
    sources: int,
    seed: int,
) -> Trainer:
    """Make a trainer by its id.

    Parameters
    ----------
    trainer : str
        ``plain``, ``dofe``, ``fact``, ``feddg``, ``intra``, or the name of a file added beside them.
    network : Module
        On its device. The trainer owns it from here on, and may put layers of its own around it.
    settings : TrainerSettings
        Of the run: ``learning_rate``, ``adam_betas``, ``mixed_precision``.
    options : mapping
        A method's ``options`` in the configuration.
    sources : int
        The number of source domains.
    seed : int
        Of the training.

    Raises
    ------
    ConfigError
        If the trainer or an option is unknown, an option's value is none of its choices, or the network is of a
        kind that the trainer cannot use.
    """
    if trainer not in TRAINERS:
        raise ConfigError(f"trainer: {_expected(trainer, list(TRAINERS))}")
    cls = TRAINERS[trainer]
    return cls(network, settings=settings, options=_options(trainer, cls, options), sources=sources, seed=seed)


def _options(trainer: str, cls: type[Trainer], given: Mapping[str, Any]) -> dict[str, Any]:
    """Check a method's options and complete them."""
    faults = []
    for name, value in given.items():
        if name not in cls.choices:
            known = f"known are {', '.join(cls.choices)}" if cls.choices else "it has none"
            faults.append(f"trainer {trainer}: unknown option {name!r}; {known}")
        elif value not in cls.choices[name]:
            faults.append(f"trainer {trainer}: option {name}: {_expected(value, cls.choices[name])}")
    if faults:
        raise ConfigError(*faults)
    return {name: given.get(name, values[0]) for name, values in cls.choices.items()}


def _expected(found: Any, known: Any) -> str:
    """Word the refusal of a value, with the nearest one known."""
    near = get_close_matches(str(found), [str(value) for value in known], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"expected one of {', '.join(str(value) for value in known)}, found {found!r}{hint}"
