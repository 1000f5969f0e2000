"""What a domain was read from, and what was told of it: a record beside its ROI file.

Snakemake goes by dates, and an image that is replaced by an older one brings its date along (unzip, rsync). The record
therefore holds the size, the date and the SHA-256 of every file. Where size and date are the recorded ones, so is the
file; else its digest decides. Of that comes a *stamp*, a param of the rule: the same text until a file has other bytes.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fdgst.errors import DataError, FormatError
from fdgst.storage.atomic import write_text

FIRST = "first"  # stamp of a first reading
Known = tuple[int, int, str]  # size in bytes, date in nanoseconds, SHA-256


def stamp_of(record: Path, files: Iterable[Path]) -> str:
    """Return what a domain's files are known by: the recorded stamp, or another if a file has other bytes.

    Parameters
    ----------
    record : Path
        Written by `write_record`; where there is none, this is the first reading.
    files : iterable of Path
        What the domain is read from now. One that is not there is left to the reader.

    Returns
    -------
    str
        To be recorded by the next reading. A file is read only if its size is the recorded one and its date is not.
    """
    try:
        told = read_record(record)
        recorded: Mapping[str, Sequence[Any]] = told["files"]
        stamp, changed = told["stamp"], {}
        for path in files:
            if path.is_file() and (now := _changed(path, recorded.get(str(path)))):
                changed[str(path)] = now
    except (FormatError, KeyError, TypeError, AttributeError, IndexError):
        return FIRST  # it is missing, or no record: the rule makes it again
    return hashlib.sha256(json.dumps([stamp, changed], sort_keys=True).encode()).hexdigest()[:16] if changed else stamp


def states(files: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Return size and date of files, before they are read."""
    return {path: _state(path) for path in files if path.is_file()}


def known(before: Mapping[Path, tuple[int, int]]) -> dict[str, Known]:
    """Return what files are known by, after they were read.

    Parameters
    ----------
    before : mapping
        `states` before they were read.

    Raises
    ------
    DataError
        One line for each file that was changed meanwhile: what was read of it is not known.
    """
    found = {str(path): (*state, digest_of(path)) for path, state in before.items() if path.is_file()}
    faults = [
        f"{path}: changed while it was read; run the same command again"
        for path, state in before.items()
        if not path.is_file() or _state(path) != state
    ]
    if faults:
        raise DataError(*faults)
    return found


def write_record(
    path: Path,
    *,
    domain: str,
    stamp: str,
    files: Mapping[str, Known],
    lines: Sequence[str],
    warnings: Sequence[str],
) -> None:
    """Write the record of a domain that was read.

    Parameters
    ----------
    path : Path
        JSON.
    domain, stamp : str
        Its id; what `stamp_of` said before.
    files : mapping
        From `known`.
    lines, warnings : sequence of str
        What was done, counted; what the user should know.
    """
    record = {"domain": domain, "stamp": stamp, "lines": [*lines], "warnings": [*warnings], "files": files}
    write_text(path, json.dumps(record, indent=0, ensure_ascii=True) + "\n")


def read_record(path: Path) -> dict[str, Any]:
    """Read a record.

    Raises
    ------
    FormatError
        If it is missing, damaged, or of another domain than its name says.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(
            f"{path}: expected the record of a domain, found none ({error}); run snakemake again"
        ) from error
    if not (isinstance(record, dict) and {"domain", "stamp", "lines", "warnings", "files"} <= record.keys()):
        raise FormatError(
            f"{path}: expected the record of a domain, found other JSON; delete it and run snakemake again"
        )
    return record


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _state(path: Path) -> tuple[int, int]:
    """Return what tells a file from an edited one without reading it."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _changed(path: Path, recorded: Sequence[Any] | None) -> str:
    """Return the digest of a file that has other bytes than recorded; nothing of one that has the same."""
    size, date = _state(path)
    if recorded and [size, date] == list(recorded[:2]):
        return ""
    now = digest_of(path)
    return "" if recorded and now == recorded[2] else now
