"""The machine under a training: which device, how many threads, and what can be said of it afterwards."""

import logging
import os
import resource
from pathlib import Path

import torch

from fdgst.errors import ConfigError

log = logging.getLogger(__name__)


def choose(device: str) -> torch.device:
    """Return the device that ``auto``, ``cpu`` or ``cuda`` means here.

    Raises
    ------
    ConfigError
        If a GPU is asked for and there is none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("training.device: expected a CUDA device, found none; use auto or cpu")
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")


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
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = not deterministic
    torch.use_deterministic_algorithms(deterministic)
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # nothing reads it


def peak_memory(device: torch.device) -> dict[str, int]:
    """Return the largest memory so far, bytes: of the process, and of the GPU's tensors if there is one."""
    peak = {"peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    if device.type == "cuda":
        peak["peak_gpu_memory_bytes"] = torch.cuda.max_memory_allocated(device)
    return peak
