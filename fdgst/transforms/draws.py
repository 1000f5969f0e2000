"""What is drawn for an image, and from which stream of random numbers.

One image takes three numbers in [0, 1), whatever becomes of them: whether it is stylised, by which style, how
strongly. So a change of one setting leaves the draws of the others as they were.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fdgst.errors import ConfigError

Law = float | tuple[float, float] | Sequence[float] | Mapping[str, Any]

_forked = [0]  # how often this process has forked


def _count_fork() -> None:
    """Count, before it is forked, so that the new process finds its number."""
    _forked[0] += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_count_fork)


@dataclass(frozen=True)
class Strengths:
    """A law of lambda.

    Attributes
    ----------
    values : tuple of float
        The one strength, the bounds, or the grid.
    uniform : bool
        Whether `values` are the bounds of a uniform draw.
    """

    values: tuple[float, ...]
    uniform: bool

    @classmethod
    def parse(cls, lam: Law) -> "Strengths":
        """Read a law.

        Parameters
        ----------
        lam : float, (float, float), list of float or {'uniform': [float, float]}
            A number is fixed, a tuple is uniform in (low, high], a list is a grid. The mapping, as in a study's
            configuration, is the tuple for formats that have no tuples.

        Raises
        ------
        ConfigError
            If it is none of these, or a strength is not in [0, 1].
        """
        uniform = isinstance(lam, tuple | Mapping)
        values: Any = lam.get("uniform") if isinstance(lam, Mapping) else lam
        if isinstance(values, int | float | np.number) and not uniform:
            values = [values]
        expected = "expected a number in [0, 1], a tuple (low, high) of such, or a list of such"
        try:
            numbers = tuple(float(value) for value in values)
        except (TypeError, ValueError):
            raise ConfigError(f"lam: {expected}, found {lam!r}") from None
        ordered = not uniform or (len(numbers) == 2 and numbers[0] <= numbers[1])
        if not numbers or not ordered or not all(0 <= number <= 1 for number in numbers):
            raise ConfigError(f"lam: {expected}, found {lam!r}")
        return cls(numbers, uniform)

    def at(self, number: float) -> float:
        """Return the strength that a number in [0, 1) draws."""
        if self.uniform:
            low, high = self.values
            return high - number * (high - low)  # (low, high]: the identity is drawn by p alone
        return self.values[int(number * len(self.values))]

    @property
    def plain(self) -> Any:
        """The law in words that JSON and YAML have, as `parse` reads it."""
        return {"uniform": list(self.values)} if self.uniform else list(self.values)

    def __repr__(self) -> str:
        """Return what was given."""
        numbers = [f"{value:g}" for value in self.values]
        if self.uniform:
            return f"({', '.join(numbers)})"
        return numbers[0] if len(numbers) == 1 else f"[{', '.join(numbers)}]"


@dataclass(frozen=True)
class Draw:
    """What was drawn for one image.

    Attributes
    ----------
    place : float
        In [0, 1): which style, of however many there are.
    lam : float
        Strength.
    """

    place: float
    lam: float


class Stream:
    """A stream of random numbers that no two processes share.

    Every process that the stream comes to by being forked or started goes on with a stream of its own, numbered in
    the order in which the processes were started: the workers of a data loader draw differently, and so do those of
    the next epoch, while the same program draws the same again.

    Parameters
    ----------
    seed : int or None
        None: of the operating system.
    """

    def __init__(self, seed: int | None) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
            raise ConfigError(f"seed: expected a whole number >= 0 or None, found {seed!r}")
        root = np.random.SeedSequence(None if seed is None else int(seed)).entropy
        self._begin((root,))
        self._sent = 0

    def generator(self) -> np.random.Generator:
        """Return the stream's generator in this process."""
        if os.getpid() != self._process:
            self._begin((*self._path, _forked[0] - self._forked))
        return self._generator

    def child(self, identity: int) -> np.random.Generator:
        """Return a generator that a number drawn elsewhere names, different in each process."""
        self.generator()
        return np.random.default_rng([identity, *self._path[1:]])

    def _begin(self, path: tuple[Any, ...]) -> None:
        """Begin the stream of this process."""
        self._path, self._process, self._forked = path, os.getpid(), _forked[0]
        self._generator = np.random.default_rng(list(path))

    def __getstate__(self) -> dict[str, Any]:
        """Return what goes along when pickled: to a process being started, the name of a new stream."""
        from multiprocessing.context import get_spawning_popen

        self.generator()
        if get_spawning_popen() is None:
            return {"path": self._path, "state": self._generator.bit_generator.state}
        self._sent += 1
        return {"path": (*self._path, self._sent), "state": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Go on where the pickled stream was."""
        self._sent = 0
        self._begin(tuple(state["path"]))
        if state["state"] is not None:
            self._generator.bit_generator.state = state["state"]
