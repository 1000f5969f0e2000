# What the rules look up: one line each. Which file is made from which is said in fdgst/study/paths.py, what a rule
# depends on in fdgst/study/cutting.py; both are tested as Python.
import atexit
import hashlib
import re
import shlex
import sys
from pathlib import Path

from fdgst.errors import ConfigError
from fdgst.fingerprint import fingerprint, module_of
from fdgst.study.cutting import Slices
from fdgst.study.paths import FIGURES, Paths
from fdgst.study.rooms import reader_path, trainer_module
from fdgst.study.study import load_study

HOUSE = Path(str(workflow.current_basedir)).parents[1]

try:
    STUDY = load_study(config, base=HOUSE / "config.yaml", overlays=[*map(Path, workflow.overwrite_configfiles)])
except ConfigError as error:
    sys.exit("\n".join(error.faults))  # Snakemake would name this line after them

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

if STUDY.inherited:
    print("Taken over from the demo's config.yaml:", ", ".join(STUDY.inherited), file=sys.stderr)


wildcard_constraints:
    domain=NAME,
    unseen=NAME,
    content=NAME,
    style=NAME,
    augmentation=NAME,
    method=NAME,
    study=NAME,
    figure="|".join(FIGURES),
    seed="[0-9]+",
    weights="last|epoch[0-9]+",
    view="whole|centre",
    bank="|".join(map(re.escape, PATHS.banks)) or "none",


def given(make, *names):
    """A function of wildcards that hands some of them to a function of the study."""
    return lambda wildcards: make(*(wildcards[name] for name in names))


def constant(value):
    """A function of wildcards that looks at none: Snakemake takes braces in a plain text for wildcards."""
    return lambda wildcards: value


def bank_flags(augmentation, content, style):
    """The banks of a shard as flags of the command."""
    banks = PATHS.shard_inputs(augmentation, content, style)
    return flags({name.replace("_", "-"): [path] for name, path in banks.items()})


def training_inputs(flag):
    """The files of a training that go to one of its flags."""
    return lambda w: PATHS.training_inputs(w.method, w.unseen, w.seed).get(flag, [])


def training_flags(method, unseen, seed):
    """All of them as flags of the command."""
    return flags(PATHS.training_inputs(method, unseen, seed))


def trainer_fingerprint(method):
    """The code of a row's trainer, which the training finds by name."""
    return fingerprint(trainer_module(STUDY.methods[method].trainer))


def flags(files):
    """Files as flags of a command; empty lists have none."""
    return " ".join(f"--{name} {shlex.quote(path)}" for name, paths in files.items() for path in paths)


def figure_flags(wildcards):
    """The files of a figure as flags; whole photographs are drawn where none are named and the images are drawn, too."""
    files = PATHS.figure_inputs(wildcards.figure)
    drawn = STUDY.drawn and wildcards.figure in ("fig2", "fig3") and not files["photographs"]
    return flags(files) + (f" --phantom {STUDY.reader_settings.seed}" if drawn else "")


def fingerprint_of_files(folder, *patterns):
    """A hash of the files of a folder of the package whose names match."""
    paths = sorted(path for pattern in patterns for path in (HOUSE / folder).glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def repeat_faults(main_logs):
    """Say the faults of the failed jobs once more when everything else has been said."""
    told = "".join(Path(path).read_text() for path in main_logs)
    logs = re.findall(r"^\s+log: (\S+) \(check log file", told, re.MULTILINE)
    lines = []
    for path in dict.fromkeys(logs):
        found = Path(path).read_text(errors="replace").splitlines() if Path(path).is_file() else []
        lines += [line for line in found if line.startswith("fdgst: error:")] or found[-1:]
    atexit.register(lambda: print(*lines, sep="\n", file=sys.stderr))
