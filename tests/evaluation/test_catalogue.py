import numpy as np
import pandas as pd
import pytest

from fdgst.errors import ConfigError, DataError
from fdgst.evaluation.catalogue import (
    METRICS,
    cells_of,
    in_order,
    metrics,
    per_image,
    read_compared,
    unit_of,
    upper_bounds,
)
from fdgst.storage.scores import DISTANCES, MEASURES, write_scores
from fdgst.study.task import Measure
from tests.compared import DISC, FUNDUS, LESION, RATIO, columns, rows, structure, task_of

LESION_TOO = task_of(structure("cup", within="disc", optional=True), DISC, measures=(RATIO,))  # every kind of metric


def values(long):
    """The values of long scores by image, structure and metric."""
    return long.set_index(["image", "structure", "metric"])["value"]


def test_every_metric_has_one_value_per_image_and_structure(made):
    long = per_image(made("a", ["d1"], lambda *key: {}), task=FUNDUS, protocol="paper")
    assert len(long) == 4 * (2 * 7 + 2)
    assert values(long)["i000"]["both"].to_dict() == {"vcdr_error": 0, "cup_outside": 0}


def test_what_is_read_off_both_structures_counts_once(made):
    scores = made("a", ["d1"], lambda *key: {"vcdr_prediction": 0.3, "outside_px": 4})
    found = values(per_image(scores, task=FUNDUS, protocol="paper"))["i001"]["both"]
    assert found["vcdr_error"] == pytest.approx(0.2)
    assert found["cup_outside"] == 100


def test_an_image_without_a_disc_has_no_vcdr_error(made):
    scores = made("a", ["d1"], lambda *key: {"vcdr_prediction": np.nan})
    assert np.isnan(values(per_image(scores, task=FUNDUS, protocol="paper"))["i000", "both", "vcdr_error"])


def missing(structure):
    """Scores in which image 0 lacks one structure: distances of 271, the diagonal."""
    lost = {
        "missed": 1,
        "dsc": 0.0,
        "dsc_released": 1.0,
        "hd": 271.0,
        "hd95": 271.0,
        "asd": 271.0,
        "asd_directed": 271.0,
    }
    return lambda method, domain, seed, image, of: lost if (image, of) == (0, structure) else {"hd95": 7.0}


def test_by_the_papers_protocol_a_missed_cup_costs_the_cup_its_diagonal(made):
    found = values(per_image(made("a", ["d1"], missing("cup")), task=FUNDUS, protocol="paper"))
    assert found["i000", "cup", "hd"] == 271
    assert found["i000", "disc", "hd95"] == 7
    assert found["i000", "cup", "missed"] == 100


def test_by_the_released_protocol_a_missed_cup_costs_both_structures_a_hundred(made):
    found = values(per_image(made("a", ["d1"], missing("cup")), task=FUNDUS, protocol="released"))
    assert found["i000", "cup", "hd95"] == found["i000", "disc", "hd95"] == found["i000", "disc", "asd_directed"] == 100
    assert found["i001", "cup", "hd95"] == 7
    assert found["i000", "cup", "dsc"] == 0
    assert found["i000", "disc", "dsc"] == 100


def test_by_the_released_protocol_a_missed_disc_costs_the_disc_alone(made):
    found = values(per_image(made("a", ["d1"], missing("disc")), task=FUNDUS, protocol="released"))
    assert found["i000", "disc", "hd95"] == 100
    assert found["i000", "cup", "hd95"] == 7


def test_the_scores_are_not_changed_by_the_protocol(made):
    scores = made("a", ["d1"], missing("cup"))
    before = scores.copy()
    per_image(scores, task=FUNDUS, protocol="released")
    pd.testing.assert_frame_equal(scores, before)


def test_an_unknown_protocol_is_refused(made):
    with pytest.raises(ConfigError, match="paper or released, found 'mine'"):
        per_image(made("a", ["d1"], lambda *key: {}), task=FUNDUS, protocol="mine")


def compared(path, scores, methods="ab", domains=("d1", "d2")):
    """Write scores and read what is to be compared."""
    write_scores(path, scores)
    return read_compared([path], rows(**dict.fromkeys(methods, "plain")), columns(*domains), task=FUNDUS)


def test_other_methods_and_domains_are_left_out(made, tmp_path):
    table = compared(tmp_path / "s.csv", made("abc", ["d1", "d2", "d3"], lambda *key: {}))
    assert set(table["method"]) == {"a", "b"}
    assert set(table["unseen"]) == {"d1", "d2"}


