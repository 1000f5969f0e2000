"""Writing a file so that its final name never holds half of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a fixed temporary name beside `path`; on success it is synchronised to disk and renamed to `path`.

    Parameters
    ----------
    path : Path
        The final name. Its folder is made if missing; an older file of that name stays until the new one is whole.

    Yields
    ------
    Path
        ``{path}.part``, to be written by the caller. On an exception it is removed; after a kill it stays behind
        and the next attempt overwrites it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        yield part
        _synchronise(part)
        part.replace(path)
        _synchronise(path.parent)  # the rename itself
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` (UTF-8, newlines as they are) to `path` atomically."""
    with atomic(path) as part:
        part.write_bytes(text.encode())


def _synchronise(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
