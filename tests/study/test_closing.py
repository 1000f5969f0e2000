"""What is said of the logs of jobs: of those that failed, and the warnings of those that did not."""

import logging
import subprocess

import pytest

from fdgst.study.closing import SHOWN, FailedJobs


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
        assert said.startswith(f"fdgst: error: {folder / 'log'}: the disk is full, ")
    finally:
        subprocess.run(["umount", folder], check=True)


def told(jobs, event, **fields):
    """Let Snakemake's logger say something of a job."""
    record = logging.LogRecord("snakemake", logging.INFO, "", 0, "", (), None)
    vars(record).update({"event": f"LogEvent.{event}", **fields})
    jobs.emit(record)


def test_warnings_of_a_job_are_shown_when_it_ends_and_counted_at_the_end(tmp_path, capsys):
    jobs, log = FailedJobs(), tmp_path / "a.log"
    log.write_text("a: 3 train images\n" + "".join(f"warning: {n} é\n" for n in range(SHOWN + 2)), encoding="utf-8")
    told(jobs, "JOB_INFO", jobid=7, log=[str(log)])
    assert capsys.readouterr().err == ""
    told(jobs, "JOB_FINISHED", job_id=7)
    said = capsys.readouterr().err.splitlines()
    assert said == [*(f"warning: {n} é" for n in range(SHOWN)), f"... and 2 more in {log}"]
    assert jobs.closing() == [f"fdgst: {SHOWN + 2} warnings, in {log} ({SHOWN + 2})"]


def test_a_job_without_warnings_is_not_spoken_of(tmp_path, capsys):
    jobs, log = FailedJobs(), tmp_path / "a.log"
    log.write_text("all is well\n")
    told(jobs, "JOB_INFO", jobid=7, log=[str(log)])
    told(jobs, "JOB_FINISHED", job_id=7)
    told(jobs, "JOB_FINISHED", job_id=8)
    assert capsys.readouterr().err == ""
    assert jobs.closing() == []


def test_a_failed_jobs_faults_stand_at_the_end(tmp_path):
    jobs, log = FailedJobs(), tmp_path / "a.log"
    log.write_bytes(b"fdgst: error: bad \xff\nmore\n")
    told(jobs, "JOB_ERROR", log=[str(log)])
    assert jobs.closing() == ["fdgst: error: bad �"]
