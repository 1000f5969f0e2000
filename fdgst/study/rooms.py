"""What the study asks of the rooms above it, by name: readers of their keys, trainers of their needs.

Each states its needs where it is defined. The study imports none of them: it finds them when it is asked, so that
imports keep pointing one way, and code from outside the project is found in the same manner.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any


def reader_class(name: str) -> Any:
    """Return the class of a reader by its short name, or by package.module:Name; ConfigError if there is none."""
    return import_module("fdgst.data").reader_class(name)


def reader_names() -> tuple[str, ...]:
    """Return the short names of the project's readers."""
    return tuple(import_module("fdgst.data").READERS)


def reader_path(name: str) -> str:
    """Return package.module:Name of a reader."""
    return import_module("fdgst.data").READERS.get(name, name)


def trainer_module(name: str) -> str:
    """Return the dotted name of the module that defines a trainer."""
    return import_module("fdgst.training.needs").trainer_module(name)


def needs(trainer: str) -> Any:
    """Return what a trainer needs (`fdgst.training.needs.Needs`); ConfigError if there is no such trainer."""
    return import_module("fdgst.training.needs").needs(trainer)


def option_faults(trainer: str, options: Mapping[str, Any]) -> list[str]:
    """List what is wrong with the options of a trainer."""
    return import_module("fdgst.training.needs").option_faults(trainer, options)


def has_printed_rows(methods: Sequence[str], places: Sequence[int | None]) -> bool:
    """Tell whether anything of a table can be put beside the paper's."""
    return not import_module("fdgst.reporting.printed").incomparable(methods, places)


def augmentation_faults(trainer: str, augmentation: str) -> list[str]:
    """List why a row of a trainer must not name an augmentation, or must name one."""
    return import_module("fdgst.training.needs").augmentation_faults(trainer, augmentation)


def sharing_faults(training: Any, *, sources: int) -> list[str]:
    """List why the images of a step cannot be shared by the sources."""
    return import_module("fdgst.training.schedule").sharing_faults(training, sources=sources)


def step_faults(training: Any, needs: Any, **row: Any) -> list[str]:
    """List why a trainer cannot make its steps; arguments as of `fdgst.training.schedule.step_faults`."""
    return import_module("fdgst.training.schedule").step_faults(training, needs, **row)
