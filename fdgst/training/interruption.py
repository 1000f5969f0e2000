"""SIGTERM and Ctrl-C: noted at once, obeyed when the step is over and the state is saved."""

import signal
from types import FrameType
from typing import Any, Self

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupted(Exception):  # noqa: N818 - a user's wish, not an error
    """The training stopped because it was told to, and can go on.

    Parameters
    ----------
    message : str
        At which step, and how to go on.
    number : int
        Of the signal.
    """

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.status = 128 + number  # as shells report it: 143, 130


class Interruption:
    """A context in which the two signals only set `number`; the handlers of before return at its end."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Take over the signals."""
        self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, *error: Any) -> None:
        """Give them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Remember the first signal; a second one changes nothing."""
        self.number = self.number or number
