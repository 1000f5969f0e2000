"""The examples of docs/extending.md make a study: from outside the checkout, in a foreign workflow, below a prefix."""

import json
import shutil

import numpy as np
import pytest
import yaml

from fdgst.core.seeding import generator
from tests.doors.conftest import EXTENDING, block, foreign, install, run, surroundings
from tests.workflow.graph import HOUSE, plan

TINY = yaml.safe_load((HOUSE / "workflow/presets/tiny.yaml").read_text())
PREFIX = "deep/made"
TARGET = f"{PREFIX}/results/unseen/north.csv"


def write_images(folder):
    """A bright spot on a noisy ground, brighter in the south."""
    for domain, ground in {"north": 40, "south": 90}.items():
        for split, count in {"train": 4, "test": 2}.items():
            (folder / domain / split).mkdir(parents=True)
            for number in range(count):
                rng = generator("doors", domain, split, number)
                y, x = np.mgrid[:64, :64] - rng.integers(20, 44, (2, 1, 1))
                mask = np.where(np.hypot(x, y) < 12, 255, 0).astype("u1")
                image = ground + 80 * (mask[..., None] > 0) + rng.integers(0, 30, (64, 64, 3))
                path = folder / domain / split / f"{number}.npz"
                np.savez(path, image=image.astype("u1"), mask=mask)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished study of the examples, and the folder of their package."""
    folder = tmp_path_factory.mktemp("doors")
    package = install(folder / "lib")
    small = {key: TINY[key] for key in ("roi_size", "network_size", "training", "evaluation")}
    mine = yaml.safe_load(block(EXTENDING, "yaml", "mypackage.arrays"))
    small["training"] |= mine.pop("training")
    study = foreign(folder / "study", yaml.safe_dump(mine | small), PREFIX)
    write_images(study / "arrays")
    done = run(study, "--", TARGET, packages=[package.parent])
    assert done.returncode == 0, done.stdout + done.stderr
    return study, package


@pytest.fixture
def edited(finished, tmp_path):
    """A function that edits a module of a copy of the package, and returns the jobs that are to be run again."""
    study, package = finished

    def edit(name, old, new):
        copy = tmp_path / "lib" / "mypackage"
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
        text = (copy / name).read_text()
        assert old in text
        (copy / name).write_text(text.replace(old, new))
        return plan(study, TARGET, snakefile=study / "Snakefile", env=surroundings(copy.parent))

    return edit


def rules(jobs):
    """The names of the rules of a plan."""
    return {job.rule for job in jobs}


def test_reader_network_and_trainer_of_a_package_make_a_study_below_the_prefix(finished):
    study, _ = finished
    assert {"deepall", "mixup"} <= set((study / TARGET).read_text().replace("\n", ",").split(","))
    assert not (study / "results").exists()
    assert {path.name for path in study.iterdir()} <= {"Snakefile", "mine.yaml", "arrays", "deep", ".snakemake"}


def test_the_record_of_a_training_names_the_network(finished):
    study, _ = finished
    record = json.loads((study / PREFIX / "results/runs/mixup/north/seed0/run.json").read_text())
    assert record["settings"]["network"] == "mypackage.small:Small"
    assert record["settings"]["decoder"] == "none"


def test_nothing_is_made_again_where_nothing_was_edited(edited):
    assert edited("mixup.py", '"""Mixup:', '"""Mixing up:') == []


def test_an_edit_of_the_trainers_file_trains_its_row_again_and_nothing_else(edited):
    jobs = edited("mixup.py", "strength)\n", "strength) / 2\n")
    assert rules(jobs) == {"train", "predict", "score", "unseen"}
    runs = [job for job in jobs if job.rule != "unseen"]
    assert all("/mixup/" in path for job in runs for path in job.outputs)


def test_an_edit_of_the_network_pre_trains_again(edited):
    assert rules(edited("small.py", "nn.ReLU()]", "nn.SiLU()]")) == {"pretrain", "train", "predict", "score", "unseen"}


def test_an_edit_of_the_reader_reads_again(edited):
    assert {"rois", "audit", "pretrain"} <= rules(edited("arrays.py", "*.npz", "?*.npz"))
