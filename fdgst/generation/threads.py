"""How work is done: one thread for each linear algebra, images spread over threads in order, memory kept."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def steady() -> Iterator[None]:
    """Hold the linear algebra at one thread, and keep the memory of one image for the next.

    One thread oversubscribes nothing and sums in one order. The block that is freed at once tells glibc's allocator
    to keep blocks up to this size: it would hand them back and fault them in again for every image (measured at
    800 px: 2000 page faults, a tenth of the time).
    """
    np.empty(31 * 2**20, np.uint8)  # below 32 MiB, glibc's limit
    with threadpool_limits(limits=1):
        yield


def in_order(function: Callable[[Item], Result], items: Sequence[Item], *, jobs: int) -> Iterator[Result]:
    """Map a function over items with some threads; results come in the order of items, a few ahead at most.

    Parameters
    ----------
    function : callable
        Called in any thread.
    items : sequence
    jobs : int
        Threads; 1 calls the function where the result is asked for, and imports no joblib.
    """
    if jobs == 1:
        return map(function, items)
    from joblib import Parallel, delayed

    parallel = Parallel(jobs, require="sharedmem", return_as="generator", pre_dispatch=2 * jobs)
    return parallel(delayed(function)(item) for item in items)
