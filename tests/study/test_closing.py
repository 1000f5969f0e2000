"""What is said at the end of the logs of jobs that failed."""

import subprocess

import pytest

from fdgst.study.closing import FailedJobs


def faults(*logs):
    """What is said of some failed jobs."""
    failed = FailedJobs()
    failed.logs = dict.fromkeys(logs)
    return failed.faults()


def test_the_lines_of_faults_are_said_and_of_a_log_without_such_the_last(tmp_path):
    (tmp_path / "a").write_text("begun\nfdgst: error: one\nfdgst: error: two\nended\n")
    (tmp_path / "b").write_text("begun\nKilled\n")
    assert faults(tmp_path / "a", tmp_path / "b", tmp_path / "none") == [
        "fdgst: error: one",
        "fdgst: error: two",
        "Killed",
    ]


def test_a_log_that_a_dead_schedulers_job_wrote_on_into_is_read(tmp_path):
    (tmp_path / "log").write_text("\0\0\0\0fdgst: error: one\n")
    assert faults(tmp_path / "log") == ["fdgst: error: one"]


def test_a_log_that_found_no_room_says_that_the_disk_is_full(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        (folder / "log").touch()
        (said,) = faults(folder / "log")
        assert said.startswith(f"fdgst: error: {folder / 'log'}: the disk is full, and so this log is empty; free some")
    finally:
        subprocess.run(["umount", folder], check=True)
