"""Readers: where images and labels come from.

A reader is a module with two functions of the same signature in all:

``files(dataset, folder) -> list[Path]``
    Every file that the domain is read from; only lists paths, and never fails.
``entries(dataset, folder, number) -> list[Entry]``
    The domain's images; raises `fdgst.errors.DataError` with all faults of its folder at once.

`dataset` is the configuration's mapping of that name, `folder` the domain's folder, `number` its place, from 1.
"""

from importlib import import_module
from types import ModuleType

from fdgst.errors import ConfigError

READERS = {"fundus": "fdgst.data.fundus", "phantom": "fdgst.data.phantom.reader"}


def reader(name: str) -> ModuleType:
    """Return the module that reads a kind of data set.

    Parameters
    ----------
    name : str
        One of `READERS`.

    Raises
    ------
    ConfigError
        If there is no such reader.
    """
    if name not in READERS:
        raise ConfigError(f"dataset.reader: expected one of {', '.join(READERS)}, found {name!r}")
    return import_module(READERS[name])
