"""What a workflow's jobs told, said where it is seen: warnings when a job ends, faults once more when all else is said.

A rule's output goes to its log. Snakemake names the log of a failed job and repeats its own words; what the user wants
is in the log. A workflow that is used as a module of another has no ``onerror``: its jobs are heard of from Snakemake's
logger instead.
"""

import atexit
import logging
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

FAULT, WARNING = "fdgst: error:", "warning:"
SHOWN = 5  # warnings of one job
FULL_BYTES = 2**20  # a disk with less room than this


class FailedJobs(logging.Handler):
    """Notes the logs of failed jobs, and shows the warnings of those that end well.

    Attributes
    ----------
    logs : dict
        Paths, in the order in which the jobs failed; the values mean nothing.
    warned : dict of Path to int
        Number of warnings in the logs of jobs that ended well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.logs: dict[Path, None] = {}
        self.warned: dict[Path, int] = {}
        self._begun: dict[object, list[Path]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Note which logs a job has, and what became of it."""
        event = str(getattr(record, "event", "")).rpartition(".")[2].casefold()
        if event == "job_info":
            self._begun[getattr(record, "jobid", None)] = _paths(getattr(record, "log", None))
        elif event == "job_finished":
            for path in self._begun.pop(getattr(record, "job_id", None), ()):
                self._show_warnings(path)
        elif event in ("job_error", "group_error"):
            named = _paths(getattr(record, "log", None))
            for job in getattr(record, "job_error_info", None) or ():
                named += _paths(job.get("log"))
            self.logs |= dict.fromkeys(named)

    def faults(self) -> list[str]:
        """Return the lines of the logs that say what is wrong; of a log without such its last line.

        A log that could not be written itself says what may be behind it.
        """
        lines: list[str] = []
        for path in self.logs:
            found = _lines(path)
            lines += [line for line in found if line.startswith(FAULT)] or found[-1:] or _of_the_disk(path)
        return list(dict.fromkeys(lines))

    def closing(self) -> list[str]:
        """Return what is said at the very end: how many warnings there were, and what is wrong."""
        count = sum(self.warned.values())
        where = ", ".join(f"{path} ({number})" for path, number in self.warned.items())
        told = [f"fdgst: {count} warning{'s' * (count != 1)}, in {where}"] if count else []
        return [*told, *self.faults()]

    def _show_warnings(self, path: Path) -> None:
        """Print the first warnings of a log, and how many there are."""
        found = [line for line in _lines(path) if line.startswith(WARNING)]
        if found:
            self.warned[path] = len(found)
            more = [f"... and {len(found) - SHOWN} more in {path}"] if len(found) > SHOWN else []
            print(*found[:SHOWN], *more, sep="\n", file=sys.stderr)


def _of_the_disk(log: Path) -> list[str]:
    """Say that there is no room for a log, if that is so."""
    folder = next(folder for folder in log.parents if folder.is_dir())
    if shutil.disk_usage(folder).free > FULL_BYTES:
        return []
    return [f"fdgst: error: {log}: the disk is full, and so this log is empty; free some space and run again"]


def repeat_faults(logger: logging.Logger) -> None:
    """Print what a logger's jobs tell, and at the end of the process what is wrong; asked twice, once."""
    if any(isinstance(handler, FailedJobs) for handler in logger.handlers):
        return
    jobs = FailedJobs()
    logger.addHandler(jobs)
    atexit.register(lambda: _print(jobs.closing()))


def _print(lines: Iterable[str]) -> None:
    """Print lines, if there are any."""
    for line in lines:
        print(line, file=sys.stderr)


def _paths(logs: Iterable[str] | None) -> list[Path]:
    """Return logs as absolute paths: a process may be elsewhere when it ends."""
    return [Path(path).absolute() for path in logs or ()]


def _lines(path: Path) -> list[str]:
    """Return the lines of a log; none of one that is not there."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    # a job that outlived its scheduler writes on where it was, in a log that was emptied: between are zeros
    return text.replace("\0", "").splitlines()
