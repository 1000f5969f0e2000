"""A tiny study made again and again under rough treatment; at the end every file equals the undisturbed study's.

    python -m tests.rough.soak --minutes 20

First the study is made undisturbed. Then, episode after episode, it is made in an empty folder while one kind of
disturbance (`KINDS`) is done to it every few seconds, and at last all kinds at once. Schedulers that end or are
killed are started again, and what a line of the program says is done ("delete it and run snakemake again"). An episode
is over when Snakemake says that everything is there; then every file is verified, and compared with the undisturbed
study's byte by byte. What is counted, for each kind: disturbances, jobs and seconds beyond the undisturbed study's,
lines that were said, and what must not be: a difference that nobody told of, a job that ended in anything but success,
a signal or one line, a file left behind. A full disk is a small tmpfs where one may be mounted, otherwise a limit on
the size of files; which one it was is printed.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

HOUSE = Path(__file__).parents[2]
STUDY = """
dataset: {size_px: 64, train: 6, test: 2}
domains:
  - {id: domain1, title: Camera 1, camera: 1, folder: Domain1}
  - {id: domain2, title: Camera 2, camera: 2, folder: Domain2}
  - {id: domain3, title: Camera 3, camera: 3, folder: Domain3}
roi_size: 64
network_size: 32
methods:
  - {id: fdg_st, title: FDG+ST, trainer: plain, augmentation: fdg_st, options: {}}
training: {network: "soaked:Small", batch: 4, images_per_step: 4, pretrain_epochs: 60, epochs: 60, final_epochs: 20,
  checkpoint_seconds: 0.2}
