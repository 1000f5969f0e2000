"""How a command that fails ends: one line for each fault, an exit status, never a traceback.

A fault that the user can mend is said as it is. What nobody expected is said in one line, too; its traceback goes to a
file, which the line names. What only such an ending needs is imported when it comes to one.
"""

import os
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fdgst import __version__
from fdgst.errors import FdgstError
from fdgst.extras import EXTRAS, extra_with

LOGS = Path("results/logs")  # of the workflow: every machine that runs its jobs sees this folder
NAMED = ("click", "h5py", "numpy", "pillow", "pydantic", "scipy")  # packages whose versions are told, besides EXTRAS
LONGEST = 200  # letters of another library's words
_FULL = ("can't allocate memory", "not enough memory", "out of memory")  # torch's words on a CPU
_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))  # write what follows backwards


def said_of(error: BaseException, arguments: Sequence[str]) -> list[str]:
    """Word an error, one line for each fault.

    Parameters
    ----------
    error : BaseException
    arguments : sequence of str
        Of the command line, for the details of an error that nobody expected.
    """
    return [on_one_line(fault) for fault in _faults(error, arguments)]


def on_one_line(text: str) -> str:
    r"""Write what would end the line, or move about on the terminal, as its code; it may stand in a file's name.

    Examples
    --------
    >>> print(on_one_line("a\nb\x1b[2J.png"), on_one_line("dé東"))
    a\nb\x1b[2J.png dé東
    """
    strange = {sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in _TURNING}
    return text.translate({ord(sign): sign.encode("unicode_escape", "surrogatepass").decode() for sign in strange})


def readable_anywhere() -> None:
    """Let no letter stop a message: what the terminal's encoding lacks is written as its code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _faults(error: BaseException, arguments: Sequence[str]) -> Sequence[str]:
    """Word an error, whatever signs its words hold."""
    from concurrent.futures import BrokenExecutor

    if isinstance(error, FdgstError):
        return error.faults
    if isinstance(error, ModuleNotFoundError) and (extra := extra_with(error.name)):
        return [f'this needs {error.name}, which is not installed: pip install "fdgst[{extra}]" brings it']
    if isinstance(error, BrokenExecutor):
        return [
            "expected every worker to live, found that one died (killed, perhaps for want of memory); run it again,"
            " with fewer at once (--jobs)"
        ]
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        found = f"found other bytes in {error.object[:LONGEST]!r}"
        return [f"expected text (UTF-8), {found}; give the file, or the title, another name"]
    if full := _memory_fault(error):
        return [full]
    if isinstance(error, OSError) and error.errno is not None:  # a file that may not be read, a disk that is full
        said = error.strerror or str(error)
        return [f"{os.fsdecode(error.filename)}: {said}" if error.filename else said]
    return [_unexpected(error, arguments)]


def _memory_fault(error: BaseException) -> str:
    """Say that memory is full, nothing of any other error; torch's errors are known by their names and words."""
    words = _short(error)
    if type(error).__name__ == "OutOfMemoryError":
        return "the GPU's memory is full: lower training.images_per_step or training.resident_gib, or use --device cpu"
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(w in words.lower() for w in _FULL)):
        wanted = f" ({words})" if words else ""
        return f"the memory is full{wanted}: close other programs, or run fewer jobs at once (snakemake --cores)"
    return ""


def _short(error: BaseException) -> str:
    """Return an error's words on one line, not too many."""
    words = " ".join(str(error).split())
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}..."


def _unexpected(error: BaseException, arguments: Sequence[str]) -> str:
    """Write the details of an error that nobody expected to a file, and say where."""
    import traceback

    words = _short(error)
    what = f"unexpected {type(error).__name__}{f' ({words})' if words else ''}, a fault of fdgst"
    path = _written("".join(traceback.format_exception(error)), arguments)
    if path is None:
        traceback.print_exception(error)
        return f"{what}; please report it with the lines above (SECURITY.md says how)"
    return f"{what}; the details are in {path}; please report it with that file (SECURITY.md says how)"


def _written(details: str, arguments: Sequence[str]) -> Path | None:
    """Write the details where they are found again: beside the workflow's logs, or among temporary files."""
    import platform
    import tempfile
    from datetime import datetime

    text = "\n".join([
        f"fdgst {' '.join(map(repr, arguments))}",
        f"fdgst {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"{', '.join(_versions())}\n",
        details,
    ])  # fmt: skip
    name = f"fdgst-error-{datetime.now().astimezone():%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    for folder in (LOGS, Path(tempfile.gettempdir())):
        if folder.is_dir():
            with suppress(OSError):
                (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
                return (folder / name).absolute()
    return None


def _versions() -> list[str]:
    """Return the versions of the packages that are installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for package in sorted({*NAMED, *(module for modules in EXTRAS.values() for module in modules)}):
        with suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    return found
