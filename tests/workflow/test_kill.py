"""Snakemake and its jobs killed together: what is there afterwards is whole, and the next run makes the same bytes."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workflow.graph import HOUSE, environment, snakemake

TINY = HOUSE / "workflow/presets/tiny.yaml"
TARGETS = ("results/shards/fdg/sheet.csv", "results/shards/fdg_st/sheet.csv")


def hdf5_bytes(folder):
    """The content of every HDF5 file below a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in sorted((folder / "results").rglob("*.h5"))}


def start_and_kill(folder, seconds):
    """Begin the work in a process group of its own and kill the whole group."""
    command = [Path(sys.executable).with_name("snakemake"), "--snakefile", HOUSE / "Snakefile", "--directory", folder]
    options = ["--cores", "2", "--configfile", TINY, "--", *TARGETS]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, *options], env=environment(), start_new_session=True, **quiet) as process:
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_killing_snakemake_and_its_jobs_loses_nothing_and_changes_no_byte(tmp_path):
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    snakemake(undisturbed, "--configfile", TINY, "--", *TARGETS)
    killed.mkdir()
    for moment in random.Random(1).sample(range(20, 120), 6):
        start_and_kill(killed, moment / 10)
        whole = hdf5_bytes(undisturbed)
        assert all(whole[name] == content for name, content in hdf5_bytes(killed).items())
        snakemake(killed, "--unlock", "--configfile", TINY, "--", *TARGETS)
    snakemake(killed, "--configfile", TINY, "--rerun-incomplete", "--", *TARGETS)
    assert hdf5_bytes(killed) == hdf5_bytes(undisturbed)
    assert not list(killed.rglob("*.part"))
