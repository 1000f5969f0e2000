"""Sources of images: readers, which list and load what a user has, and importers of public sets.

A reader is a class with the interface of `fdgst.data.reader.Reader`. It declares its own keys of the configuration
(`Dataset`, `Domain`), lists its files, says what is wrong with them before anything is opened, and loads images one by
one. A user's reader is named in the configuration as ``package.module:Name``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from fdgst.errors import ConfigError

if TYPE_CHECKING:
    from fdgst.data.reader import Reader

READERS = {
    "fundus": "fdgst.data.fundus:Fundus",
    "phantom": "fdgst.data.phantom.reader:Phantom",
    "table": "fdgst.data.table:Table",
}


def reader_path(name: str) -> str:
    """Return ``package.module:Name`` of a reader, which its short name stands for."""
    return READERS.get(name, name)


def reader_class(name: str) -> "type[Reader]":
    """Return the class of a reader.

    Parameters
    ----------
    name : str
        One of `READERS`, or ``package.module:Name``.

    Raises
    ------
    ConfigError
        If there is no such reader.
    """
    module, _, attribute = reader_path(name).partition(":")
    if not (module and attribute):
        raise ConfigError(
            f"dataset.reader: expected one of {', '.join(READERS)}, or package.module:Name, found {name!r}"
        )
    try:
        found = getattr(import_module(module), attribute)
    except Exception as error:  # whatever the user's module does when it is imported
        raise ConfigError(f"dataset.reader: expected a class that can be imported, found {name!r} ({error})") from error
    from fdgst.data.reader import Reader  # only now: it imports this module

    if not (isinstance(found, type) and issubclass(found, Reader)):
        raise ConfigError(f"dataset.reader: expected a subclass of fdgst.data.reader.Reader, found {name!r}")
    return found
