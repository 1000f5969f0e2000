"""Importers: public sets as their makers publish them, turned into a table that the reader ``table`` reads.

A set is a module with its facts: which files there are, what they are matched by and how their masks are read
(`fdgst.data.importers.kernel.RawSet`, named ``RAW``). All that sets have in common is done once, in ``kernel.py``,
``listing.py`` and ``drawn.py``.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from fdgst.errors import ConfigError

if TYPE_CHECKING:
    from fdgst.data.importers.kernel import Choice, RawSet

SETS = {
    "drishti-gs": "fdgst.data.importers.drishti_gs",
    "rim-one-r3": "fdgst.data.importers.rim_one_r3",
    "rim-one-dl": "fdgst.data.importers.rim_one_dl",
    "refuge": "fdgst.data.importers.refuge",
    "origa": "fdgst.data.importers.origa",
    "papila": "fdgst.data.importers.papila",
    "idrid": "fdgst.data.importers.idrid",
    "chaksu": "fdgst.data.importers.chaksu",
    "fundus": "fdgst.data.importers.fundus",
    "dsb2018": "fdgst.data.importers.dsb2018",
    "nnunet": "fdgst.data.importers.nnunet",
    "folders": "fdgst.data.importers.folders",
}


def raw_set(name: str) -> "RawSet":
    """Return what is known of a set.

    Parameters
    ----------
    name : str
        One of `SETS`.

    Raises
    ------
    ConfigError
        If there is no importer of that name.
    """
    if name not in SETS:
        raise ConfigError(f"import: expected one of {', '.join(SETS)}, found {name!r}")
    found: RawSet = import_module(SETS[name]).RAW
    return found


def import_set(name: str, folder: Path, out: Path, choice: "Choice", *, append: bool = False) -> list[str]:
    """Write the table of a set, see `fdgst.data.importers.kernel.make_table`."""
    from fdgst.data.importers.kernel import make_table

    return make_table(raw_set(name), name, folder, out, choice, append=append)
