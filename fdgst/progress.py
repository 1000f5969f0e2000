"""Progress: one live line on the terminal, wherever the output goes, and a plain line in the log every ten seconds.

A rule's output goes to its log file; the terminal, when there is one, is written to directly. Of several processes at
one terminal (Snakemake's jobs) one at a time paints its line, and the next takes over when it is done: they would paint
over each other. Log lines are records of the logger ``fdgst``, which stay unseen unless the program at hand shows them
(`log_to_stderr`).
"""

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import gmtime, monotonic, strftime
from typing import TYPE_CHECKING, Any, Self, TextIO, TypeVar

if TYPE_CHECKING:
    from tqdm import tqdm

log = logging.getLogger(__name__)
Item = TypeVar("Item")
LOG_SECONDS = 10.0
TURN_SECONDS = 1.0  # between two questions whether the terminal is free


class Progress:
    """Counts what is done; a context manager.

    Parameters
    ----------
    total : int
        Number of items in all.
    description : str
        What is going on, in a few words.
    unit : str
        Name of one item.
    initial : int
        Items that an earlier process has done.
    """

    def __init__(self, total: int, *, description: str, unit: str, initial: int = 0) -> None:
        self.total, self.description, self.unit = total, description, unit
        self.done = self._initial = initial
        self._begun = self._logged = monotonic()
        self._terminal = _Terminal()
        self._shown = ExitStack()
        self._bar: tqdm[Any] | None = None
        self._asked = self._begun
        self._show()

    def __enter__(self) -> Self:
        """Show it."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Take the line away."""
        self._shown.close()
        self._terminal.close()

    def advance(self, count: int = 1, /, **fields: str) -> None:
        """Count `count` more items as done, and show `fields`, in words, beside the numbers."""
        if self._bar is None and monotonic() - self._asked >= TURN_SECONDS:
            self._show()
        self.done += count
        if self._bar is not None:
            self._bar.set_postfix(fields, refresh=False)
            self._bar.update(count)
        if not self._terminal.is_stderr and monotonic() - self._logged >= LOG_SECONDS:
            self._logged = monotonic()
            log.info("%s", self._line(fields))

    def _show(self) -> None:
        """Show the bar if there is a terminal, and no other process has one there."""
        self._asked = monotonic()
        if self._terminal.there and self._terminal.taken(self._shown):
            self._bar = self._shown.enter_context(self._bar_above_the_log())

    @contextmanager
    def _bar_above_the_log(self) -> "Iterator[tqdm[Any] | None]":
        """Show tqdm's bar with log lines above it; no bar where tqdm is not installed, as in the smallest installation.

        It is imported here, as it takes .1 s and most jobs have no terminal.
        """
        try:
            from tqdm import tqdm
            from tqdm.contrib.logging import logging_redirect_tqdm
        except ImportError:
            yield None
            return
        bar = tqdm(
            total=self.total,
            desc=self.description,
            unit=f" {self.unit}",
            initial=self.done,
            file=self._terminal,
            leave=False,
            mininterval=0.5,
            dynamic_ncols=True,
        )
        with logging_redirect_tqdm([logging.getLogger("fdgst")]), bar:
            yield bar

    def _line(self, fields: dict[str, str]) -> str:
        """Put the state into one line."""
        seconds_each = (monotonic() - self._begun) / max(self.done - self._initial, 1)
        seconds_left = (self.total - self.done) * seconds_each
        left = strftime("%H:%M:%S" if seconds_left >= 3600 else "%M:%S", gmtime(seconds_left))
        shown = [f"{self.unit} {self.done}/{self.total}", *(f"{key} {value}" for key, value in fields.items())]
        return f"{self.description}: {', '.join(shown)}, {left} left"


def progress(items: Iterable[Item], *, total: int, description: str, unit: str) -> Iterator[Item]:
    """Yield `items`, counting each when its turn is over.

    Parameters
    ----------
    items : iterable
    total : int
        How many there are.
    description, unit : str
        As of `Progress`.
    """
    with Progress(total, description=description, unit=unit) as shown:
        for item in items:
            yield item
            shown.advance()


def say(line: str) -> None:
    """Say something that the user should know at once: on standard error, and on the terminal if that is elsewhere."""
    log.warning("%s", line)
    terminal = _Terminal()
    if not terminal.is_stderr:
        terminal.write(f"{line}\n")
    terminal.close()


def log_to_stderr() -> None:
    """Show the package's log lines on standard error."""
    logger = logging.getLogger("fdgst")
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler())
        logger.setLevel(logging.INFO)


class _Terminal:
    """The terminal as a file, if there is one; a terminal that goes away stops nothing."""

    def __init__(self) -> None:
        self.is_stderr = sys.stderr.isatty()
        self._file: TextIO | None = sys.stderr if self.is_stderr else None
        if self._file is None:
            with suppress(OSError):
                self._file = Path("/dev/tty").open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the bar lives

    @property
    def there(self) -> bool:
        """Whether anybody may be looking."""
        return self._file is not None

    def taken(self, until: ExitStack) -> bool:
        """Take the terminal for this process until `until` is closed; False if another process has it."""
        from fdgst.locks import first_free

        try:
            turn = first_free([self._name()], most=1)
        except OSError:  # no folder for locks: whoever paints over whom
            return True
        if turn is not None:
            until.callback(turn[1].release)
        return turn is not None

    def _name(self) -> str:
        """Return a name that all processes at this terminal give it."""
        number = 0
        with suppress(OSError, IndexError, ValueError):
            if self.is_stderr:
                number = os.fstat(self.fileno()).st_rdev
            else:  # /dev/tty is the same file for every terminal: the process knows which one is meant
                number = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[4])
        return f"terminal-{os.major(number)}-{os.minor(number)}"

    def write(self, text: str) -> None:
        """Write, or not."""
        with suppress(OSError):
            if self._file is not None:
                self._file.write(text)

    def flush(self) -> None:
        """Flush, or not."""
        with suppress(OSError):
            if self._file is not None:
                self._file.flush()

    def fileno(self) -> int:
        """Return the number of the file, by which tqdm finds the width of the terminal."""
        if self._file is None:
            raise OSError("no terminal")
        return self._file.fileno()

    def close(self) -> None:
        """Close what was opened here."""
        with suppress(OSError):
            if self._file is not None and not self.is_stderr:
                self._file.close()