evaluation: {threshold: 0.5, bootstrap_samples: 100}
"""
NETWORK = '''
"""A network that is imported in no time."""

from torch import nn


class Small(nn.Sequential):
    least_images = 1

    def __init__(self, *, channels, structures, seed):
        super().__init__(nn.Conv2d(channels, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, structures, 1))
'''
WRAPPER = """#!/usr/bin/env bash
# Runs a job, and keeps how it ended: Snakemake's logs are written anew by the next attempt.
"{fdgst}" "$@" 2> "{journal}/$$.said"
status=$?
cat "{journal}/$$.said" >&2
echo "$status $*" > "{journal}/$$.ended"
exit $status
"""
TARGETS = ("results/unseen/domain3.csv",)  # of all kinds of jobs some, and no more than that
UNSTEADY = {  # of run.json: how it went, not what came out
    "seconds", "images_per_second", "peak_memory_bytes", "interruptions", "data_share", "resident", "threads",
}  # fmt: skip
TMPFS_MIB = 24
PAUSE_SECONDS = (0.4, 3.0)
PATIENCE = 40  # schedulers that may be started in an episode


@dataclass
class Account:
    """What one kind of disturbance did.

    Attributes
    ----------
    episodes, jobs : int
        Jobs beyond those of the undisturbed study.
    times : Counter
        How often each disturbance was done.
    seconds : float
        Beyond those of the undisturbed study.
    told : Counter
        Lines of the program, without their paths.
    found : int
        Damaged files that `fdgst verify` found at an episode's end.
    faults : list of str
        What must not be.
    """

    episodes: int = 0
    jobs: int = 0
    seconds: float = 0.0
    times: Counter = field(default_factory=Counter)
    told: Counter = field(default_factory=Counter)
    found: int = 0
    faults: list[str] = field(default_factory=list)


class Folder:
    """A study's folder, and the schedulers and jobs that work in it."""

    def __init__(self, path, rng, *, mounted=False):
        self.path, self.rng, self.mounted = path, rng, mounted
        self.results, self.journal, self.bin = path / "results", path / "journal", path / "bin"
        for folder in (self.results, self.journal, self.bin):
            folder.mkdir(parents=True)
        (path / "study.yaml").write_text(STUDY)
        (path / "soaked.py").write_text(NETWORK)
        wrapper = self.bin / "fdgst"
        wrapper.write_text(WRAPPER.format(fdgst=Path(sys.executable).with_name("fdgst"), journal=self.journal))
        wrapper.chmod(0o755)
        self.schedulers, self.logs, self.read = [], [], set()
        if mounted:
            mount(self.results)

    def start(self, *targets, more=()):
        """Start a scheduler, in a process group of its own; the locks of dead ones are taken away, as by --unlock."""
        if not self.running():
            shutil.rmtree(self.path / ".snakemake/locks", ignore_errors=True)
        command = [Path(sys.executable).with_name("snakemake"), "--snakefile", HOUSE / "Snakefile", "--cores", "3"]
        command += ["--directory", self.path, "--configfile", self.path / "study.yaml", "--rerun-incomplete"]
        path = f"{self.bin}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = os.environ | {"PATH": path, "PYTHONPATH": f"{HOUSE}{os.pathsep}{self.path}", "OMP_NUM_THREADS": "1"}
        self.logs.append(self.path / f"scheduler{len(self.logs)}.log")
        with self.logs[-1].open("w") as log:
            streams = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL}
            whole = [*command, "--keep-going", *more, "--", *(targets or TARGETS)]
            self.schedulers.append(subprocess.Popen(whole, env=env, start_new_session=True, **streams))
        return self.schedulers[-1]

    def running(self):
        """The schedulers that run."""
        return [scheduler for scheduler in self.schedulers if scheduler.poll() is None]

    def jobs(self):
        """The jobs that run, those of dead schedulers too: the programs themselves, not the shells around them."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                line = process.cmdline()
                is_job = len(line) > 1 and Path(line[1]).name == "fdgst" and str(self.bin) not in line[1]
                if is_job and process.cwd() == str(self.path):
                    found.append(process)
        return found

    def ended(self):
        """How the jobs ended that have ended since the last time: exit status, command, and what was said."""
        for path in sorted(self.journal.glob("*.ended")):
            if path not in self.read:
                self.read.add(path)
                status, _, command = path.read_text().partition(" ")
                yield int(status), command.strip(), path.with_suffix(".said").read_text(errors="replace")

    def started(self):
        """How many jobs all schedulers have started."""
        return sum(len(re.findall(r"^Job \d+:", log.read_text(errors="replace"), re.MULTILINE)) for log in self.logs)

    def quiet(self):
        """Wait for everything that runs in the folder."""
        while self.running() or self.jobs():
            time.sleep(0.1)

    def files(self):
        """The results, by name; of a training's record what does not depend on how it went."""
        found = {}
        for path in sorted(self.results.rglob("*")):
            name = str(path.relative_to(self.results))
            if path.is_file() and not name.startswith("logs/"):
                found[name] = path.read_bytes()
                if path.name == "run.json":
                    record = json.loads(found[name])
                    found[name] = json.dumps({key: record[key] for key in sorted(record.keys() - UNSTEADY)}).encode()
        return found

    def remove(self):
        """Take everything away."""
        for job in self.jobs():
            with suppress(psutil.Error):
                job.kill()
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.results], check=False)
        shutil.rmtree(self.path, ignore_errors=True)


