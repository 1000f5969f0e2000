"""The machine under a training: which device, how many threads, and what can be said of it afterwards."""

import logging
import os
import resource
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import torch

from fdgst.errors import ConfigError
from fdgst.locks import first_free

log = logging.getLogger(__name__)
SHARE = 2 / 3  # of the free memory, that pixels may fill: the network needs room, too
FULL_GPU = ("out of memory", "ALLOC_FAILED")  # of CUDA, cuDNN and cuBLAS, where torch has no class of error for it
FULL_CPU = ("can't allocate memory", "not enough memory")  # of torch's allocator
_locks: list[Any] = []  # held until the process ends


def choose(device: str) -> torch.device:
    """Return the device that ``auto``, ``cpu`` or ``cuda`` means here.

    Of several GPUs this process takes the one that the fewest of this user's processes have taken, so that four runs
    at once are on four GPUs; a fifth shares one. ``CUDA_VISIBLE_DEVICES`` says among which, as always.

    Raises
    ------
    ConfigError
        If a GPU is asked for and there is none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("training.device: expected a CUDA device, found none; use auto or cpu")
    if device == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    chosen = torch.device("cuda", _own_gpu())
    use_in_thread(chosen)
    return chosen


@cache
def _own_gpu() -> int:
    """Take a GPU for as long as this process lives, and return its number."""
    names = [f"gpu-{torch.cuda.get_device_properties(i).uuid}" for i in range(torch.cuda.device_count())]
    try:
        taken = first_free(names)
    except OSError as error:
        log.warning("GPUs cannot be shared out, as there is no place for locks (%s): taking the first", error)
        return 0
    assert taken is not None  # any number may share one
    _locks.append(taken[1])
    return taken[0]


def use_in_thread(device: torch.device) -> None:
    """Make a GPU the current one of this thread, in which every thread has its own; nothing on a CPU."""
    if device.type == "cuda":
        torch.cuda.set_device(device)


def describe(device: torch.device) -> str:
    """Return the name of a device: of the GPU, or how many CPUs there are to use."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"cpu ({usable_cpus()} usable)"


def usable_cpus() -> int:
    """Return how many CPUs this process may keep busy: by affinity and by the quota of its control group."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.is_file():
        allowed, period = quota.read_text().split()
        if allowed != "max":
            cpus = min(cpus, max(1, int(allowed) // int(period)))
    return cpus


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether mixed precision pays: a GPU that has bfloat16 itself and does not emulate it."""
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def configure(device: torch.device, *, threads: int, tf32: bool, deterministic: bool) -> None:
    """Set torch's threads and kernels, for the whole process.

    Parameters
    ----------
    device : torch.device
    threads : int
    tf32 : bool
        Whether a GPU may round the factors of float32 products to ten bits.
    deterministic : bool
        Whether a GPU must give equal bytes again; a CPU does anyway.
    """
    torch.set_num_threads(threads)
    if device.type != "cuda":
        return
    # not by the newer `fp32_precision` of a single operation: torch.compile reads these flags, and torch 2.15 then
    # refuses to say what they are
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = not deterministic
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS is used first
    torch.use_deterministic_algorithms(deterministic)
    if deterministic:
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # nothing reads it


def peak_memory(device: torch.device) -> dict[str, int]:
    """Return the largest memory so far, bytes: of the process, and of the GPU's tensors if there is one."""
    peak = {"peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    if device.type == "cuda":
        peak["peak_gpu_memory_bytes"] = torch.cuda.max_memory_allocated(device)
    return peak


def full(error: BaseException) -> str:
    """Return what to do if an error says that the memory is full, an empty text if it says something else."""
    text = str(error)
    if any(words in text for words in FULL_CPU) or isinstance(error, MemoryError):
        return "the memory is full: lower training.images_per_step or training.resident_gib, or run fewer jobs at once"
    on_gpu = any(words in text for words in FULL_GPU) and any(name in text for name in ("CUDA", "cuDNN", "CUBLAS"))
    if isinstance(error, torch.OutOfMemoryError) or on_gpu:
        return (
            "the GPU's memory is full: lower training.images_per_step or training.resident_gib, or share it with fewer"
        )
    return ""


def free_gib(device: torch.device) -> float:
    """Return what pixels may fill of the memory of a device that is free now, GiB."""
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else free_bytes()
    return free * SHARE / 2**30


def free_bytes(root: Path = Path("/")) -> float:
    """Return how many bytes of a computer's memory this process may fill: by what is free, and by its control groups.

    Parameters
    ----------
    root : Path
        Where the system's files are.

    Returns
    -------
    float
        Infinite where the system does not say.
    """
    memory = [line.split()[1] for line in _lines(root / "proc/meminfo") if line.startswith("MemAvailable:")]
    found = [float("inf"), *(1024 * int(kib) for kib in memory)]
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, place = line.split(":", 2)
        if not controllers or controllers == "memory":
            found += _left_in_groups(root / "sys/fs/cgroup" / controllers, PurePosixPath(place))
    return max(min(found), 0)


def _left_in_groups(top: Path, place: PurePosixPath) -> Iterator[float]:
    """Yield what a control group and those around it leave, of version 2 (`top` is their folder) or 1."""
    limit, used, cached = ("memory.max", "memory.current", "inactive_file")
    if top.name == "memory":
        limit, used, cached = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
    for group in (place, *place.parents):
        folder = top / group.relative_to("/")
        limits, uses = _lines(folder / limit), _lines(folder / used)
        if limits and uses and limits[0] != "max":
            given_back = [
                int(line.split()[1]) for line in _lines(folder / "memory.stat") if line.startswith(f"{cached} ")
            ]
            yield int(limits[0]) - int(uses[0]) + sum(given_back)


def _lines(path: Path) -> list[str]:
    """Return the lines of a file of the system's, none if there is no such file."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
