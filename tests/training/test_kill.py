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

from fdgst.training.run import train
from fdgst.training.settings import Execution, as_json

KILLER = Path(__file__).with_name("killer.py")
FDGST = [sys.executable, "-m", "fdgst.cli"]


def arguments(run, settings):
    """The command line of a run."""
    flags = {"stage": run.stage, "method": run.method, "trainer": run.trainer, "unseen": run.unseen, "seed": run.seed}
    flags |= {"training": json.dumps(as_json(settings)), "checkpoints": run.checkpoints, "out": run.out}
    flags |= {"device": "cpu", "checkpoint-seconds": 0.1}
    files = [*(("rois", path) for path in run.rois), *(("shard", path) for path in run.shards)]
    return ["train", *(str(part) for key, value in [*flags.items(), *files] for part in (f"--{key}", value))]


@pytest.mark.slow
def test_twenty_kills_end_in_the_weights_of_an_undisturbed_run(run, settings, tmp_path):
    long = settings(epochs=60)
    undisturbed = replace(run("grid"), checkpoints=tmp_path / "elsewhere", out=tmp_path / "undisturbed")
    train(undisturbed, long, Execution("cpu", 1, 1e9, 1.0, False))
    command = [sys.executable, KILLER, run().checkpoints, *arguments(run("grid"), long)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "20 killed\n"
    assert ended.stderr.count("going on after step") >= 10
    one, other = ((out / "model.safetensors").read_bytes() for out in (run().out, undisturbed.out))
    assert one == other


@pytest.mark.slow
def test_a_terminated_process_says_how_to_go_on_and_exits_with_143(run, settings, tmp_path):
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(FDGST + arguments(run("grid"), settings(epochs=500)), stderr=output)
        while not list(run().checkpoints.rglob("*.pt")):
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(60) == 143
    last = log.read_text().splitlines()[-1]
    assert last.startswith("row without c, seed 0: stopped by a signal after step")
    assert last.endswith("saved; run the same command again to go on from there")
