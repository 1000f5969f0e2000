"""SIGKILL at any moment costs time and nothing else; the signals of a real process have their exit status."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fdgst.study.training import Execution
from fdgst.training.run import train

KILLER = Path(__file__).with_name("killer.py")
FDGST = [sys.executable, "-m", "fdgst.cli"]


def arguments(run, settings, folder):
    """The command line of a run."""
    described = {"trainer": run.trainer, "options": run.options, "training": settings.as_json()}
    (folder / "settings.json").write_text(json.dumps(described))
    flags = {name: getattr(run, name) for name in ("stage", "method", "augmentation", "unseen", "seed")}
    flags |= {"checkpoints": run.checkpoints, "out": run.out, "settings": folder / "settings.json"}
    flags |= {"device": "cpu", "checkpoint-seconds": 0.1, "resident-gib": 1}
    files = [*(("rois", path) for path in run.rois), *(("shard", path) for path in run.shards)]
    return ["train", *(str(part) for key, value in [*flags.items(), *files] for part in (f"--{key}", value))]


@pytest.mark.parametrize(("rounds", "epochs"), [(1, 4), pytest.param(10, 60, marks=pytest.mark.slow)])
def test_kills_end_in_the_weights_of_an_undisturbed_run(run, settings, tmp_path, rounds, epochs):
    long = settings(epochs=epochs)
    undisturbed = replace(run("grid"), checkpoints=tmp_path / "elsewhere", out=tmp_path / "undisturbed")
    how = {"threads": 1, "checkpoint_seconds": 1e9, "resident_gib": 1.0, "tensorboard": False}
    train(undisturbed, long, Execution(device="cpu", **how))
    command = [sys.executable, KILLER, run().checkpoints, str(rounds), *arguments(run("grid"), long, tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{2 * rounds} killed\n"
    assert ended.stderr.count("going on after step") >= rounds
    one, other = ((out / "model.safetensors").read_bytes() for out in (run().out, undisturbed.out))
    assert one == other


def test_a_terminated_process_says_how_to_go_on_and_exits_with_143(run, settings, tmp_path):
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(FDGST + arguments(run("grid"), settings(epochs=500), tmp_path), stderr=output)
        while not list(run().checkpoints.rglob("*.pt")):
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(60) == 143
    last = log.read_text().splitlines()[-1]
    assert last.startswith("row without c, seed 0: stopped by a signal after step")
    assert last.endswith("saved; run the same command again to go on from there")
