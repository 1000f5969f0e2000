"""What SIGKILL leaves: nothing under a final name but whole files, and nothing that a second run trips over."""

import multiprocessing
import time

import numpy as np
import pytest

from fdgst.generation.banks import make_bank
from fdgst.generation.shards import ShardInputs, make_shard
from tests.generation.files import augmentation, write_domain


def make(rois, folder):
    """Make two banks and two shards in `folder`."""
    make_bank(rois, folder / "dense.h5", alpha=0, mixing="roi")
    make_bank(rois, folder / "soft.h5", alpha=0.05, mixing="roi")
    for name, alpha, phases in (("dense", 0, None), ("soft", 0.05, folder / "soft.h5")):
        out, inputs = folder / f"shard-{name}.h5", ShardInputs(rois, folder / f"{name}.h5", phases)
        make_shard(inputs, out, augmentation=augmentation(alpha=alpha), seed=1, compression="none", jobs=1)


def killed_after(seconds, *arguments):
    """Run `make` in a process that is killed; whether that cut it short."""
    process = multiprocessing.get_context("fork").Process(target=make, args=arguments)
    process.start()
    time.sleep(seconds)
    process.kill()
    process.join()
    return process.exitcode == -9


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.h5"))}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # Python 3.12, after a test that started threads
def test_a_run_after_twenty_kills_gives_the_bytes_of_an_undisturbed_one(tmp_path):
    rois = write_domain(tmp_path, "domain1", roi_size_px=(128, 128), network_size_px=(64, 64), count=24)
    folders = [tmp_path / name for name in ("undisturbed", "killed")]
    begun = time.monotonic()
    make(rois, folders[0])
    seconds = time.monotonic() - begun
    expected, cut_short = contents(folders[0]), 0
    assert len(expected) == 4
    for moment in np.random.default_rng(1).uniform(0, seconds, 20):
        cut_short += killed_after(moment, rois, folders[1])
        for name, found in contents(folders[1]).items():
            assert found == expected[name]
            (folders[1] / name).unlink()
    assert cut_short >= 10
    make(rois, folders[1])
    assert contents(folders[1]) == expected
    assert not list(folders[1].glob("*.part"))
