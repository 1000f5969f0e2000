"""Two writers of one file: one waits for the other, says so, and both end well."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import filelock
import pytest

from fdgst.locks import alone, first_free, lock_of
from fdgst.storage.atomic import atomic, write_text
from fdgst.storage.contracts import verify
from tests.generation.files import write_domain, write_shard
from tests.storage.children import NOBODY, Child, as_root, called, forks, names, until

pytestmark = forks
DOMAIN = {"roi_size_px": (128, 128), "network_size_px": (64, 64), "count": 24}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a domain, its bank, its shard, and how long the shard took."""
    folder = tmp_path_factory.mktemp("shard")
    write_domain(folder, "domain1", **DOMAIN)
    make(folder)
    begun = time.monotonic()
    assert called(make, folder) == (0, "")
    return folder, time.monotonic() - begun


def make(folder):
    """Write the shard."""
    write_shard(folder, "domain1", "domain1")


@pytest.mark.parametrize("moment", [0.05, 0.25, 0.45, 0.65, 0.85])
def test_two_writers_of_a_shard_both_end_well_whenever_the_first_is_stopped(folder, moment):
    folder, seconds = folder
    path = folder / "shards/fdg/domain1/domain1.h5"
    whole = path.read_bytes()
    path.unlink()
    first = Child(make, folder)
    until(lock_of(path).exists)
    time.sleep(moment * seconds)
    first.send(signal.SIGSTOP)
    is_writing = lock_of(path).exists()
    second = Child(make, folder)
    time.sleep(0.3)
    first.send(signal.SIGCONT)
    assert (first.end(), second.end()) == (0, 0), first.said + second.said
    assert path.read_bytes() == whole
    assert verify(path) == "shard"
    assert names(path.parent) == ["domain1.h5"]
    if is_writing:
        assert second.said.count("\n") == 1
        assert f"{path}: waiting for process {first.pid} on " in second.said
        assert "is stopped (kill -CONT lets it go on)" in second.said


def hold(path, seconds=60):
    """Write a file slowly."""
    with atomic(path) as part:
        part.write_text("half")
        until(lambda: bool(list(path.parent.glob("*.part"))))
        time.sleep(seconds)
        part.write_text(f"whole, of {os.getpid()}")


def test_the_second_goes_on_when_the_first_is_killed(tmp_path):
    path = tmp_path / "file.txt"
    first = Child(hold, path)
    until(lambda: b"half" in b"".join(part.read_bytes() for part in tmp_path.glob("*.part")))
    second = Child(hold, path, 0)
    until(lambda: "waiting for process" in second.said)
    first.send(signal.SIGKILL)
    assert (first.end(), second.end()) == (-signal.SIGKILL, 0)
    assert path.read_text() == f"whole, of {second.pid}"
    assert names(tmp_path) == ["file.txt"]


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    path = tmp_path / "file.txt"
    first = Child(hold, path)
    until(lambda: list(tmp_path.glob("*.part")) and "part" in lock_of(path).read_text())
    first.send(signal.SIGKILL)
    first.end()
    assert len(names(tmp_path)) == 2
    write_text(path, "new")
    assert (path.read_text(), names(tmp_path)) == ("new", ["file.txt"])


@pytest.mark.parametrize("left", ["../precious.part", "precious.part", "file.txt", 7, None])
def test_a_lock_that_somebody_wrote_into_removes_nothing_else(tmp_path, left):
    for name in ("precious.part", "folder/precious.part"):
        write_text(tmp_path / name, "precious")
    path = tmp_path / "folder/file.txt"
    lock_of(path).write_text(json.dumps({"process": "x", "part": left}))
    write_text(path, "new")
    assert names(tmp_path) == ["folder/file.txt", "folder/precious.part", "precious.part"]


def test_many_writers_of_one_file_write_it_in_turn(tmp_path):
    path = tmp_path / "file.txt"
    children = [Child(hold, path, 0.02) for _ in range(8)]
    assert [child.end() for child in children] == [0] * 8
    assert path.read_text() in {f"whole, of {child.pid}" for child in children}
    assert names(tmp_path) == ["file.txt"]


def test_other_files_of_the_folder_are_not_waited_for(tmp_path):
    with alone(tmp_path / "one"):
        assert called(write_text, tmp_path / "two", "there") == (0, "")


@as_root
def test_a_lock_that_another_user_left_holds_nobody_up(everybodys):
    path = everybodys / "file.txt"
    first = Child(hold, path, user=NOBODY, umask=0o077)
    until(lambda: lock_of(path).exists() and "part" in lock_of(path).read_text())
    first.send(signal.SIGKILL)
    first.end()
    assert called(write_text, path, "new", user=NOBODY - 1) == (0, "")
    assert (path.read_text(), names(everybodys)) == ("new", ["file.txt"])


def take(things, ended):
    """Take a thing and keep it until a file is there."""
    taken = first_free(things)
    print(taken[0], file=sys.stderr, flush=True)
    until(ended.exists)


def test_things_of_the_machine_are_shared_out_evenly_and_given_back_by_the_dead(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    things, ended = ["gpu-a", "gpu-b", "gpu-c"], tmp_path / "ended"
    children = []
    for _ in range(6):
        children.append(Child(take, things, ended))
        until(lambda: children[-1].said)
    assert [child.said.strip() for child in children] == ["0", "1", "2", "0", "1", "2"]
    children[1].send(signal.SIGKILL)
    children[1].end()
    place, lock = first_free(things)
    assert place == 1
    assert first_free(things, most=1) is None
    lock.release()
    ended.touch()
    assert [child.end() for child in children[2:]] == [0] * 4


SHIM = """
#include <errno.h>
int flock(int fd, int operation) { errno = ENOLCK; return -1; }
int fcntl64(int fd, int command, ...);
"""
USE = """
import sys
from pathlib import Path
from fdgst.storage import format as form
from fdgst.storage.atomic import write_text
path = Path(sys.argv[1])
with form.create(path / "a.h5", kind="rois", settings={}) as file:
    file["x"] = [1]
with form.open_file(path / "a.h5", kind="rois") as file:
    print(file["x"][0])
write_text(path / "b.txt", "there")
"""


@pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler to take the locks away")
def test_a_file_system_without_locks_is_said_once_and_written_to(tmp_path):
    source, shim, out = tmp_path / "shim.c", tmp_path / "shim.so", tmp_path / "out"
    source.write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, source], check=True)
    env = os.environ | {"LD_PRELOAD": str(shim)}
    done = subprocess.run([sys.executable, "-c", USE, out], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert done.stderr.count("\n") == 1
    assert f"{out}: its file system has no locks (No locks available): start no two programs" in done.stderr
    assert names(out) == ["a.h5", "b.txt"]


def test_the_lock_is_one_that_filelock_alone_would_wait_for(tmp_path):
    with alone(tmp_path / "file"), pytest.raises(filelock.Timeout):
        filelock.FileLock(lock_of(tmp_path / "file"), thread_local=False).acquire(timeout=0)
