"""A full disk: one line, an exit status that is not 0, the old file as it was, and a rerun that goes on."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from fdgst.errors import WriteError
from fdgst.storage import format as form
from fdgst.storage.atomic import write_text
from fdgst.storage.behind import Sink
from fdgst.storage.contracts import verify
from fdgst.training.checkpoint import Checkpoints
from fdgst.training.results import save_model
from tests.generation.files import write_domain, write_shard
from tests.storage.children import called, forks, names
from tests.workflow.graph import HOUSE

pytestmark = forks
IMAGES, BYTES = 40, 50_000


def write_hdf5(path, compression="none"):
    """Write two megabytes that no compression makes less."""
    rng = np.random.default_rng(0)
    with form.create(path, kind="rois", settings={}) as file:
        dataset = form.add_images(file, "image", (IMAGES, BYTES), "u1", compression=compression)
        column = file.create_dataset("value", (0,), "f4", maxshape=(None,), chunks=(4096,), fletcher32=True)
        for row in range(IMAGES):
            dataset[row] = rng.integers(0, 256, BYTES)
            column.resize((100 * (row + 1),))
            column[100 * row :] = row


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("share", [0, 0.0002, 0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999])
def test_hdf5_on_a_full_disk_ends_in_one_line_wherever_it_is_full(tmp_path, share, compression):
    path = tmp_path / "a.h5"
    write_text(path, "old")
    status, said = called(write_hdf5, path, compression, largest=int(share * IMAGES * BYTES))
    assert (status, said.count("\n")) == (1, 1), said  # -11 is a segmentation fault
    assert f"{path}: cannot be written: File too large; nothing is lost: " in said
    assert (path.read_text(), names(tmp_path)) == ("old", ["a.h5"])
    write_hdf5(path, compression)
    assert form.verify(path) == "rois"


@pytest.mark.parametrize("size", ["64k", "300k", "1m", "1900k"])
def test_a_file_system_that_is_full_is_one_line_and_is_left_empty(mounted, size):
    folder = mounted("-t", "tmpfs", "-o", f"size={size}", "none")
    status, said = called(write_hdf5, folder / "a.h5")
    assert (status, said.count("\n")) == (1, 1), said
    assert f"{folder / 'a.h5'}: cannot be written: No space left on device; nothing is lost: free some space" in said
    assert names(folder) == []


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_shard_written_behind_on_a_full_disk_keeps_the_old_one(tmp_path, share):
    write_domain(tmp_path, "domain1", roi_size_px=(64, 64), network_size_px=(64, 64), count=8)
    path = write_shard(tmp_path, "domain1", "domain1")
    whole = path.read_bytes()
    status, said = called(write_shard, tmp_path, "domain1", "domain1", largest=int(share * len(whole)))
    assert (status, said.count("\n")) == (1, 1), said
    assert path.read_bytes() == whole
    assert verify(path) == "shard"
    assert names(path.parent) == [path.name]


WRITERS = {
    "text": lambda path: write_text(path, "x" * 100_000),
    "model": lambda path: save_model(path, {"weight": torch.zeros(50_000)}),
    "checkpoint": lambda path: Checkpoints(path, {"a": "b"}).save(9, {"weight": torch.zeros(50_000)}),
}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_other_files_on_a_full_disk_are_one_line_and_leave_nothing(tmp_path, writer):
    status, said = called(writer, tmp_path / "file", largest=50_000)
    assert (status, said.count("\n")) == (1, 1), said
    assert "cannot be written: File too large; nothing is lost: " in said
    assert names(tmp_path) == []


def test_a_checkpoint_that_finds_no_room_leaves_the_one_before(tmp_path):
    kept = Checkpoints(tmp_path, {})
    kept.save(1, {"weight": torch.ones(9)})
    status, said = called(kept.save, 2, {"weight": torch.zeros(50_000)}, largest=50_000)
    assert (status, said.count("\n")) == (1, 1), said
    assert kept.load()["step"] == 1


def test_a_sink_keeps_its_first_error_and_swallows_what_follows(tmp_path):
    def write():
        with Sink(tmp_path / "file") as sink:
            sink.write(b"a" * 1000)
            sink.check()
            assert sink.write(b"b" * 1000) == 1000
            assert sink.write(b"c" * 1000) == 1000
            assert (sink.tell(), sink.seek(0, 2)) == (3000, 3000)
            buffer = bytearray(2500)
            sink.seek(0)
            assert (sink.readinto(buffer), buffer[:1000], buffer[-1:]) == (2500, b"a" * 1000, b"\0")
            with pytest.raises(OSError, match="File too large"):
                sink.check()

    assert called(write, largest=1500) == (0, "")


def test_another_fault_is_not_hidden_by_a_disk_that_is_full_as_well(tmp_path):
    def write():
        with pytest.raises((ZeroDivisionError, WriteError)), form.create(tmp_path / "a", kind="rois", settings={}):
            raise ZeroDivisionError

    assert called(write, largest=100) == (0, "")
    assert names(tmp_path) == []


PROGRAM = """
import resource, sys
from pathlib import Path
import numpy as np
from fdgst.errors import WriteError
from fdgst.storage.predictions import write_predictions
from tests.generation.files import write_domain, write_shard

def predictions(folder):
    names, path = [str(number) for number in range(9)], folder / "predictions.h5"
    identity = {"method": "a", "unseen": "b", "seed": 0, "domain": "b"}
    pairs = ((np.eye(64)[None] > 0, np.random.default_rng(0).random((1, 64, 64))) for _ in names)
    structures = [{"id": "x", "within": None, "optional": False}]
    sizes = {"roi_size_px": (64, 64), "network_size_px": (64, 64)}
    write_predictions(path, pairs, names=names, structures=structures, settings=identity, **sizes)
    return path

def bank(folder, alpha):
    write_shard(folder, "domain1", "domain1", alpha=alpha, id="soft" if alpha else "dense")
    return folder / "banks" / "domain1" / f"roi-{alpha}.h5"

folder = Path(sys.argv[1])
kinds = {
    "rois": lambda: write_domain(folder, "domain1", roi_size_px=(64, 64), network_size_px=(32, 32), count=6),
    "shard": lambda: write_shard(folder, "domain1", "domain1"),
    "predictions": lambda: predictions(folder),
    "dense": lambda: bank(folder, 0.0),
    "soft": lambda: bank(folder, 0.05),
}
told = 0
for make in kinds.values():
    path = make()
    size = path.stat().st_size
    for share in (0, 0.01, 0.3, 0.7, 0.99):
        path.unlink(missing_ok=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(share * size), resource.RLIM_INFINITY))
        try:
            make()
        except WriteError:
            told += 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    make()
print(told)
"""


def test_a_process_that_met_a_full_disk_in_every_kind_of_file_ends_by_itself(tmp_path):
    env = os.environ | {"PYTHONPATH": str(HOUSE)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path], env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "25\n"), done.stderr  # -11 is a segmentation fault
