"""The whole chain for real, at its smallest; what an edit makes again is read off dry runs of the finished work."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.workflow.graph import HOUSE, environment, plan, snakemake

TINY = HOUSE / "workflow/presets/tiny.yaml"
ROWS = """
methods:
  - {id: deepall, title: DeepAll, trainer: plain, augmentation: none, options: {}}
  - {id: fdg_st, title: FDG+ST, trainer: plain, augmentation: fdg_st, options: {}}
"""


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    """Overlays of a small budget and two rows."""
    path = tmp_path_factory.mktemp("overlay") / "rows.yaml"
    path.write_text(ROWS)
    return [TINY, path]


@pytest.fixture(scope="module")
def finished(tmp_path_factory, overlay):
    """A folder in which the table was made."""
    folder = tmp_path_factory.mktemp("run")
    snakemake(folder, "--configfile", *overlay, "--", "results/table1.tex")
    return folder


def rules(jobs):
    """The names of the rules of a plan."""
    return {job.rule for job in jobs}


def changed(tmp_path, overlay, text):
    """The overlays with one more."""
    path = tmp_path / "changed.yaml"
    path.write_text(text)
    return [*overlay, path]


def test_the_table_has_every_row_domain_and_metric(finished):
    with (finished / "results/table1.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["method"] for row in rows} == {"deepall", "fdg_st"}
    assert {row["unseen"] for row in rows} == {"domain1", "domain2", "domain3", "average"}
    assert {"dsc", "hd", "asd"} <= {row["metric"] for row in rows}
    assert "FDG+ST" in (finished / "results/table1.tex").read_text()


def test_without_a_target_the_table_and_the_report_are_made(tmp_path, overlay):
    dry = snakemake(tmp_path, "--dry-run", "--configfile", *overlay)
    assert "Make the table" in dry.stdout + dry.stderr
    assert "Write the report" in dry.stdout + dry.stderr


def test_finished_work_is_not_done_again(finished, overlay):
    assert plan(finished, "results/table1.tex", overlays=overlay) == []


def test_every_hdf5_file_is_whole(finished):
    assert {path.parent.parent.name for path in (finished / "results").rglob("*.h5")} >= {"banks", "fdg_st"}
    fdgst = Path(sys.executable).with_name("fdgst")
    assert subprocess.run([fdgst, "verify", finished / "results"], check=False, env=environment()).returncode == 0


CHANGES = re.findall(r"^\| `(.*)` \| ([a-z, ]+) \|$", (HOUSE / "CONTRIBUTING.md").read_text(), re.MULTILINE)


def test_the_table_of_changes_was_found():
    assert len(CHANGES) >= 10


@pytest.mark.parametrize(("change", "expected"), CHANGES, ids=[change for change, _ in CHANGES])
def test_a_change_makes_again_what_the_table_in_contributing_says(finished, overlay, tmp_path, change, expected):
    again = rules(plan(finished, "results/table1.tex", overlays=changed(tmp_path, overlay, f"{change}\n")))
    assert again == (set() if expected == "nothing" else set(expected.split(", ")))


def test_a_new_title_makes_the_table_and_nothing_before_it(finished, overlay, tmp_path):
    renamed = yaml.safe_load(TINY.read_text())["domains"]
    renamed[0]["title"] = "REFUGE {train} $x$"
    options = changed(tmp_path, overlay, yaml.safe_dump({"domains": renamed}))
    assert rules(plan(finished, "results/table1.tex", overlays=options)) == {"table"}


def test_a_changed_learning_rate_trains_again_also_where_snapshots_are_new(finished, overlay, tmp_path):
    options = changed(tmp_path, overlay, "training: {learning_rate: 0.002, snapshot_epochs: 1}\n")
    assert {"pretrain", "train", "predict"} <= rules(plan(finished, "results/table1.tex", overlays=options))


def test_pre_training_is_kept_where_a_value_changes_that_it_does_not_read(finished, overlay, tmp_path):
    options = changed(tmp_path, overlay, "training: {final_learning_rate: 0.0001, budget: released, epochs: 3}\n")
    again = rules(plan(finished, "results/table1.tex", overlays=options))
    assert "train" in again
    assert "pretrain" not in again


def test_one_more_row_leaves_the_others_alone(finished, overlay, tmp_path):
    rows = yaml.safe_load(ROWS)["methods"]
    rows.append(
        {"id": "dofe", "title": "DoFE", "trainer": "dofe", "augmentation": "none", "options": {"memory": "ema"}}
    )
    options = changed(tmp_path, overlay, yaml.safe_dump({"methods": rows}))
    jobs = plan(finished, "results/table1.tex", overlays=options)
    assert {path for job in jobs if job.rule == "train" for path in job.outputs if "/dofe/" not in path} == set()
    assert not rules(jobs) & {"rois", "bank", "shard", "pretrain"}


def test_a_domain_whose_runs_are_removed_is_made_again_alone(finished, overlay, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(finished, copy)
    for method in ("deepall", "fdg_st"):
        shutil.rmtree(copy / "results/runs" / method / "domain3")
    (copy / "results/unseen/domain3.csv").unlink()
    jobs = plan(copy, "results/unseen/domain3.csv", overlays=overlay)
    assert rules(jobs) == {"train", "predict", "score", "unseen"}
    assert all("domain3" in path for job in jobs for path in job.outputs)


@pytest.fixture
def checkout(tmp_path):
    """A copy of the code, to be edited."""
    copy = tmp_path / "checkout"
    for name in ("fdgst", "workflow", "tests/workflow"):
        shutil.copytree(HOUSE / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(HOUSE / name, copy)
    return copy


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("PHASE_FLOOR = 1e-12", "PHASE_FLOOR = 1e-12  # of the largest", set()),
        ("PHASE_FLOOR = 1e-12", "PHASE_FLOOR = 1e-11", {"bank", "shard", "train", "predict", "score", "table"}),
    ],
    ids=["comment", "arithmetic"],
)
def test_an_edit_of_the_formula_makes_again_what_follows_from_it(finished, overlay, checkout, old, new, expected):
    module = checkout / "fdgst/core/fourier.py"
    assert old in module.read_text()
    module.write_text(module.read_text().replace(old, new))
    again = rules(plan(finished, "results/table1.tex", overlays=overlay, house=checkout))
    assert again >= expected if expected else again == set()
    assert not again & {"rois", "pretrain"}


def test_two_runs_give_the_same_scores(finished, overlay, tmp_path):
    snakemake(tmp_path, "--configfile", *overlay, "--", "results/unseen/domain1.csv")
    again = (tmp_path / "results/unseen/domain1.csv").read_bytes()
    assert again == (finished / "results/unseen/domain1.csv").read_bytes()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("training: {lerning_rate: 1}", "config: training.lerning_rate: unknown key; did you mean learning_rate?"),
        ("dataset: {reader: fundus, root: nowhere}", "nowhere"),
    ],
)
def test_a_fault_of_the_user_is_the_last_thing_said(tmp_path, overlay, config, said):
    failed = snakemake(
        tmp_path, "--configfile", *changed(tmp_path, overlay, config), "--", "results/table1.tex", check=False
    )
    assert failed.returncode != 0
    assert said in failed.stderr.strip().splitlines()[-1]
    assert not list(tmp_path.rglob("*.h5"))
