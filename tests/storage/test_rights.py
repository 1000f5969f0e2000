"""Modes follow the umask; what may not be read is not damaged; what may not be written is one line."""

import os
import stat

import numpy as np
import pytest
import torch
from PIL import Image

from fdgst.storage import format as form
from fdgst.storage.atomic import atomic, write_bytes, write_text
from fdgst.storage.banks import open_bank
from fdgst.storage.contracts import verify_all
from fdgst.storage.parts import kind_of
from fdgst.training.checkpoint import Checkpoints
from fdgst.training.results import save_model
from tests.storage.children import NOBODY, as_root, called, forks, names

pytestmark = forks
OTHER = {} if os.getuid() else {"user": NOBODY}  # rights are not enforced for root
WEIGHTS = {"weight": torch.arange(6.0).reshape(2, 3)}


def write_hdf5(path):
    with form.create(path, kind="rois", settings={}) as file:
        form.add_images(file, "image", (2, 8, 8, 3), "u1", compression="none")[:] = 7


def write_picture(path):
    with atomic(path) as part:
        Image.fromarray(np.zeros((4, 4), "u1")).save(part, "PNG")


def write_replaced(path):
    """Put a file of one's own in the place of the temporary one, as some libraries do."""
    with atomic(path) as part:
        other = part.with_suffix(".other")
        descriptor = os.open(other, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, b"content")
        os.close(descriptor)
        other.replace(part)


WRITERS = {
    "text": lambda path: write_text(path, "text"),
    "bytes": lambda path: write_bytes(path, b"bytes"),
    "hdf5": write_hdf5,
    "picture": write_picture,
    "replaced": write_replaced,
    "model": lambda path: save_model(path, WEIGHTS),
    "checkpoint": lambda path: Checkpoints(path.parent / "kept", {}).save(1, WEIGHTS).rename(path),
}


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077, 0o027])
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_every_file_has_the_mode_that_the_umask_says(tmp_path, writer, umask):
    assert called(writer, tmp_path / "file", umask=umask) == (0, "")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~umask


READERS = {
    "open_file": lambda path: form.open_file(path, kind="rois").__enter__(),
    "digest": form.digest,
    "verify": form.verify,
    "kind_of": kind_of,
    "bank": lambda path: open_bank(path).__enter__(),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_what_may_not_be_read_is_not_called_damaged(everybodys, reader):
    path = everybodys / "a.h5"
    write_hdf5(path)
    path.chmod(0)
    assert called(reader, path, **OTHER) == (1, f"fdgst: error: {path}: Permission denied\n")


def test_a_file_in_a_folder_that_may_not_be_entered_is_not_called_missing(everybodys):
    write_hdf5(everybodys / "closed" / "a.h5")
    (everybodys / "closed").chmod(0)
    try:
        status, said = called(READERS["open_file"], everybodys / "closed" / "a.h5", **OTHER)
    finally:
        (everybodys / "closed").chmod(0o755)
    assert (status, said) == (1, f"fdgst: error: {everybodys / 'closed' / 'a.h5'}: Permission denied\n")


def test_verify_says_that_it_may_not_read_and_goes_on_with_the_next(everybodys):
    for name in ("a.h5", "b.h5"):
        write_hdf5(everybodys / name)
    (everybodys / "a.h5").chmod(0)

    def check():
        counts, faults = verify_all([everybodys])
        assert faults[0] == f"{everybodys / 'a.h5'}: cannot be read (Permission denied)", faults
        assert not counts  # the other has not the datasets of its kind

    assert called(check, **OTHER) == (0, "")


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_folder_that_may_not_be_written_to_is_one_line_and_the_old_file_stays(everybodys, writer):
    folder = everybodys / "results"
    write_text(folder / "file", "old")
    folder.chmod(0o555)
    try:
        status, said = called(writer, folder / "file", **OTHER)
    finally:
        folder.chmod(0o755)
    assert (status, said.count("\n")) == (1, 1), said
    assert f"cannot be written: Permission denied in {folder}" in said
    assert said.endswith(
        "nothing is lost: ask its owner for the right to write there, or write elsewhere, and run the"
        " same command again\n"
    )
    assert (folder / "file").read_text() == "old"
    assert names(folder) == ["file"]


def test_a_folder_that_may_be_written_to_but_not_be_opened_is_written_to(everybodys):
    folder = everybodys / "results"
    folder.mkdir()
    folder.chmod(0o333)
    assert called(WRITERS["text"], folder / "file", **OTHER) == (0, "")
    assert (folder / "file").read_text() == "text"


@as_root
def test_a_colleagues_files_are_replaced_in_a_shared_folder(everybodys):
    path = everybodys / "file.txt"
    assert called(write_text, path, "one", user=NOBODY, umask=0o022) == (0, "")
    assert called(write_text, path, "two", user=NOBODY - 1, umask=0o022) == (0, "")
    assert (path.read_text(), path.stat().st_uid) == ("two", NOBODY - 1)


def test_a_file_system_that_is_mounted_for_reading_is_one_line(mounted):
    folder = mounted("-t", "tmpfs", "-o", "ro,size=1m", "none")
    status, said = called(WRITERS["hdf5"], folder / "a.h5")
    assert (status, said.count("\n")) == (1, 1)
    assert f"{folder / 'a.h5'}: cannot be written: Read-only file system in {folder}; nothing is lost" in said
