"""Reading Snakemake's job graph off its own dry run, and running it as a user does."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Job:
    """One job of a plan."""

    rule: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def snakemake(folder, *arguments, check=True):
    """Run Snakemake as the README says, with its results in `folder`."""
    command = [Path(sys.executable).with_name("snakemake"), "--snakefile", HOUSE / "Snakefile", "--directory", folder]
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [*command, "--cores", "2", *arguments], capture_output=True, text=True, env=environment, check=False
    )
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


def plan(folder, *arguments):
    """List the jobs that Snakemake would run."""
    said = snakemake(folder, "--dry-run", *arguments)
    blocks = re.split(r"^(?:local)?(?:rule|checkpoint) (?=\w+:)", said.stdout + said.stderr, flags=re.MULTILINE)[1:]
    return [
        Job(block.split(":", 1)[0], _files(block, "input"), _files(block, "output"))
        for block in blocks
        if not block.startswith("all:")
    ]


def ancestors(jobs, targets):
    """Every file that the making of `targets` reads, however indirectly."""
    made_from = {output: job.inputs for job in jobs for output in job.outputs}
    found, waiting = set(), list(targets)
    while waiting:
        for path in made_from.get(waiting.pop(), ()):
            if path not in found:
                found.add(path)
                waiting.append(path)
    return found


def _files(block, kind):
    """The files that one job's block names as `kind`."""
    match = re.search(rf"^    {kind}: (.*)$", block, re.MULTILINE)
    return tuple(match.group(1).split(", ")) if match else ()
