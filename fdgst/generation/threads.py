"""How work is done: one thread for each linear algebra, images spread over threads in order, memory kept."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def steady() -> Iterator[None]:
    """Hold the linear algebra at one thread, and keep the memory of one image for the next.

    One thread oversubscribes nothing and sums in one order. The block that is freed at once tells glibc's allocator
    to keep blocks up to this size: it would hand them back and fault them in again for every image (measured at
    800 px: 2000 page faults, a tenth of the time). Where threadpoolctl is not installed (it comes with the extra
    `train`), the threads are as many as OMP_NUM_THREADS says.
    """
    np.empty(31 * 2**20, np.uint8)  # below 32 MiB, glibc's limit
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    with threadpool_limits(limits=1):
        yield


def spare_cores() -> int:
    """Return how many threads of arithmetic a shard can use: one a core, and four keep its one reader busy."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, 4)


def in_order(function: Callable[[Item], Result], items: Iterable[Item], *, jobs: int) -> Generator[Result, None, None]:
    """Map a function over items with some threads; results come in the order of items.

    Parameters
    ----------
    function : callable
        Called in any thread.
    items : iterable
        Asked for in the caller's thread, `jobs` items before their results are.
    jobs : int
        Threads. 0 calls the function where the result is asked for.

    Yields
    ------
    result
        Close the iterator where not all of them are wanted: it ends the threads.
    """
    if jobs == 0:
        yield from map(function, items)
        return
    pending: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(jobs) as threads:
        try:
            for item in items:
                pending.append(threads.submit(function, item))
                if len(pending) > jobs:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
