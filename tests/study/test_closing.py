import logging

from fdgst.study.closing import SHOWN, FailedJobs


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