def mount(folder):
    """Mount a small file system; whether that is allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MIB}m", "none", folder]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def one_of(rng, items):
    """One of some items, None of none."""
    items = list(items)
    return rng.choice(items) if items else None


def kill_a_job(folder):
    """SIGKILL a job."""
    return signalled(folder, signal.SIGKILL)


def terminate_a_job(folder):
    """SIGTERM a job."""
    return signalled(folder, signal.SIGTERM)


def signalled(folder, number):
    """Send one job a signal; whether there was one."""
    job = one_of(folder.rng, folder.jobs())
    if job is None:
        return False
    with suppress(psutil.Error):
        job.send_signal(number)
    return True


def stop_a_job(folder):
    """SIGSTOP a job for a while, then SIGCONT."""
    job = one_of(folder.rng, folder.jobs())
    if job is None:
        return False
    with suppress(psutil.Error):
        job.suspend()
        time.sleep(folder.rng.uniform(0.2, 2))
        job.resume()
    return True


def kill_everything(folder):
    """SIGKILL the scheduler and all of its jobs at once, as a power cut does."""
    if not folder.jobs():  # it would be killed before it began
        return False
    for scheduler in folder.running():
        with suppress(ProcessLookupError):
            os.killpg(scheduler.pid, signal.SIGKILL)
    for job in folder.jobs():
        with suppress(psutil.Error):
            job.kill()
    return True


def kill_the_scheduler(folder):
    """SIGKILL the scheduler alone: its jobs go on, and the next scheduler starts them a second time."""
    if not folder.jobs():  # it would be killed before it began
        return False
    for scheduler in folder.running():
        scheduler.kill()
        scheduler.wait()
    folder.start()
    return True


def kill_the_scheduler_of_a_stopped_job(folder):
    """SIGSTOP a job in the middle, SIGKILL its scheduler, start the next one, and SIGCONT the job."""
    job = one_of(folder.rng, folder.jobs())
    if job is None:
        return False
    with suppress(psutil.Error):
        job.suspend()
        kill_the_scheduler(folder)
        time.sleep(folder.rng.uniform(0.2, 6))
        job.resume()
    return True


def terminate_the_scheduler(folder):
    """SIGTERM the scheduler."""
    if not folder.jobs():  # it would be killed before it began
        return False
    for scheduler in folder.running():
        scheduler.terminate()
    return True


def start_a_second_scheduler(folder):
    """Start a second scheduler on the same folder."""
    if len(folder.running()) != 1 or not folder.jobs():
        return False
    folder.start(more=["--nolock"])
    return True


def fill_the_disk(folder):
    """Fill the disk for a while; without a small one of its own, let the files of a job be no larger than 2 kB."""
    if not folder.mounted:
        job = one_of(folder.rng, folder.jobs())
        with suppress(psutil.Error, OSError):
            if job:
                job.rlimit(psutil.RLIMIT_FSIZE, (2000, 2000))
        return job is not None
    ballast = folder.results / "ballast"
    with suppress(OSError), ballast.open("wb") as file:
        while True:
            os.write(file.fileno(), bytes(65536))
    time.sleep(folder.rng.uniform(0.3, 2))
    ballast.unlink(missing_ok=True)
    return True


def flip_a_byte(folder):
    """Flip a bit of a finished file that has a checksum: HDF5, a checkpoint, a model whose run.json has it."""
    paths = [*folder.results.rglob("*.h5"), *folder.results.rglob("*.pt")]
    for record in folder.results.rglob("run.json"):
        with suppress(OSError, ValueError):
            if "weights" in json.loads(record.read_text()):
                paths.append(record.with_name("model.safetensors"))
    path = one_of(folder.rng, sorted(paths))
    with suppress(OSError):
        if path is not None and (size := path.stat().st_size):
            with path.open("r+b") as file:
                place = folder.rng.randrange(size)
                file.seek(place)
                byte = file.read(1)[0]
                file.seek(place)
                file.write(bytes([byte ^ 1 << folder.rng.randrange(8)]))
            return True
    return False


def remove_a_file(folder):
    """Remove a file of any kind, temporary ones too, or a folder."""
    paths = [path for path in folder.results.rglob("*") if "logs" not in path.parts and path.suffix != ".lock"]
    path = one_of(folder.rng, [path for path in paths if path.is_file() or folder.rng.random() < 0.2])
    if path is None:
        return False
    with suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    return True


KINDS = {
    "two writers": [kill_the_scheduler_of_a_stopped_job, kill_the_scheduler, start_a_second_scheduler],
    "a full disk": [fill_the_disk],
    "flipped bits": [flip_a_byte],
    "removed files": [remove_a_file],
    "ended processes": [kill_a_job, kill_everything, terminate_a_job, terminate_the_scheduler, stop_a_job],
}
ALL = "all of these"
KINDS[ALL] = [function for functions in KINDS.values() for function in functions]
CAN_BE_FULL = ("a full disk", ALL)
TIMES = 20  # that a study is disturbed


def episode(folder, kind, account, expected, *, undisturbed, deadline):
    """Make the study under one kind of disturbance, and compare; `undisturbed` is its jobs and seconds."""
    begun, number = time.monotonic(), 0
    folder.start()
    while folder.running() or number < TIMES:
        time.sleep(folder.rng.uniform(*PAUSE_SECONDS))
        if number < TIMES and time.monotonic() < deadline:
            disturbance = folder.rng.choice(KINDS[kind])
            if disturbance(folder):
                number += 1
                account.times[disturbance.__doc__.partition(":")[0].partition(";")[0].rstrip(".")] += 1
        elif not folder.running():
            break
        listen(folder, account)
        if not folder.running():
            if folder.schedulers[-1].returncode == 0 and number:
                break
            if len(folder.schedulers) > PATIENCE:
                account.faults.append(f"not done after {PATIENCE} runs: {folder.logs[-1].read_text()[-2000:]}")
                break
            folder.start()
    mended(folder, account)
    compare(folder, account, expected)
    account.episodes += 1
    account.jobs += max(folder.started() - undisturbed[0], 0)
    account.seconds += max(time.monotonic() - begun - undisturbed[1], 0)


def listen(folder, account):
    """Take up what the jobs said that have ended, and do what they say."""
    for status, command, said in folder.ended():
        lines = [line for line in said.splitlines() if line.startswith("fdgst: error:")]
        for line in lines:
            account.told[without_paths(line)] += 1
            advised = re.match(r"fdgst: error: (\S+): .*delete it", line)
            if advised:
                (folder.path / advised[1]).unlink(missing_ok=True)
        by_signal = status in (128 + signal.SIGKILL, 128 + signal.SIGTERM, 128 + signal.SIGINT)
        if "Traceback" in said or not (status == 0 or by_signal or (status == 1 and lines)):
            account.faults.append(f"exit status {status} of {command[:200]}: {said[-1500:]}")


def without_paths(line):
    """A line without what differs from one time to the next."""
    line = re.sub(r"\S*/\S*", "FILE", line.removeprefix("fdgst: error: "))
    return re.sub(r"[0-9a-f]{12}\.\.\.|\d+", "N", line)[:160]


def mended(folder, account):
    """Run undisturbed until Snakemake has everything and every file verifies."""
    for _ in range(PATIENCE):
        folder.quiet()
        listen(folder, account)
        files = sorted({*TARGETS, *(f"results/{name}" for name in EXPECTED_FILES)})
        if folder.start(*files).wait():
            continue
        folder.quiet()
        listen(folder, account)
        fdgst = Path(sys.executable).with_name("fdgst")
        env = os.environ | {"PYTHONPATH": str(HOUSE)}
        done = subprocess.run(
            [fdgst, "verify", "results"], cwd=folder.path, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
        damaged = re.findall(r"^(?:fdgst: error: )?(results/\S+?): ", done.stdout + done.stderr, re.MULTILINE)
        account.found += len(damaged)
        if not damaged:
            account.faults.append(f"verify: {done.stdout[-500:]}{done.stderr[-500:]}")
            return
        for name in damaged:
            (folder.path / name).unlink(missing_ok=True)
    account.faults.append(f"not mended after {PATIENCE} runs: {folder.logs[-1].read_text()[-2000:]}")


EXPECTED_FILES: list[str] = []


def compare(folder, account, expected):
    """Compare the results with the undisturbed study's."""
    found = folder.files()
    for name in sorted(expected.keys() - found.keys()):
        account.faults.append(f"{name} is missing")
    for name in sorted(found.keys() - expected.keys()):
        account.faults.append(f"{name} was left behind")
    for name in sorted(expected.keys() & found.keys()):
        if expected[name] != found[name]:
            account.faults.append(f"{name} differs from the undisturbed study's")


