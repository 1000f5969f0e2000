from pathlib import Path

import pytest

from tests.workflow.graph import HOUSE, ancestors, plan

PRESETS = HOUSE / "workflow/presets"


def domains_of(path):
    """The domains whose images a generated file was made from, by its name."""
    parts = Path(path).with_suffix("").parts
    return (
        set(parts) & {f"domain{number}" for number in range(1, 5)} if parts[1] in ("rois", "banks", "shards") else set()
    )


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    return plan(tmp_path_factory.mktemp("run"), "results/table1.tex", overlays=[PRESETS / "all.yaml"])


@pytest.fixture(scope="module")
def live_jobs(tmp_path_factory):
    """The jobs of the demo without shards."""
    folder = tmp_path_factory.mktemp("live")
    return plan(folder, "results/table1.tex", "results/live/fdg/sheet.csv", overlays=[PRESETS / "live.yaml"])


def test_live_rows_are_trained_without_shards_from_banks_of_their_sources(live_jobs):
    assert not any("shards" in path for job in live_jobs for path in (*job.inputs, *job.outputs))
    banks = {path for job in live_jobs if job.rule == "bank" for path in job.outputs}
    assert banks == {f"results/banks/domain{n}/soft-0.05.h5" for n in range(1, 5)}


def test_no_bank_of_the_unseen_domain_reaches_its_live_runs(live_jobs):
    for job in trainings(live_jobs, "train"):
        unseen = Path(job.outputs[0]).parts[-3]
        seen = set().union(*(domains_of(path) for path in ancestors(live_jobs, job.outputs)))
        assert seen == {"domain1", "domain2", "domain3", "domain4"} - {unseen}, job
        assert ("--bank" in job.command) == ("/fdg_st/" in job.outputs[0])


def trainings(jobs, *rules):
    return [job for job in jobs if job.rule in rules]


def test_no_image_and_no_bank_of_the_unseen_domain_reaches_its_runs(jobs):
    found = trainings(jobs, "pretrain", "train")
    assert len(found) == 4 + 18 * 4
    for job in found:
        *_, method, unseen, _, _ = Path(job.outputs[0]).parts
        if method != "intra":
            seen = set().union(*(domains_of(path) for path in ancestors(jobs, job.outputs)))
            assert seen == {"domain1", "domain2", "domain3", "domain4"} - {unseen}, job


def test_only_shards_are_made_from_two_domains(jobs):
    for job in jobs:
        read = set().union(*(domains_of(path) for path in job.inputs))
        if job.rule not in ("shard", "pretrain", "train", "sheet") and any(domains_of(path) for path in job.outputs):
            assert len(read) <= 1, job


def test_every_row_of_an_unseen_domain_starts_from_the_same_pretrained_network(jobs):
    for job in trainings(jobs, "train"):
        starts = [path for path in job.inputs if path.endswith("model.safetensors")]
        unseen = Path(job.outputs[0]).parts[-3]
        expected = [] if "/intra/" in job.outputs[0] else [f"results/pretrained/{unseen}/seed0/model.safetensors"]
        assert starts == expected


def test_one_domain_asks_for_its_own_trainings_only(tmp_path):
    found = plan(tmp_path, "results/unseen/domain3.csv")
    trained = {Path(job.outputs[0]).parts[-3] for job in found if job.rule in ("pretrain", "train")}
    assert trained == {"domain3"}
    assert not any("/domain3/domain" in path or "banks/domain3" in path for job in found for path in job.outputs)


def test_pairs_of_a_domain_with_itself_can_be_left_out(tmp_path):
    (tmp_path / "overlay.yaml").write_text("generation: {self_pairs: false}\n")
    found = plan(tmp_path, "results/unseen/domain1.csv", overlays=[tmp_path / "overlay.yaml"])
    pairs = [Path(job.outputs[0]).with_suffix("").parts[-2:] for job in found if job.rule == "shard"]
    assert len(pairs) == 2 * 6
    assert all(content != style for content, style in pairs)


def overlay(tmp_path, text):
    """An overlay of a test's own."""
    path = tmp_path / "overlay.yaml"
    path.write_text(text)
    return [path]


def test_only_domains_of_the_paper_are_put_beside_it(tmp_path):
    named = "domains: [{id: a, title: A, paper: 1}, {id: b, title: B, paper: 2}]\ntraining: {images_per_step: 4}\n"
    assert "versus_paper" not in {job.rule for job in plan(tmp_path, "results/report.html")}
    rules = {job.rule for job in plan(tmp_path, "results/report.html", overlays=overlay(tmp_path, named))}
    assert {"versus_paper", "report"} <= rules


@pytest.mark.parametrize("crop", [True, False])
def test_the_protocols_get_each_view_of_a_domain_once(tmp_path, crop):
    lines = [f"{{id: domain{n}, title: D{n}, released_crop: {str(crop and n == 2).lower()}}}" for n in range(1, 5)]
    options = overlay(tmp_path, f"domains: [{', '.join(lines)}]\ntraining: {{snapshot_epochs: 25}}\n")
    found = [job for job in plan(tmp_path, "results/protocols.csv", overlays=options) if job.rule == "predict"]
    views = {Path(job.outputs[0]).parts[-3:-1] for job in found if "/fdg/domain2/" in job.outputs[0]}
    snapshots = {("epoch0025", "whole"), ("epoch0050", "whole")}
    assert views == snapshots | {("last", "whole")} | ({("last", "centre")} if crop else set())
    assert len({job.outputs[0] for job in found}) == len(found)


def test_upper_bounds_are_in_no_protocol(tmp_path):
    found = plan(tmp_path, "results/protocols.csv", overlays=[PRESETS / "all.yaml"])
    methods = {Path(job.outputs[0]).parts[2] for job in found if job.rule == "rescore"}
    assert len(methods) == 17
    assert "intra" not in methods
