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


def test_only_four_domains_are_put_beside_the_paper_s(tmp_path):
    three = plan(tmp_path, "results/report.html", overlays=[PRESETS / "tiny.yaml"])
    assert "versus_paper" in {job.rule for job in plan(tmp_path, "results/report.html")}
    assert "report" in {job.rule for job in three}
    assert "versus_paper" not in {job.rule for job in three}


def test_only_rows_of_the_paper_are_put_beside_it(tmp_path):
    path = tmp_path / "rows.yaml"
    path.write_text("methods: [{id: deepall, title: DeepAll, trainer: plain, augmentation: none, options: {}}]\n")
    rules = {job.rule for job in plan(tmp_path, "results/report.html", overlays=[path])}
    assert "report" in rules
    assert "versus_paper" not in rules


@pytest.mark.parametrize("crop", [True, False])
def test_the_protocols_get_each_view_of_the_fourth_domain_once(tmp_path, crop):
    path = tmp_path / "crop.yaml"
    path.write_text(f"evaluation: {{crop_domain4: {str(crop).lower()}}}\ntraining: {{snapshot_epochs: 10}}\n")
    found = plan(tmp_path, "results/protocols.csv", overlays=[path])
    of_domain4 = [job for job in found if "/fdg/domain4/" in job.outputs[0]]
    views = {job.rule: "--crop-centre" in job.command for job in of_domain4 if job.rule.startswith("predict")}
    assert views == {"predict": crop, "predict_other_view": not crop, "predict_snapshots": False}
    cropped = [job for job in found if "--crop-centre" in job.command]
    assert all("/domain4/" in job.outputs[0] for job in cropped)


def test_upper_bounds_are_in_no_protocol(tmp_path):
    found = plan(tmp_path, "results/protocols.csv", overlays=[PRESETS / "all.yaml"])
    methods = {Path(job.outputs[0]).parts[2] for job in found if job.rule == "rescore"}
    assert len(methods) == 17
    assert "intra" not in methods
