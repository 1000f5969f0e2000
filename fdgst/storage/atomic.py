"""Writing a file so that its final name never holds half of it, whoever else writes it, and whatever ends the writing.

All files of the project are written by `atomic`, or by `write_text` and `write_bytes`, which use it.
"""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from fdgst.errors import WriteError
from fdgst.locks import Hold, alone, lock_of

ADVICE = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of your quota",
    errno.EEXIST: "move the file away that stands where its folder should be",
    errno.ENOTDIR: "move the file away that stands where its folder should be",
    errno.ENAMETOOLONG: "give it a shorter one",
    errno.EFBIG: "ask for larger files (ulimit -f), or write elsewhere",
    errno.EROFS: "write elsewhere, or mount it for writing",
    errno.EACCES: "ask its owner for the right to write there, or write elsewhere",
    errno.EPERM: "ask its owner for the right to write there, or write elsewhere",
}
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # what only writing can meet
CANNOT_SYNCHRONISE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM}


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; on success it is synchronised to disk and renamed to `path`.

    Only one process at a time is in this context with one `path`: the next says whom it waits for, waits, and then
    writes the file in its turn. Where the file system has no locks each writes a temporary file of its own, and the
    last one's stays.

    Parameters
    ----------
    path : Path
        The final name. Its folder is made if missing; an older file of that name stays until the new one is whole.

    Yields
    ------
    Path
        ``{path}.{token}.part``: an empty file, to be filled or replaced by the caller. On an exception it is removed;
        after a kill it stays behind until the next writer of `path` removes it. The file gets the mode that the umask
        says, whatever the caller made of it.

    Raises
    ------
    WriteError
        If the disk or the quota is full, or nothing may be written there: one line.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with _worded(path, part), alone_with(path, part=part.name):
        try:
            mode = _made(part)
            yield part
            _settle(part, mode)
            part.replace(path)
            _synchronise_folder(path.parent)  # the rename itself
        finally:
            with suppress(OSError):
                part.unlink()


@contextmanager
def alone_with(path: Path, *, part: str = "") -> Iterator[Hold]:
    """Hold the lock of a file or folder, for what is more than one file; see `fdgst.locks.alone`.

    Raises
    ------
    WriteError
        If nothing may be written there.
    """
    with ExitStack() as stack:
        with _worded(path, path):
            path.parent.mkdir(parents=True, exist_ok=True)
            hold = stack.enter_context(alone(path, part=part))
        yield hold


def write_text(path: Path, text: str) -> None:
    """Write `text` (UTF-8, newlines as they are) to `path` atomically."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with atomic(path) as part:
        part.write_bytes(content)


@contextmanager
def _worded(path: Path, part: Path) -> Iterator[None]:
    """Turn what the system says of a file into one line."""
    try:
        yield
    except OSError as error:
        if not _is_of(error, path, part):
            raise
        raise WriteError(_fault(error, path)) from error


def _is_of(error: OSError, path: Path, part: Path) -> bool:
    """Tell whether an error was met in writing a file, rather than in reading another one for it."""
    if error.filename is None:
        return error.errno in FULL
    return error.filename in (str(part), str(lock_of(path))) or path.is_relative_to(error.filename)  # or its folders


def _fault(error: OSError, path: Path) -> str:
    """Word an error of writing."""
    reason = error.strerror or str(error)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        reason = f"{reason} in {path.parent}"
    advice = ADVICE.get(error.errno or 0, "see to it")
    return f"{path}: cannot be written: {reason}; nothing is lost: {advice}, and run the same command again"


def _made(part: Path) -> int:
    """Make an empty file that nobody else has, and return the mode that umask and folder gave it."""
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        return os.fstat(descriptor).st_mode & 0o7777
    finally:
        os.close(descriptor)


def _settle(part: Path, mode: int) -> None:
    """Bring a file that was written to the disk, with a mode; some libraries put a file of their own in its place."""
    descriptor = os.open(part, os.O_RDWR)
    try:
        if os.fstat(descriptor).st_mode & 0o7777 != mode:
            with suppress(OSError):
                os.fchmod(descriptor, mode)
        synchronise(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(part)) from error
    finally:
        os.close(descriptor)


def synchronise(descriptor: int) -> None:
    """Bring an open file to the disk, where its file system can do that."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in CANNOT_SYNCHRONISE:
            raise


def _synchronise_folder(folder: Path) -> None:
    """Bring a folder to the disk, where it may be opened."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # it may be written to and not read
        return
    try:
        synchronise(descriptor)
    finally:
        os.close(descriptor)
