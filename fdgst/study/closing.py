"""The faults of a workflow's failed jobs, said once more when everything else has been said.

Snakemake names the log of a failed job and repeats its own words; what the user wants is in the log. A workflow that is
used as a module of another has no ``onerror``: its jobs' failures are heard from Snakemake's logger instead.
"""

import atexit
import logging
import shutil
import sys
from pathlib import Path

FULL_BYTES = 2**20  # a disk with less room than this


class FailedJobs(logging.Handler):
    """Notes the logs of failed jobs.

    Attributes
    ----------
    logs : dict
        Paths, in the order in which the jobs failed; the values mean nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.logs: dict[Path, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Note the logs that a record of a failed job names."""
        if str(getattr(record, "event", "")).rpartition(".")[2].casefold() in ("job_error", "group_error"):
            named = [*(getattr(record, "log", None) or ())]
            for job in getattr(record, "job_error_info", None) or ():
                named += job.get("log") or ()
            # absolute: a process may be elsewhere when it ends
            self.logs |= dict.fromkeys(Path(path).absolute() for path in named)

    def faults(self) -> list[str]:
        """Return the lines of the logs that say what is wrong; of a log without such its last line.

        A log that could not be written itself says what may be behind it.
        """
        lines: list[str] = []
        for path in self.logs:
            text = path.read_text(errors="replace") if path.is_file() else ""
            # a job that outlived its scheduler writes on where it was, in a log that was emptied: between are zeros
            found = text.replace("\0", "").splitlines()
            lines += [line for line in found if line.startswith("fdgst: error:")] or found[-1:] or _of_the_disk(path)
        return list(dict.fromkeys(lines))


def _of_the_disk(log: Path) -> list[str]:
    """Say that there is no room for a log, if that is so."""
    folder = next(folder for folder in log.parents if folder.is_dir())
    if shutil.disk_usage(folder).free > FULL_BYTES:
        return []
    return [f"fdgst: error: {log}: the disk is full, and so this log is empty; free some space and run again"]


def repeat_faults(logger: logging.Logger) -> None:
    """Print the faults of the jobs whose failure a logger is told of, when the process ends; asked twice, once."""
    if any(isinstance(handler, FailedJobs) for handler in logger.handlers):
        return
    failed = FailedJobs()
    logger.addHandler(failed)
    atexit.register(lambda: print(*failed.faults(), sep="\n", end="\n" if failed.faults() else "", file=sys.stderr))
