"""File names as text: those that are none, those that only look alike, and where a relative one was looked for."""

import os
import unicodedata
from contextlib import suppress
from pathlib import Path

LONGEST_NAME = (
    150  # bytes, of an image: files of its copies are called by domains and numbers, too, and 255 are allowed
)


def undecodable(name: str) -> bool:
    r"""Tell whether a name holds bytes that are no text here: no table, log or report could write it.

    Examples
    --------
    >>> undecodable("eye\udcff.png"), undecodable("œil 東.png")
    (True, False)
    """
    return any("\udc80" <= sign <= "\udcff" for sign in name)


def undecodable_fault(path: Path) -> str:
    """Refuse a file for its name."""
    return f"{path}: expected a name that is text (UTF-8), found other bytes in it; rename it"


def name_fault(name: str) -> str:
    r"""Say why a name of an image can be no file's, which it becomes where copies are written; nothing if it can.

    Examples
    --------
    >>> name_fault("œil 東"), name_fault("a/b")
    ('', "a name without / and \\, found 'a/b'")
    """
    if name in (".", ".."):
        return f"a name, found {name!r}, which stands for a folder"
    if "/" in name or "\\" in name:
        return f"a name without / and \\, found {name!r}"
    if not name.isprintable():
        return f"a name without control characters, found {name!a}"
    if len(name.encode(errors="surrogatepass")) > LONGEST_NAME:
        return f"a name of at most {LONGEST_NAME} bytes, found {len(name.encode(errors='surrogatepass'))}"
    return ""


def look_alike(path: Path) -> str:
    r"""Name a file that looks like one that is missing, as the end of a line; nothing where there is none.

    A letter with an accent is one sign or two, as macOS writes it: both look the same, and are different names.
    Windows writes ``\`` between folders, which is a letter of the name elsewhere.
    """
    if "\\" in path.name:
        return "; write / between folders, not \\"
    if path.name.isascii():
        return ""
    wanted = unicodedata.normalize("NFC", path.name)
    with suppress(OSError):
        for name in os.listdir(path.parent):  # noqa: PTH208 - names are what is compared
            if name != path.name and unicodedata.normalize("NFC", name) == wanted:
                return (
                    f"; the folder has a file whose name looks the same and is of other signs"
                    f" ({_form(name)}, not {_form(path.name)}): give both one form"
                )
    return ""


def looked_for(path: Path) -> str:
    """Say below which folder a relative path was looked for, as a part of a line; nothing of an absolute one.

    Snakemake goes to the folder of ``--directory`` before anything is read; the shell's own folder is still known.
    """
    if path.is_absolute():
        return ""
    started = os.environ.get("PWD", "")
    said = f" below {Path.cwd()}"
    if started and Path(started) != Path.cwd() and (Path(started) / path).exists():
        said += f", but there is one below {started}: write the whole path"
    return said


def _form(name: str) -> str:
    """Name the Unicode form of a name."""
    forms = [form for form in ("NFC", "NFD") if unicodedata.is_normalized(form, name)]  # type: ignore[arg-type]
    return {"NFC": "composed", "NFD": "decomposed"}[forms[0]] if forms else "mixed"