def test_all_missing_cells_are_told_at_once(made, tmp_path):
    scores = made("ab", ["d1", "d2"], lambda *key: {})
    scores = scores[(scores["method"] != "b") | (scores["unseen"] != "d2")]
    with pytest.raises(DataError) as error:
        compared(tmp_path / "s.csv", scores, methods="abc")
    assert len(error.value.faults) == 3
    assert "'b' on unseen domain 'd2', found no row" in str(error.value)


def test_methods_scored_on_other_images_are_not_compared(made, tmp_path):
    scores = made("ab", ["d1", "d2"], lambda *key: {})
    short = scores[(scores["method"] != "b") | (scores["unseen"] != "d2") | (scores["image"] != "i003")]
    with pytest.raises(DataError, match=r"'b' on 'd2': expected the images and seeds .*\(4 pairs\), found others \(3"):
        compared(tmp_path / "s.csv", short)


def test_scores_on_a_domain_that_training_saw_are_refused(made, tmp_path):
    with pytest.raises(DataError, match="held 'd1' out and is scored on 'd9'"):
        compared(tmp_path / "s.csv", made("ab", ["d1", "d2"], lambda *key: {"domain": "d9"}))


def test_a_domain_may_not_be_called_average(made, tmp_path):
    with pytest.raises(DataError, match="'average'"):
        compared(tmp_path / "s.csv", made("ab", ["average"], lambda *key: {}), domains=["average"])


def test_rows_come_in_the_given_order_or_in_their_own():
    table = pd.DataFrame({"a": ["x", "y", "z"] * 2, "b": [3, 2, 1, 1, 2, 3]})
    found = in_order(table, {"a": ["z", "x", "y"], "b": ()})
    assert found["a"].tolist() == ["z", "z", "x", "x", "y", "y"]
    assert found["b"].tolist() == [1, 3, 1, 3, 2, 2]


def test_rows_are_found_by_their_cell():
    row = {"method": "a", "structure": "cup", "metric": "dsc", "unseen": "d1", "mean": 3.0}
    assert cells_of([row])["a", "cup", "dsc", "d1"]["mean"] == 3


def test_upper_bounds_are_the_methods_trained_on_the_unseen_domain():
    assert upper_bounds(rows(a="intra", b="plain")) == ["a"]


def of_lesions(method, domain, seed, image, structure):
    """Images 0 to 3: a lesion found, missed, rightly none, and a false alarm."""
    if structure == "organ" or image == 0:
        return {}
    if image == 1:
        return {"missed": 1, "dsc": 0.0, "hd": 271.0, "hd95": 271.0, "asd": 271.0, "asd_directed": 271.0}
    alarm = {"dsc": 0.0, "false_alarm": 1} if image == 3 else {}
    return alarm | {"truth_px": 0, **dict.fromkeys(("hd", "hd95", "asd", "asd_directed"))}


@pytest.mark.parametrize("protocol", ["paper", "released"])
def test_rates_are_of_the_images_that_have_a_structure_or_lack_it(made, protocol):
    scores = made("a", ["d1"], of_lesions, structures=LESION.ids)
    found = values(per_image(scores, task=LESION, protocol=protocol)).unstack("image").loc["lesion"]
    np.testing.assert_equal(found.loc["missed"].to_list(), [0, 100, np.nan, np.nan])
    np.testing.assert_equal(found.loc["false_alarm"].to_list(), [np.nan, np.nan, 0, 100])
    np.testing.assert_equal(found.loc["hd"].isna().to_list(), [False, False, True, True])


def test_false_alarms_are_a_metric_of_optional_structures_alone(made):
    scores = made("a", ["d1"], of_lesions, structures=LESION.ids)
    long = per_image(scores, task=LESION, protocol="paper")
    assert set(long.loc[long["metric"] == "false_alarm", "structure"]) == {"lesion"}
    assert "false_alarm" not in metrics(FUNDUS)


def test_a_task_without_measures_and_nesting_has_nothing_of_whole_images(made):
    long = per_image(made("a", ["d1"], of_lesions, structures=LESION.ids), task=LESION, protocol="paper")
    assert set(long["structure"]) == set(LESION.ids)


def test_each_structure_leaves_its_own(made):
    nested = task_of(structure("a", within="b"), structure("b", within="c"), structure("c"))
    scores = made("m", ["d1"], lambda *key: {"outside_px": int(key[4] == "b")}, structures=nested.ids)
    found = values(per_image(scores, task=nested, protocol="paper"))["i000"]["both"]
    assert found.to_dict() == {"a_outside": 0, "b_outside": 100}


