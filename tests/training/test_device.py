"""What is asked of the machine: how much memory is free, and whether an error means that none is."""

import logging
import resource

import numpy as np
import pytest
import torch

from fdgst.training.device import SHARE, free_bytes, free_gib, full
from fdgst.training.store import Store
from tests.storage.children import called, forks

MIB = 2**20


def machine(root, files):
    """Write the files by which a system says how much memory there is."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


MEMINFO = {"proc/meminfo": "MemTotal:  16000 kB\nMemFree:  1000 kB\nMemAvailable:   8000 kB\n"}
GROUPS = {
    "nothing said": ({}, float("inf")),
    "no group": (MEMINFO, 8000 * 1024),
    "version 2": (
        MEMINFO
        | {
            "proc/self/cgroup": "0::/user/job\n",
            "sys/fs/cgroup/user/job/memory.max": "max\n",
            "sys/fs/cgroup/user/job/memory.current": "5\n",
            "sys/fs/cgroup/user/memory.max": f"{6 * MIB}\n",
            "sys/fs/cgroup/user/memory.current": f"{4 * MIB}\n",
            "sys/fs/cgroup/user/memory.stat": f"anon 7\ninactive_file {MIB}\n",
        },
        3 * MIB,
    ),
    "version 1": (
        MEMINFO
        | {
            "proc/self/cgroup": "3:cpu,cpuacct:/a\n5:memory:/b\n",
            "sys/fs/cgroup/memory/b/memory.limit_in_bytes": f"{5 * MIB}\n",
            "sys/fs/cgroup/memory/b/memory.usage_in_bytes": f"{4 * MIB}\n",
        },
        MIB,
    ),
    "more used than allowed": (
        MEMINFO
        | {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": "5\n",
            "sys/fs/cgroup/memory.current": "9\n",
        },
        0,
    ),
}


@pytest.mark.parametrize(("files", "expected"), GROUPS.values(), ids=GROUPS)
def test_free_memory_is_that_of_the_machine_and_of_every_control_group(tmp_path, files, expected):
    assert free_bytes(machine(tmp_path, files)) == expected


def test_this_machine_says_how_much_is_free():
    assert 0 < free_gib(torch.device("cpu")) < float("inf")


def test_pixels_are_not_kept_in_memory_that_is_not_free(run, monkeypatch, caplog):
    pixels = 2.0**-20  # GiB: less than the run's
    monkeypatch.setattr("fdgst.training.device.free_bytes", lambda: pixels * 2**30 / SHARE)
    with caplog.at_level(logging.INFO), Store(run("grid"), torch.device("cpu"), 1.0) as store:
        assert not store.resident
    assert "GiB free for them): read by chunk" in caplog.text


def exhaust():
    """Ask torch, then numpy, for more memory than there is."""
    resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))
    for ask in (lambda: torch.empty(2**40, dtype=torch.uint8), lambda: np.ones(2**40, np.uint8)):
        with pytest.raises((RuntimeError, MemoryError)) as refused:
            ask()
        assert full(refused.value).startswith("the memory is full: lower training.images_per_step"), refused.value


@forks
def test_a_memory_that_is_full_is_known_by_what_torch_and_numpy_say():
    assert called(exhaust) == (0, "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"), "the GPU's memory is full: lower"),
        (RuntimeError("CUDA error: out of memory"), "the GPU's memory is full: lower"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), "the GPU's memory is full: lower"),
        (
            RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
            "the GPU's memory",
        ),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), ""),
        (ValueError("out of memory lane"), ""),
    ],
)
def test_only_errors_about_memory_are_taken_for_such(error, said):
    assert full(error).startswith(said)
    assert bool(full(error)) == bool(said)
