# What the rules look up: one line each. Which file is made from which is said in fdgst/study/paths.py, what a rule
# depends on in fdgst/study/cutting.py; both are tested as Python.
import hashlib
import re
import shlex
import sys
from functools import cache
from pathlib import Path
from textwrap import fill

from snakemake.logging import logger

from fdgst.data.record import digest_of, stamp_of
from fdgst.errors import ConfigError
from fdgst.fingerprint import PACKAGE, fingerprint, module_of
from fdgst.study.closing import repeat_faults
from fdgst.study.cutting import Slices
from fdgst.study.own_network import network_module
from fdgst.study.packaged import base_config
from fdgst.study.paths import FIGURES, Paths
from fdgst.study.rooms import reader_path, trainer_module
from fdgst.study.study import load_study

repeat_faults(logger)  # not `onerror`, which is silent where this workflow is a module of another
try:
    STUDY = load_study(config, base=base_config(), overlays=[*map(Path, workflow.configfiles)])
except ConfigError as error:
    sys.exit("\n".join(error.faults))  # Snakemake would name this line after them
except Exception as error:
    from fdgst.cli.ending import said_of

    sys.exit("\n".join(f"fdgst: error: {fault}" for fault in said_of(error, sys.argv)))

PATHS, SLICES = Paths(STUDY), Slices(STUDY)
DOMAINS, ROWS, SEEDS = STUDY.domains, STUDY.rows, list(STUDY.config.seeds)
RIVALS = PATHS.rivals
TRAINING = STUDY.config.training
ENVIRONMENT = "../envs/fdgst.yaml"  # one for all rules; used with --software-deployment-method conda
# a resource of trainings: in their command, but no part of their tracked params
RUN_TIME_FLAGS = (
    f"--device {TRAINING.device} --checkpoint-seconds {TRAINING.checkpoint_seconds}"
    f" --resident-gib {TRAINING.resident_gib}" + (" --tensorboard" if TRAINING.tensorboard else "")
)
NAME = "[A-Za-z0-9_]+"
PLACED = workflow.modifier.modify_path  # below the prefix, where this workflow is a module with one

if STUDY.inherited:
    print("Taken over from the demo's config.yaml, since your configuration does not name them:", file=sys.stderr)
    print(fill(", ".join(STUDY.inherited), 100, initial_indent="  ", subsequent_indent="  "), file=sys.stderr)


wildcard_constraints:
    domain=NAME,
    unseen=NAME,
    content=NAME,
    style=NAME,
    augmentation="|".join(PATHS.written) or "none",
    live="|".join(PATHS.live) or "none",
    method=NAME,
    study=NAME,
    figure="|".join(FIGURES),
    seed="[0-9]+",
    weights="last|epoch[0-9]+",
    view="whole|centre|test_batch",
    bank="|".join(map(re.escape, PATHS.banks)) or "none",


def given(make, *names):
    """A function of wildcards that hands some of them to a function of the study."""
    return lambda wildcards: make(*(wildcards[name] for name in names))


def constant(value):
    """A function of wildcards that looks at none: Snakemake takes braces in a plain text for wildcards."""
    return lambda wildcards: value


def users(make, *names):
    """The same for files that are the user's: no prefix and no storage of the results is theirs."""
    return lambda wildcards: tracked(make(*(wildcards[name] for name in names)))


def tracked(paths):
    """Those of the user's files that Snakemake can look at: a brace is a wildcard to it, wherever a path comes from.

    Rules know the others by their digests, which are among their params.
    """
    return [local(path) for path in paths if "{" not in path]


@cache
def files_of_training(method, unseen, seed):
    """The files of a training by flag, looked up once: there are as many as domains."""
    return PATHS.training_inputs(method, unseen, seed)


def training_inputs(flag):
    """The files of a training that go to one of its flags."""
    return lambda w: files_of_training(w.method, w.unseen, w.seed).get(flag, [])


def bundled(flag):
    """The files of a bundle that go to one of its flags."""
    return lambda w: PATHS.bundled(w.method, w.seed)[flag]


@cache
def trainer_fingerprint(method):
    """The code of a row's trainer, which the training finds by name."""
    return fingerprint(trainer_module(STUDY.methods[method].trainer))


def network_fingerprint():
    """The code of a network of the user's own, which is found by name, too."""
    return fingerprint(network_module(TRAINING.network)) if TRAINING.network else ""


def stamp(wildcards):
    """What the files of a domain are known by; no function of the output, whose params Snakemake does not compare."""
    record = PLACED(f"results/rois/{wildcards.domain}.json", property="output")
    return stamp_of(Path(record), map(Path, PATHS.images(wildcards.domain)))


def digests(make, *names):
    """A function of wildcards: the digests of the user's files, whose dates may stay while they change."""
    return lambda wildcards: [digest_of(Path(path)) for path in make(*(wildcards[name] for name in names))]


def flags(*names):
    """A function that writes some of a rule's inputs as flags of its command; empty ones have none."""
    # of the inputs, not of their functions: a module may have put a prefix before them
    return lambda wildcards, input: " ".join(
        f"--{name.replace('_', '-')} {shlex.quote(_no_flag(path))}"
        for name in names
        for path in _listed(input.get(name, []))
    )


def _no_flag(path):
    """A path that no command takes for a flag."""
    return f"./{path}" if path.startswith("-") else path


def _listed(paths):
    """A list of files, where there may be only one."""
    return [paths] if isinstance(paths, str) else paths


def figure_inputs(wildcards):
    """The files of a figure, by the flag that takes them; photographs are the user's."""
    files = PATHS.figure_inputs(wildcards.figure)
    return files | {name: tracked(files[name]) for name in files if name == "photographs"}


def figure_flags(wildcards, input):
    """The files of a figure as flags; whole photographs are drawn where none are named and the images are drawn, too."""
    files = PATHS.figure_inputs(wildcards.figure)
    theirs = files.pop("photographs", [])
    drawn = STUDY.drawn and wildcards.figure in ("fig2", "fig3") and not theirs
    more = [f"--photographs {shlex.quote(_no_flag(path))}" for path in theirs]
    more += [f"--phantom {STUDY.reader_settings.seed}"] if drawn else []
    return " ".join([flags(*files)(wildcards, input), *more])


def fingerprint_of_templates(*patterns):
    """A hash of the templates whose names match."""
    folder = PACKAGE / "reporting/templates"
    paths = sorted(path for pattern in patterns for path in folder.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]
