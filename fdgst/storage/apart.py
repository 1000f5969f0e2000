"""That what is written is not what is read: a result never takes the place of its own input."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from fdgst.errors import ConfigError


def refuse_inputs(name: str, out: Path, inputs: Iterable[tuple[str, Path]]) -> None:
    """Refuse a file to be written that is one of those that are read.

    Parameters
    ----------
    name : str
        What names the file to be written, for the message: ``--out``.
    out : Path
        The file to be written. Where it is not there, nothing is lost.
    inputs : iterable of (str, Path)
        What each file that is read is called in the message, and its path.

    Raises
    ------
    ConfigError
        If two of the paths lead to one file, by whatever names.
    """
    if not out.exists():
        return
    for what, path in inputs:
        if is_same(out, path):
            raise ConfigError(
                f"{name}: {out}: expected another file than what is read, found the input {what}; give another name"
            )


def is_same(one: Path, other: Path) -> bool:
    """Tell whether two paths lead to one file or folder, by links or otherwise, or would if it were there."""
    with suppress(OSError):  # one of them is not there
        return one.samefile(other)
    return one.resolve() == other.resolve()
