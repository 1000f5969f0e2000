"""Processes of a test's own: forked, so that they start at once; limited, of another user, stopped and killed."""

import logging
import os
import resource
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path

import pytest

from fdgst.errors import FdgstError

NOBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="another user's rights need root")
forks = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # Python 3.12, after a test with threads


class Child:
    """A function in a process of its own, its faults said as the command line says them.

    Parameters
    ----------
    function : callable
    *arguments
    user : int or None
        Whose rights it has.
    largest : int or None
        Bytes that a file may have: beyond it the disk is full.
    umask : int or None
    """

    def __init__(self, function, *arguments, user=None, largest=None, umask=None):
        self._output, written = os.pipe()  # not a file: a process may be allowed none
        os.set_blocking(self._output, False)
        self._said, self.status = b"", None
        self.pid = os.fork()
        if not self.pid:
            status = 71
            try:
                os.dup2(written, 2)
                status = self._run(function, arguments, user, largest, umask)
            finally:
                os._exit(status)
        os.close(written)

    def _run(self, function, arguments, user, largest, umask):
        """What the process does."""
        sys.stderr = os.fdopen(2, "w", buffering=1)
        logging.getLogger("fdgst").handlers = [logging.StreamHandler(sys.stderr)]  # as where no test listens
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        if umask is not None:
            os.umask(umask)
        if user is not None:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
        try:
            function(*arguments)
        except FdgstError as error:
            print(*(f"fdgst: error: {fault}" for fault in error.faults), sep="\n", file=sys.stderr)
            return 1
        except OSError as error:
            print(f"fdgst: error: {error.filename}: {error.strerror}", file=sys.stderr)
            return 1
        except BaseException:
            traceback.print_exc()
            return 70
        return 0

    def send(self, number):
        """Send a signal."""
        os.kill(self.pid, number)

    def end(self, seconds=60):
        """Wait for its end and return its status, negative for a signal."""
        deadline = time.monotonic() + seconds
        while self.status is None and time.monotonic() < deadline:
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                self.status = os.waitstatus_to_exitcode(status)
            else:
                time.sleep(0.005)
        hangs = self.status is None
        if hangs:
            os.kill(self.pid, signal.SIGKILL)
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        assert not hangs, f"it did not end: {self.said}"
        return self.status

    @property
    def said(self):
        """What it has said on standard error."""
        with suppress(BlockingIOError):
            while self._output is not None and (more := os.read(self._output, 65536)):
                self._said += more
            if self.status is not None and self._output is not None:
                os.close(self._output)
                self._output = None
        return self._said.decode()


def called(function, *arguments, **how):
    """Call a function in a process of its own; its exit status and what it said."""
    child = Child(function, *arguments, **how)
    return child.end(), child.said


def until(true, seconds=30):
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def names(folder):
    """The names of everything below a folder, hidden files too."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if not path.is_dir())
