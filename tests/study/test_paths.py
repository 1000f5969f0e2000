"""Which file is made from which, without Snakemake."""

import pytest

from fdgst.study.paths import Paths

INTRA = {"id": "intra", "title": "Intra", "trainer": "intra", "augmentation": "none", "options": {}}


@pytest.fixture
def paths(demo):
    """A function that returns the paths of an overlay's study."""
    return lambda overlay: Paths(demo(overlay))


def test_a_run_reads_its_sources_and_pairs_among_them(paths):
    inputs = paths({}).training_inputs("fdg", "domain2", 0)
    assert inputs["rois"] == [f"results/rois/domain{n}.h5" for n in (1, 3, 4)]
    assert len(inputs["shard"]) == 9
    assert not any("domain2" in path for path in [*inputs["rois"], *inputs["shard"]])


def test_a_bundle_is_of_a_training_on_all_domains_with_their_pairs(paths):
    found = paths({})
    assert found.bundled("fdg", 0)["weights"] == "results/runs/fdg/none/seed0/model.safetensors"
    inputs = found.training_inputs("fdg", "none", 0)
    assert inputs["rois"] == found.bundled("fdg", 0)["rois"] == [f"results/rois/domain{n}.h5" for n in range(1, 5)]
    assert len(inputs["shard"]) == 16


def test_an_upper_bound_reads_the_unseen_domain_and_lends_the_others_budget(paths):
    inputs = paths({"methods": [INTRA]}).training_inputs("intra", "domain2", 0)
    assert inputs["rois"] == ["results/rois/domain2.h5"]
    assert len(inputs["reference"]) == 3
    assert "start" not in inputs


def test_without_self_pairs_no_domain_lends_its_style_to_itself(paths):
    shards = paths({"generation": {"self_pairs": False}}).training_inputs("fdg", "domain1", 0)["shard"]
    assert len(shards) == 6


def test_a_control_has_no_style_but_its_own(paths):
    item = {"id": "c", "kind": "contrast", "lambda": {"uniform": [0, 1], "copies": 2}, "encoding": "grid"}
    methods = [INTRA | {"id": "c", "title": "C", "trainer": "plain", "augmentation": "c"}]
    found = paths({"augmentations": [item], "methods": methods})
    assert found.shard_inputs("c", "domain1", "domain1") == {}
    assert found.every_shard("c") == [f"results/shards/c/domain{n}/domain{n}.h5" for n in range(1, 5)]


def test_a_soft_threshold_takes_both_domains_banks_and_none_takes_one(paths):
    found = paths({})
    assert set(found.shard_inputs("fdg_st", "domain1", "domain2")) == {"style_bank", "content_bank"}
    assert set(found.shard_inputs("fdg", "domain1", "domain2")) == {"style_bank"}


def test_a_live_row_has_no_shards_and_at_roi_size_the_banks_of_its_sources(paths):
    fdg = {"id": "fdg", "kind": "fourier", "window": "full", "alpha": 0, "lambda": [1.0], "encoding": "live"}
    items = [fdg | {"mixing": "network"}, fdg | {"id": "fdg_st", "alpha": 0.05}]
    found = paths({"augmentations": items})
    assert found.training_inputs("fdg", "domain2", 0).keys() == {"start", "rois", "bank"}
    assert found.training_inputs("fdg", "domain2", 0)["bank"] == []
    banks = [f"results/banks/domain{n}/soft-0.05.h5" for n in (1, 3, 4)]
    assert found.training_inputs("fdg_st", "domain2", 0)["bank"] == banks
    assert list(found.banks) == ["soft-0.05"]
    assert {path for path in found.report_inputs() if path.endswith("sheet.csv")} == {
        "results/live/fdg/sheet.csv",
        "results/live/fdg_st/sheet.csv",
    }


def test_snapshots_are_kept_every_so_many_epochs(paths):
    assert paths({"training": {"snapshot_epochs": 20}}).snapshots == ["epoch0020", "epoch0040"]
    assert paths({}).snapshots == []


def test_the_test_batch_s_normalisation_is_one_more_prediction_where_it_is_asked_for(paths):
    found = paths({"evaluation": {"normalisations": ["running", "test_batch"]}})
    folder = "results/runs/fdg/domain2/seed0/predictions/last"
    wanted = [f"{folder}/{view}/domain2.h5" for view in ("whole", "test_batch")]
    assert found.protocol_predictions("fdg", "domain2", 0) == wanted
    assert found.seen("test_batch") == "--view whole --normalisation test_batch"
    assert found.seen("centre") == "--view centre"


def test_only_the_domain_that_says_so_is_cropped_and_seen_both_ways_by_the_protocols(paths):
    domains = [{"id": f"d{n}", "title": f"D{n}", "released_crop": n == 2} for n in range(1, 5)]
    found = paths({"domains": domains})
    assert found.predictions("fdg", "d2", 0) == "results/runs/fdg/d2/seed0/predictions/last/centre/d2.h5"
    assert found.predictions("fdg", "d4", 0) == "results/runs/fdg/d4/seed0/predictions/last/whole/d4.h5"
    assert len(found.protocol_predictions("fdg", "d2", 0)) == 2
    assert len(found.protocol_predictions("fdg", "d4", 0)) == 1


def test_snapshots_are_predicted_on_every_domain_for_the_protocols(paths):
    found = paths({"training": {"snapshot_epochs": 25}}).protocol_predictions("fdg", "domain1", 3)
    assert len(found) == 1 + 2 * 4
    assert "results/runs/fdg/domain1/seed3/predictions/epoch0025/whole/domain4.h5" in found


def test_a_study_is_put_beside_the_paper_only_where_domains_say_which_they_are(paths):
    domains = [{"id": f"d{n}", "title": f"D{n}"} for n in range(1, 5)]
    assert not paths({"domains": domains}).beside_the_paper
    assert paths({"domains": [domain | {"paper": n} for n, domain in enumerate(domains, 1)]}).beside_the_paper


def test_a_task_without_measures_has_no_figure_of_them(paths):
    assert "agreement" in paths({}).figures
    assert "agreement" not in paths({"task": {"measures": []}}).figures


def test_one_row_has_no_rank_and_no_pair(paths):
    some, one = paths({}), paths({"methods": [INTRA | {"id": "deepall", "title": "DeepAll", "trainer": "plain"}]})
    shown = {"results/ranks.csv", "results/figures/ranks.svg", "results/figures/pairs.svg"}
    assert shown <= set(some.report_inputs())
    assert not shown & set(one.report_inputs())
