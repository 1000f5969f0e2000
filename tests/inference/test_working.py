"""Workers: one of them that is killed is one line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fdgst.errors import DataError
from fdgst.inference.working import in_workers

HOUSE = Path(__file__).parents[2]


def die(item):
    """End this process from outside, as the system does where memory has run out."""
    os.kill(os.getpid(), signal.SIGKILL)


def stay(folder):
    """Say who this process is, and do not end by itself."""
    (folder / str(os.getpid())).touch()
    time.sleep(60)


def is_there(process):
    """Whether a process runs; one that has ended and was not waited for does not."""
    path = Path(f"/proc/{process}/stat")
    return path.exists() and path.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def wait_for(fact, seconds=30):
    end = time.monotonic() + seconds
    while not fact() and time.monotonic() < end:
        time.sleep(0.02)
    return fact()


def test_results_come_in_the_order_of_the_items():
    assert list(in_workers(abs, [-3, 1, -2], jobs=2)) == [3, 1, 2]


def test_a_process_that_is_killed_is_one_line():
    with pytest.raises(DataError, match="one of 2 processes was ended from outside; run the same command again"):
        list(in_workers(die, [1, 2], jobs=2))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to look for processes in")
def test_processes_end_when_the_command_that_started_them_is_killed(tmp_path):
    code = (
        "from pathlib import Path; from fdgst.inference.working import in_workers; from tests.inference import"
        f" test_working as t; list(in_workers(t.stay, [Path({str(tmp_path)!r})] * 2, jobs=2))"
    )
    command = subprocess.Popen([sys.executable, "-c", f"if __name__ == '__main__':\n  {code}"], cwd=HOUSE)
    assert wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
    command.kill()
    command.wait()
    workers = [path.name for path in tmp_path.iterdir()]
    assert wait_for(lambda: not any(map(is_there, workers)), seconds=10)
