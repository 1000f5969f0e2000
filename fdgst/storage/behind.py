"""Work behind the arithmetic: writing chunks in one thread, sending them to the disk in another."""

import io
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from fdgst.storage.atomic import synchronise

_FLUSH_BYTES = 2**26


class Behind:
    """Calls functions in a thread, one after the other, while the caller goes on.

    Parameters
    ----------
    ahead : int
        How many calls may wait; one more waits for the first of them.
    """

    def __init__(self, *, ahead: int) -> None:
        self._thread, self._ahead = ThreadPoolExecutor(1), ahead
        self._waiting: deque[Future[Any]] = deque()

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call a function when its turn comes; raises what an earlier call raised."""
        while len(self._waiting) >= self._ahead:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(function, *arguments))

    def finish(self) -> None:
        """Wait for everything; raises what a call raised."""
        while self._waiting:
            self._waiting.popleft().result()

    def stop(self) -> None:
        """End the thread, and leave out what has not begun."""
        self._thread.shutdown(cancel_futures=True)


class Sink(io.RawIOBase):
    """The file that HDF5 writes to, made to be closed whatever happens.

    HDF5 writes once more when a file is closed. If that fails (on a full disk it does, after the write that failed
    first), the file cannot be closed, and the process ends in a segmentation fault. A sink raises nothing while HDF5
    writes: it keeps the first error, in the system's own words, for whoever asks (`check`), and swallows all that is
    written afterwards: the file can be closed, and is thrown away.

    It also sends a growing file to the disk while more of it is made, so that little is left when it must be there
    (measured on a soft-thresholded shard of 800 MB: a tenth of the time is saved).

    Parameters
    ----------
    path : Path
        Of the file; what it holds is lost.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o666)
        self._place = self._end = self._unflushed = 0
        self._error: OSError | None = None
        # these queues alone are safe where HDF5 calls back: other locks of Python may be held by a thread that waits
        # for h5py's
        self._orders: SimpleQueue[bool] = SimpleQueue()
        self._answers: SimpleQueue[OSError | None] = SimpleQueue()
        self._is_flushing = False
        self._thread = Thread(target=self._flush, name="flush", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise the first error, if there was one; it may have been met where nobody could be told."""
        if self._error is not None:
            raise OSError(self._error.errno, self._error.strerror, str(self.path)) from self._error

    def send(self) -> None:
        """Begin to send what was written to the disk, and return at once."""
        self._wait()
        self._is_flushing, self._unflushed = True, 0
        self._orders.put(True)

    def synchronise(self) -> None:
        """Bring everything to the disk, and raise the first error that was met."""
        self._wait()
        self._do(synchronise, self._descriptor)
        self.check()

    def write_at(self, place: int, content: bytes) -> None:
        """Write somewhere in the file."""
        self.seek(place)
        self.write(content)

    def close(self) -> None:
        """Wait for what is on its way to the disk, and close the file."""
        if not self.closed:
            self._wait()
            self._orders.put(False)
            self._thread.join()
            os.close(self._descriptor)
        super().close()

    def readable(self) -> bool:
        """Say that HDF5 may read what it wrote."""
        return True

    def writable(self) -> bool:
        """Say that it is written to."""
        return True

    def seekable(self) -> bool:
        """Say that it has places."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._end}[whence]
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Read; what was swallowed comes back as zeros."""
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view):
            count = os.preadv(self._descriptor, [view[done:]], self._place + done)
            if not count:
                view[done:] = bytes(len(view) - done)
                break
            done += count
        self._place += len(view)
        return len(view)

    def write(self, content: Any) -> int:
        """Write all of `content`; from the first error on nothing, and say nothing."""
        view = memoryview(content).cast("B")
        place, count = self._place, len(view)
        self._place += count
        self._end = max(self._end, self._place)
        if self._error is None:
            self._do(self._write_all, view, place)
            self._unflushed += count
            if self._unflushed >= _FLUSH_BYTES and (not self._is_flushing or not self._answers.empty()):
                self.send()
        return count

    def truncate(self, size: int | None = None) -> int:
        """Set the size of the file."""
        self._end = self._place if size is None else size
        if self._error is None:
            self._do(os.ftruncate, self._descriptor, self._end)
        return self._end

    def _write_all(self, view: memoryview, place: int) -> None:
        """Write however many calls it takes."""
        while view:
            count = os.pwrite(self._descriptor, view, place)
            view, place = view[count:], place + count

    def _flush(self) -> None:
        """Send the file to the disk whenever that is ordered; runs in a thread."""
        while self._orders.get():
            try:
                synchronise(self._descriptor)
                self._answers.put(None)
            except OSError as error:
                self._answers.put(error)

    def _wait(self) -> None:
        """Wait for what is on its way, and keep its error: the system tells it once and never again."""
        if self._is_flushing:
            self._is_flushing = False
            error = self._answers.get()
            self._error = self._error or error

    def _do(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Do something, and keep the first error."""
        try:
            function(*arguments)
        except OSError as error:
            self._error = self._error or error