def test_by_the_released_protocol_a_miss_reaches_the_structure_around_and_no_further(made):
    nested = task_of(structure("a", within="b"), structure("b", within="c"), structure("c"))
    scores = made("m", ["d1"], lambda *key: {"missed": int(key[4] == "a"), "hd95": 7.0}, structures=nested.ids)
    found = values(per_image(scores, task=nested, protocol="released"))["i000"]
    assert [found[name, "hd95"] for name in "abc"] == [100, 100, 7]


def test_a_rim_has_an_error_on_each_of_four_sides(made):
    rim = Measure(id="rim", title="Rim", kind="rim_width", of="cup", to="disc")
    task = task_of(*FUNDUS.structures, measures=(rim,))
    sides = [f"rim_{side}" for side in ("top", "right", "bottom", "left")]
    widths = {f"{side}_truth": 5.0 for side in sides} | {f"{side}_prediction": 3.0 for side in sides}
    found = values(per_image(made("a", ["d1"], lambda *key: widths), task=task, protocol="paper"))["i000"]["both"]
    assert [found[f"{side}_error"] for side in sides] == [2, 2, 2, 2]


def test_scores_of_another_task_are_refused(made, tmp_path):
    write_scores(tmp_path / "s.csv", made("a", ["d1"], lambda *key: {}))
    with pytest.raises(DataError, match="expected the structures organ, lesion, found cup, disc"):
        read_compared([tmp_path / "s.csv"], (), (), task=LESION)
    area = Measure(id="area", title="Area", kind="area", of="cup")
    other = task_of(*FUNDUS.structures, measures=(area,))
    with pytest.raises(DataError, match="missing area_truth"):
        read_compared([tmp_path / "s.csv"], (), (), task=other)


def test_every_column_of_a_metric_is_declared_once_and_every_declared_metric_has_a_column(made):
    long = per_image(made("a", ["d1"], lambda *key: {}).assign(nsd_4=90.0), task=LESION_TOO, protocol="paper")
    assert set(long["metric"]) == set(metrics(LESION_TOO, ["nsd_4"]))
    assert set(MEASURES) | {"dsc_released", "false_alarm"} == set(METRICS)
    assert {name for name, metric in METRICS.items() if metric.distance} == set(DISTANCES)
    assert all(metric.what for metric in metrics(LESION_TOO, ["nsd_4"]).values())


def test_shares_within_tolerances_stand_in_the_order_of_their_tolerances():
    found = metrics(FUNDUS, ["nsd_10", "dsc", "nsd_2.5", "outside"])
    assert [name for name in found if name.startswith("nsd")] == ["nsd_2.5", "nsd_10"]
    assert (found["nsd_10"].title, found["nsd_10"].unit, found["nsd_10"].better) == ("NSD (10 px)", "%", 1)
    assert not [name for name in metrics(FUNDUS) if name.startswith("nsd")]


def test_distances_are_in_what_a_pixel_measures_and_shares_stay(made):
    rim = Measure(id="rim", title="Rim", kind="rim_width", of="cup", to="disc")
    area = Measure(id="size", title="Size", kind="area", of="cup")
    task = task_of(*FUNDUS.structures, measures=(rim, area))
    derived = {f"{name}_{kind}": 10.0 for name in ("rim_top", "rim_right", "rim_bottom", "rim_left", "size")
               for kind in ("truth", "prediction")} | {"rim_top_truth": 6.0, "size_truth": 2.0}  # fmt: skip
    scores = made("a", ["d1"], lambda *key: {"hd": 8.0, "missed": 0} | derived)
    scores = scores.assign(unit_per_px=0.5, unit="mm", nsd_4=90.0)
    found = values(per_image(scores, task=task, protocol="paper"))["i000"]
    assert found["cup", "hd"] == 4
    assert found["both", "rim_top_error"] == 2
    assert found["both", "size_error"] == 8 * 0.25
    assert found["cup", "dsc"] == 100
    assert found["cup", "nsd_4"] == 90
    units = {name: metric.unit for name, metric in metrics(task, unit=unit_of(scores)).items()}
    assert (units["hd"], units["rim_top_error"], units["size_error"], units["dsc"]) == ("mm", "mm", "mm²", "%")


def test_by_the_released_protocol_a_miss_costs_a_hundred_pixels_whatever_they_measure(made):
    scores = made("a", ["d1"], missing("cup")).assign(unit_per_px=0.5, unit="mm")
    assert values(per_image(scores, task=FUNDUS, protocol="released"))["i000", "cup", "hd95"] == 50


def test_scores_in_two_units_have_none(made):
    scores = made("a", ["d1"], lambda *key: {}).assign(unit="mm")
    scores.loc[0, "unit"] = "cm"
    with pytest.raises(DataError, match="distances in one unit, found cm, mm"):
        unit_of(scores)
