"""One worker for each core, of one thread each; in this process if one is enough."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_workers(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    jobs: int | None,
    prepare: Callable[..., None] | None = None,
    given: Iterable[Any] = (),
) -> Iterator[Result]:
    """Yield what a function makes of items, in their order.

    Parameters
    ----------
    function : callable
        Of a module: workers find it by name.
    items : sequence
    jobs : int or None
        Processes; None: one for each core, none more than there are items. With one all is done in this process.
    prepare : callable
        Called with `given` once in each process before its first item.
    """
    count = min(jobs or usable_cores(), max(len(items), 1))
    if count == 1:
        if prepare:
            prepare(*given)
        yield from map(function, items)
        return
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))  # read by the libraries when a worker imports them
    pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=prepare, initargs=tuple(given))
    try:
        yield from pool.map(function, items, chunksize=1)
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
