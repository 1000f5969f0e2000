"""Folders for tests of rights and of full disks."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def everybodys():
    """Yield a folder that every user may enter and write into; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="fdgst-test-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def mounted(tmp_path):
    """Return a function that mounts a file system in a folder; skips where that is not allowed."""
    folders = []

    def mount(*options):
        folder = tmp_path / f"mounted{len(folders)}"
        folder.mkdir()
        done = subprocess.run(["mount", *options, folder], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
        folders.append(folder)
        return folder

    try:
        yield mount
    finally:
        for folder in folders:
            subprocess.run(["umount", folder], check=True)
