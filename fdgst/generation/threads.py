"""Threads: the numerical libraries get one each, and work is spread over images in a fixed order of results."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


def one_thread() -> AbstractContextManager:
    """Hold the linear algebra at one thread: nothing oversubscribed, and sums in the same order everywhere."""
    return threadpool_limits(limits=1)


def in_order(function: Callable[[Item], Result], items: Iterable[Item], *, jobs: int) -> Iterator[Result]:
    """Map a function over items with some threads; results come in the order of items, a few ahead at most.

    Parameters
    ----------
    function : callable
        Called in any thread.
    items : iterable
    jobs : int
        Threads; 1 calls the function where the result is asked for.
    """
    if jobs == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(jobs) as pool:
        ahead: deque[Future[Result]] = deque()
        for item in items:
            ahead.append(pool.submit(function, item))
            if len(ahead) > 2 * jobs:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
