"""Reading Snakemake's job graph, and running Snakemake as a user does."""

import argparse
import json
import os
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
    command: str


def snakemake(folder, *arguments, check=True):
    """Run Snakemake as the README says, with its results in `folder`."""
    command = [Path(sys.executable).with_name("snakemake"), "--snakefile", HOUSE / "Snakefile", "--directory", folder]
    done = subprocess.run(
        [*command, "--cores", "2", *arguments], capture_output=True, text=True, env=environment(), check=False
    )
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


def environment(house=HOUSE):
    """The commands of this environment first, and a checkout's package before an installed one."""
    first = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(house)}
    return os.environ | first


def plan(folder, *targets, overlays=(), house=HOUSE, snakefile=None, env=None):
    """List the jobs that Snakemake would run in `folder`; its dry run prints messages in place of files."""
    names = [flag for path in overlays for flag in ("--overlay", path)]
    names += ["--snakefile", snakefile] if snakefile else []
    command = [sys.executable, "-m", "tests.workflow.graph", folder, *names, *targets]
    env = env or environment(house)
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=house, check=False)
    assert done.returncode == 0, done.stderr
    return [
        Job(rule, tuple(inputs), tuple(outputs), command) for rule, inputs, outputs, command in json.loads(done.stdout)
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


def _described(job):
    """The fields of a `Job`; the rule `all` has no command."""
    return job.rule.name, [str(path) for path in job.input], [str(path) for path in job.output], job.shellcmd or ""


def main():
    """Print the jobs to be run as JSON; a process of its own, since Snakemake changes the working directory."""
    from snakemake.api import SnakemakeApi
    from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, Quietness, ResourceSettings

    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("targets", nargs="+")
    parser.add_argument("--overlay", type=Path, action="append", default=[])
    parser.add_argument("--snakefile", type=Path, default=HOUSE / "Snakefile")
    given = parser.parse_args()
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        flow = api.workflow(
            resource_settings=ResourceSettings(cores=2),
            config_settings=ConfigSettings(configfiles=given.overlay),
            snakefile=given.snakefile,
            workdir=given.folder,
        )
        flow.dag(DAGSettings(targets=set(given.targets)))
        made = flow._workflow
        made._prepare_dag(forceall=False, ignore_incomplete=True, lock_warn_only=True)
        made._build_dag()
        jobs = [job for job in made.dag.jobs if made.dag.needrun(job)]
        print(json.dumps([_described(job) for job in jobs]))


if __name__ == "__main__":
    main()
