"""Two processes that train the same run: the second waits, and finds it done; or goes on where a killed one stopped."""

import os
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import replace

from fdgst.locks import lock_of
from tests.storage.children import names, until
from tests.training.test_kill import FDGST, arguments


@contextmanager
def started(run, settings, folder, name):
    """Start the command, its output in a file; it does not outlive the test."""
    log = folder / f"{name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(FDGST + arguments(run, settings, folder), stderr=output)
    try:
        yield process, log
    finally:
        process.kill()
        process.wait()


def test_a_second_training_of_the_same_run_waits_for_a_stopped_one_and_finds_it_done(run, settings, tmp_path):
    one = run("grid")
    with started(one, settings(epochs=40), tmp_path, "first") as (first, log):
        until(lambda: list(one.checkpoints.rglob("*.pt")), 60)
        os.kill(first.pid, signal.SIGSTOP)
        with started(one, settings(epochs=40), tmp_path, "second") as (second, said):
            until(lambda: "waiting for process" in said.read_text(), 60)
            os.kill(first.pid, signal.SIGCONT)
            assert (first.wait(120), second.wait(120)) == (0, 0), log.read_text() + said.read_text()
    waited, done = said.read_text().splitlines()
    assert waited.startswith(f"{one.checkpoints}: waiting for process {first.pid} on ")
    assert done == "row without c, seed 0: trained by the process that was waited for"
    assert names(one.out) == ["history.csv", "model.safetensors", "run.json"]
    assert not lock_of(one.checkpoints).exists()


def test_a_second_training_goes_on_from_the_checkpoint_of_a_killed_one(run, settings, tmp_path):
    one = run("grid")
    other = replace(one, out=tmp_path / "other")
    with started(one, settings(epochs=500), tmp_path, "first") as (first, _):
        until(lambda: list(one.checkpoints.rglob("*.pt")), 60)  # it has the lock
        with started(other, settings(epochs=500), tmp_path, "second") as (second, said):
            until(lambda: "waiting for process" in said.read_text(), 60)
            first.kill()
            first.wait()
            until(lambda: "going on after step" in said.read_text(), 60)
            second.terminate()
            assert second.wait(60) == 143