def table(accounts, seconds, undisturbed, disk):
    """The counts, as the table that docs/reliability.md holds."""
    lines = [
        f"Undisturbed: {undisturbed[0]} jobs, {undisturbed[1]:.0f} s; {seconds / 60:.0f} minutes; full disk: {disk}.",
        "",
        "| disturbance | studies | times | jobs again, each | seconds, each | lines told | found by verify | faults |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind, account in accounts.items():
        times = max(account.times.total(), 1)
        lines.append(
            f"| {kind} | {account.episodes} | {account.times.total()} | {account.jobs / times:.1f} |"
            f" {account.seconds / times:.1f} | {account.told.total()} | {account.found} | {len(account.faults)} |"
        )
    total = sum(account.times.total() for account in accounts.values())
    episodes = sum(account.episodes for account in accounts.values())
    wrong = [fault for account in accounts.values() for fault in account.faults]
    silent = sum("differs" in fault for fault in wrong)
    lost = sum("missing" in fault for fault in wrong)
    lines += ["", f"{total} disturbances in {episodes} studies: {lost} files lost, {silent} silent differences,"]
    lines[-1] += f" {len(wrong)} faults in all."
    done = sum((account.times for account in accounts.values()), Counter())
    lines += ["", *(f"{count:5d}  {line}" for line, count in done.most_common())]
    said = sum((account.told for account in accounts.values()), Counter())
    lines += ["", *(f"{count:5d}  {line}" for line, count in said.most_common(25))]
    lines += ["", *(f"FAULT: {fault}" for fault in wrong)]
    return "\n".join(lines)


def main():
    """Soak, and print what came of it; exit status 1 if anything was lost, silent or a traceback."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20, help="after the undisturbed study")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=KINDS, nargs="+", help="these kinds, not one after the other")
    given = parser.parse_args()
    begun, rng = time.monotonic(), random.Random(given.seed)
    place = Path(tempfile.mkdtemp(prefix="fdgst-soak-"))
    first = Folder(place / "undisturbed", rng)
    if first.start().wait():
        sys.exit(first.logs[-1].read_text())
    undisturbed = first.started(), time.monotonic() - begun
    expected = first.files()
    EXPECTED_FILES[:] = expected
    first.remove()
    probe = place / "probe"
    probe.mkdir()
    mountable = mount(probe)
    subprocess.run(["umount", probe], capture_output=True, check=False)
    disk = f"a tmpfs of {TMPFS_MIB} MiB" if mountable else "a limit on the size of files (mounting is not allowed here)"
    print(f"undisturbed: {undisturbed[0]} jobs, {undisturbed[1]:.0f} s; full disk: {disk}", flush=True)
    begun = time.monotonic()
    deadline = begun + 60 * given.minutes
    kinds = given.only or list(KINDS)
    accounts = {kind: Account() for kind in kinds}
    number = 0
    while time.monotonic() < deadline:
        kind = kinds[number] if number < len(kinds) else rng.choice(kinds)
        folder = Folder(place / f"episode{number}", rng, mounted=mountable and kind in CAN_BE_FULL)
        try:
            episode(folder, kind, accounts[kind], expected, undisturbed=undisturbed, deadline=deadline)
        finally:
            if not accounts[kind].faults:
                folder.remove()
        account = accounts[kind]
        print(f"{time.monotonic() - begun:5.0f} s: {kind}: {account.times.total()} times, {account.jobs} jobs again,"
              f" {account.told.total()} lines, {len(account.faults)} faults", flush=True)  # fmt: skip
        number += 1
    print(table(accounts, time.monotonic() - begun, undisturbed, disk))
    wrong = any(account.faults for account in accounts.values())
    if not wrong:
        shutil.rmtree(place)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
