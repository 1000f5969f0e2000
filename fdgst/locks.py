"""Locks that die with the process that holds them, however it ends.

The lock of a file is a hidden file beside it, ``.{name}.lock``, which is there while it is held; after a kill it stays
until the file's next writer comes, and holds nobody up. It lies beside the file, and not in a folder of temporary
files, since writers may be on several machines that share the folder, and may be several people: whoever may write the
file may take its lock. What guards a thing of this machine (a GPU, a terminal) lies in the temporary folder.
"""

import errno
import json
import logging
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fdgst.progress import say

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = logging.getLogger(__name__)
EVERYBODY = 0o666  # a lock is nobody's: who may write into the folder may take it, whoever made it
POLL_SECONDS = 0.1
NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}  # what file systems without locks answer
_told: set[Path] = set()  # folders without locks


@dataclass
class Hold:
    """How a lock was had.

    Attributes
    ----------
    waited : bool
        Whether another process had it first.
    locked : bool
        False where the file system has no locks: then nobody is kept out.
    """

    waited: bool = False
    locked: bool = True


@contextmanager
def alone(path: Path, *, part: str = "") -> Iterator[Hold]:
    """Hold the lock of a file or folder; whoever holds it is waited for, and named on one line.

    Parameters
    ----------
    path : Path
        What is to be written; its folder exists.
    part : str
        Name of a temporary file beside it. If this process is killed, the next one to hold the lock removes it.

    Yields
    ------
    Hold

    Raises
    ------
    OSError
        If the lock's file cannot be made.
    """
    from filelock import FileLock, Timeout  # .05 s, and most processes write nothing

    place = lock_of(path)
    lock = FileLock(place, mode=EVERYBODY, fallback_to_soft=False, poll_interval=POLL_SECONDS)
    hold = Hold()
    try:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            hold.waited = True
            say(f"{path}: waiting for {_holder(place)}")
            lock.acquire()
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        hold.locked = False
        place.unlink(missing_ok=True)
        _tell_once(path.parent, error)
    try:
        if hold.locked:
            _sweep(path, _content(place).get("part"))
            with suppress(OSError):  # a full disk: then it is not known who writes
                place.write_text(json.dumps(_introduction(part)), encoding="utf-8")
        yield hold
    finally:
        if hold.locked:
            with suppress(OSError):
                place.unlink()  # while it is held: who has opened it notices, and tries again
            lock.release()


def lock_of(path: Path) -> Path:
    """Return where the lock of a file or folder lies."""
    return path.with_name(f".{path.name}.lock")


def first_free(names: Sequence[str], *, most: int | None = None) -> tuple[int, "BaseFileLock"] | None:
    """Take one of this machine's things that the fewest of this user's processes have taken, until the process ends.

    Parameters
    ----------
    names : sequence of str
        Of the things, the same in every process; letters, digits, ``-``, ``_`` and ``.``.
    most : int or None
        How many processes may share a thing; None: any number.

    Returns
    -------
    (int, lock) or None
        Place of the thing among `names`, and what to release when it is given back. None where every one is taken by
        as many as may share it.

    Raises
    ------
    OSError
        If the temporary folder takes no locks.
    """
    from filelock import FileLock, Timeout

    folder = Path(tempfile.gettempdir()) / f"fdgst-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for share in count() if most is None else range(most):
        for place, name in enumerate(names):
            lock = FileLock(folder / f"{name}.{share}.lock", fallback_to_soft=False)
            with suppress(Timeout):
                lock.acquire(blocking=False)
                return place, lock
    return None


def _introduction(part: str) -> dict[str, Any]:
    """Say who holds a lock."""
    since = datetime.now().astimezone().isoformat(" ", "seconds")
    return {"process": os.getpid(), "host": socket.gethostname(), "since": since, "part": part}


def _content(place: Path) -> dict[str, Any]:
    """Read who holds or held a lock; nothing where it does not say."""
    with suppress(OSError, ValueError):
        found = json.loads(place.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def _holder(place: Path) -> str:
    """Say in words who holds a lock."""
    found = _content(place)
    process, host = found.get("process"), found.get("host")
    if not isinstance(process, int):
        return "another process, which is writing it"
    here = host == socket.gethostname()
    stopped = ", and is stopped (kill -CONT lets it go on)" if here and _is_stopped(process) else ""
    return (
        f"process {process} on {host}, which has been writing it since {found.get('since')}{stopped}; end that process"
        " if it hangs"
    )


def _is_stopped(process: int) -> bool:
    """Tell whether a process of this machine was stopped by a signal, where the system says."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in ("T", "t")
    return False


def _sweep(path: Path, part: Any) -> None:
    """Remove what a killed writer of `path` left behind: a name out of a file that anybody may write, so beside it."""
    if isinstance(part, str) and part == Path(part).name and part.startswith(path.name) and part.endswith(".part"):
        with suppress(OSError):
            path.with_name(part).unlink()


def _tell_once(folder: Path, error: OSError) -> None:
    """Say that a folder's file system has no locks."""
    if folder not in _told:
        _told.add(folder)
        log.warning(
            "%s: its file system has no locks (%s): start no two programs that write the same files there (each file"
            " stays whole even so)",
            folder,
            error.strerror or error,
        )
