"""Importers: public sets as their makers publish them, turned into a table that the reader ``table`` reads.

An importer is a function ``make_table(folder, out) -> list of str``: it writes the table `out` (CSV), masks beside it
where the set has none of the form that is needed, and returns what the user should know: counts, and what was left out.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from fdgst.errors import ConfigError

IMPORTERS = {"dsb2018": "fdgst.data.importers.dsb2018"}


def importer(name: str) -> Callable[[Path, Path], list[str]]:
    """Return the function that imports a set.

    Parameters
    ----------
    name : str
        One of `IMPORTERS`.

    Raises
    ------
    ConfigError
        If there is no importer of that name.
    """
    if name not in IMPORTERS:
        raise ConfigError(f"import: expected one of {', '.join(IMPORTERS)}, found {name!r}")
    return import_module(IMPORTERS[name]).make_table
