"""One worker for each core, of one thread each; in this process if one is enough."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from fdgst.errors import DataError

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

    Raises
    ------
    DataError
        If a process was killed, as where memory has run out.
    """
    count = min(jobs or usable_cores(), max(len(items), 1))
    if count == 1:
        if prepare:
            prepare(*given)
        yield from map(function, items)
        return
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))  # read by the libraries when a worker imports them
    pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=_begin, initargs=(prepare, *given))
    try:
        yield from pool.map(function, items, chunksize=1)
    except BrokenProcessPool as error:
        raise DataError(
            f"one of {count} processes was ended from outside; run the same command again, with fewer --jobs if memory"
            " had run out"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _begin(prepare: Callable[..., None] | None, *given: Any) -> None:
    """Make a worker ready, which is not to outlive the command: it would write where the next one does."""
    threading.Thread(target=_end_with_the_command, daemon=True).start()
    if prepare:
        prepare(*given)


def _end_with_the_command() -> None:
    """Wait for the process that started this one, and end."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
