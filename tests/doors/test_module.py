"""The workflow as a module of somebody else's: what is wrong is one line at the end of what is seen."""

import logging
from types import SimpleNamespace

import pytest

from fdgst.data.phantom.folder import write_folder
from fdgst.study.closing import FailedJobs, repeat_faults
from tests.doors.conftest import foreign, run
from tests.workflow.graph import HOUSE, plan

TINY = (HOUSE / "workflow/presets/tiny.yaml").read_text()


@pytest.mark.parametrize("prefix", ["", "made"])
def test_a_bad_key_is_the_only_line(tmp_path, prefix):
    failed = run(foreign(tmp_path / "study", "training: {lerning_rate: 1}\n", prefix), "--dry-run")
    assert failed.returncode != 0
    last = failed.stderr.strip().splitlines()
    assert last == ["config: training.lerning_rate: unknown key; did you mean learning_rate?"]


def test_a_key_given_twice_is_told_of_the_importers_file(tmp_path):
    failed = run(foreign(tmp_path / "study", "seeds: [0]\nseeds: [1]\n"), "--dry-run")
    assert "mine.yaml: line 2: seeds: given twice" in failed.stderr.strip().splitlines()[-1]


FAILING = """
dataset: {reader: fundus, root: images}
domains: [{id: a, title: A, folder: Domain1}, {id: b, title: B, folder: Domain2}]
task:
  around: null
  measures: []
  structures: [{id: x, title: X, values: [[0, 50]], regions: all, holes: fill, within: null}]
roi_size: 64
network_size: 32
"""


def test_the_fault_of_a_failed_job_is_the_last_line(tmp_path):
    study = foreign(tmp_path / "study", FAILING, "made")
    size = {"size_px": (64, 64), "train": 1, "test": 1, "domains": 2, "lesions": 0.0}
    write_folder(study / "images", seed=1, layout="fundus", channels=3, bits=8, rgb_masks=(), jobs=1, **size)
    failed = run(study, "--", "made/results/rois/a.h5")
    assert failed.returncode != 0
    last = failed.stderr.strip().splitlines()[-1]
    # grey values that belong to nothing: no dry run opens an image
    assert last.startswith("fdgst: error: images/Domain1/")
    assert "128" in last


def test_every_file_of_a_job_is_below_the_prefix(tmp_path):
    study, home = foreign(tmp_path / "study", TINY, "made"), "made/results/"
    jobs = [job for job in plan(study, f"{home}report.html", snakefile=study / "Snakefile") if job.rule != "all"]
    assert {"rois", "shard", "pretrain", "train", "predict", "figure", "report"} <= {job.rule for job in jobs}
    for job in jobs:
        assert all(path.startswith(home) for path in (*job.inputs, *job.outputs)), job
        assert "results/" not in job.command.replace(home, ""), job


def test_the_importers_own_config_may_hold_more_than_the_study(tmp_path):
    study = foreign(tmp_path / "study", "ours: {seeds: [3]}\nfdgst: {seeds: [3]}\n")
    text = (study / "Snakefile").read_text()
    (study / "Snakefile").write_text(text.replace("config: config", 'config: config["fdgst"]'))
    (job,) = [
        job
        for job in plan(study, "results/pretrained/domain1/seed3/run.json", snakefile=study / "Snakefile")
        if job.rule == "pretrain"
    ]
    assert "--seed 3" in job.command


def failure(event, **more):
    """A record as Snakemake logs it."""
    record = logging.LogRecord("snakemake", logging.ERROR, "", 0, "Error in rule", None, None)
    record.__dict__ |= {"event": event, **more}
    return record


def test_logs_are_quoted_by_their_faults_and_others_by_their_last_line(tmp_path):
    (tmp_path / "one.log").write_text("reading\nfdgst: error: a\nfdgst: error: b\nend\n")
    (tmp_path / "two.log").write_text("reading\nKilled\n")
    failed = FailedJobs()
    failed.emit(failure("job_error", log=[str(tmp_path / "one.log"), str(tmp_path / "none.log")]))
    failed.emit(failure("group_error", job_error_info=[{"log": [str(tmp_path / "two.log")]}]))
    failed.emit(failure("job_error", log=[str(tmp_path / "one.log")]))
    failed.emit(failure("job_info", log=[str(tmp_path / "three.log")]))
    assert failed.faults() == ["fdgst: error: a", "fdgst: error: b", "Killed"]


def test_two_modules_in_one_workflow_say_faults_once(monkeypatch):
    registered = []
    monkeypatch.setattr("fdgst.study.closing.atexit", SimpleNamespace(register=registered.append))
    logger = logging.getLogger("of a test")
    repeat_faults(logger)
    repeat_faults(logger)
    assert len(registered) == len(logger.handlers) == 1
