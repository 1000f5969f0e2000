import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats
from statsmodels.stats.multitest import multipletests

from fdgst.cli import fdgst
from fdgst.core.seeding import generator
from fdgst.evaluation.catalogue import AVERAGE, per_image
from fdgst.evaluation.statistics import (
    COLUMNS,
    cells_won,
    holm,
    rank_biserial,
    significance,
    wilcoxon,
)
from fdgst.storage.scores import write_scores
from fdgst.study.slices import StatisticsSettings, text_of
from tests.compared import FUNDUS, LESION, columns, rows

DOMAINS = ["d1", "d2"]


def noisy(shift, *, spread=1.0, metric="dsc"):
    """Scores that differ by noise and by each method's shift of one metric; an image is hard or easy for all alike."""

    def of(method, domain, seed, image, structure):
        easy = generator("easy", domain, image).normal(0, 5)
        own = generator("own", method, domain, seed, image, structure).normal(0, spread)
        return {metric: 80 + easy + own + shift.get(method, 0)}

    return of


def compare(scores, methods="ab", *, protocol="paper", samples=200, confidence=0.95):
    """The tests of all pairs, by cell."""
    long = per_image(scores, task=FUNDUS, protocol=protocol)
    options = {"protocol": protocol, "samples": samples, "confidence": confidence}
    return significance(long, [*methods], DOMAINS, structures=FUNDUS.ids, **options)


def cell(table, structure, metric, unseen, method="b", reference="a"):
    """One row of the tests."""
    key = {"method": method, "reference": reference, "structure": structure, "metric": metric, "unseen": unseen}
    return table[np.logical_and.reduce([table[name] == value for name, value in key.items()])].iloc[0]


def test_wilcoxon_is_scipys():
    draws = generator("test").normal(0.3, 1, size=(20, 30))
    for row in draws:
        assert wilcoxon(row) == stats.wilcoxon(row).pvalue


def test_wilcoxon_of_five_gains_is_two_in_two_to_the_five():
    assert wilcoxon(np.array([1.0, 2, 3, 4, 5])) == 2 / 2**5
    assert wilcoxon(np.array([1.0, 2, 3, 4, 5, 0, 0])) == pytest.approx(2 / 2**5)


def test_without_a_difference_nothing_is_found():
    assert wilcoxon(np.zeros(9)) == 1
    assert rank_biserial(np.zeros(9)) == 0


def test_the_effect_is_the_balance_of_ranks():
    assert rank_biserial(np.array([1.0, -2, 3, 0])) == (1 - 2 + 3) / 6
    assert rank_biserial(np.array([0.1, 0.2])) == 1
    assert rank_biserial(np.array([-1.0, 1.0])) == 0  # ties share a rank


def test_holms_correction_is_the_one_computed_by_hand():
    # sorted .01 .03 .04: 3 x .01; max(.03, 2 x .03); max(.06, 1 x .04)
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.5, 0.9])), [1, 1])
    assert holm(np.array([])).size == 0


def test_a_planted_difference_is_found_where_it_was_planted(made):
    table = compare(made("ab", DOMAINS, noisy({"b": 1.5}), images=25))
    found = cell(table, "cup", "dsc", AVERAGE)
    assert found["better"] == "b"
    assert found["difference"] == pytest.approx(1.5, abs=0.5)
    assert 0 < found["low"] < found["difference"] < found["high"]
    assert found["effect"] > 0.5
    assert found["images"] == 50
    assert found["wins"] + found["losses"] + found["ties"] == 50
    assert set(table.loc[table["metric"] != "dsc", "better"]) == {""}


def test_where_less_is_better_the_lower_row_wins(made):
    found = cell(compare(made("ab", DOMAINS, noisy({"b": 1.5}, metric="hd"), images=25)), "disc", "hd", AVERAGE)
    assert found["difference"] > 0
    assert found["better"] == "a"
    assert found["effect"] < -0.5
    assert found["losses"] > found["wins"]


def test_seeds_are_averaged_before_the_test(made):
    scores = made("ab", DOMAINS, noisy({"b": 0.5}), seeds=(0, 1), images=8)
    row = cell(compare(scores), "cup", "dsc", "d1")
    of = scores[(scores["structure"] == "cup") & (scores["unseen"] == "d1")].pivot_table(
        index="image", columns="method", values="dsc", aggfunc="mean"
    )
    assert row["images"] == 8
    assert row["p"] == pytest.approx(stats.wilcoxon(of["b"] - of["a"]).pvalue)


def test_many_small_gains_and_a_few_large_losses_make_no_better_row(made):
    gains = {"b": lambda image: 2 if image >= 3 else -70}
    scores = made("ab", DOMAINS, lambda m, d, s, image, of: {"dsc": 80 + gains.get(m, lambda i: 0)(image)}, images=40)
    row = cell(compare(scores), "cup", "dsc", AVERAGE)
    assert row["p_holm"] < 0.05
    assert row["effect"] > 0 > row["difference"]
    assert row["better"] == ""


def test_a_null_is_found_in_no_more_studies_than_the_level_allows():
    # six averages of two rows that differ by noise alone, 60 images each
    draws = generator("null").normal(size=(100, 6, 60))
    smallest = [min(wilcoxon(gains) for gains in study) for study in draws]
    found = sum(holm(np.array([p, 1, 1, 1, 1, 1]))[0] < 0.05 for p in sorted(smallest)[:20])  # Holm's first step is 6 p
    assert 1 <= found <= 11  # 5 expected; outside with a chance of some 1 %


def test_equal_rows_tie_on_every_image(made):
    table = compare(made("ab", DOMAINS, lambda *key: {}))
    assert (table["p"] == 1).all()
    assert (table["ties"] == table["images"]).all()
    assert (table[["difference", "low", "high", "effect"]] == 0).all(axis=None)


def test_differences_that_are_equal_in_the_file_share_a_rank(made):
    values = {"a": (80.2, 0.3), "b": (80.3, 0.2)}  # +.1 and -.1, which in binary are not of one size
    scores = made("ab", DOMAINS, lambda method, domain, seed, image, of: {"dsc": values[method][image % 2]})
    assert cell(compare(scores), "cup", "dsc", "d1")["effect"] == 0


def test_every_pair_is_tested_in_every_cell_and_the_reference_stands_before(made):
    table = compare(made("abc", DOMAINS, noisy({})), methods="abc")
    assert list(table.columns) == COLUMNS
    assert len(table) == 3 * 2 * 3 * 3
    assert set(zip(table["method"], table["reference"], strict=True)) == {("b", "a"), ("c", "a"), ("c", "b")}


def test_averages_and_single_domains_are_corrected_as_two_families(made):
    table = compare(made("abc", DOMAINS, noisy({"b": 1, "c": 2}), images=20), methods="abc")
    for family in (table["unseen"] == AVERAGE, table["unseen"] != AVERAGE):
        judge = multipletests(table.loc[family, "p"], method="holm")[1]
        np.testing.assert_allclose(table.loc[family, "p_holm"], judge)
    assert ((table["p_holm"] < 0.05) == (table["better"] != "")).all()


def test_the_released_protocol_tests_its_own_metrics(made):
    assert set(compare(made("ab", DOMAINS, noisy({})), protocol="released")["metric"]) == {
        "dsc_released",
        "hd95",
        "asd_directed",
    }


def test_one_row_has_nobody_to_be_compared_with(made):
    table = compare(made("a", DOMAINS, noisy({})), methods="a")
    assert list(table.columns) == COLUMNS
    assert table.empty
    assert cells_won(table).empty


def test_cells_are_won_by_the_better_mean_and_averages_are_no_cells(made):
    table = compare(made("ab", DOMAINS, noisy({"b": 30}), images=8))
    won = cells_won(table).iloc[0]
    assert won["cells"] == 12
    assert won["won"] == 4  # DSC of two structures on two domains; all distances are 0
    assert won["lost"] == 0
    assert won["won_significantly"] <= 4


def test_the_command_leaves_upper_bounds_out_and_is_deterministic(made, tmp_path):
    write_scores(tmp_path / "s.csv", made("abi", DOMAINS, noisy({"b": 1.5, "i": 9}), images=8))
    named = {"methods": rows(a="plain", b="plain", i="intra"), "domains": columns(*DOMAINS), "task": FUNDUS}
    settings = StatisticsSettings(**named, protocol="paper", bootstrap_samples=200, confidence=0.95)
    written = []
    for name in ("one", "two"):
        out, wins = tmp_path / f"{name}.csv", tmp_path / f"{name}-wins.csv"
        arguments = ["statistics", "--scores", str(tmp_path / "s.csv"), "--settings", "-", "--out", str(out)]
        assert CliRunner().invoke(fdgst, [*arguments, "--wins", str(wins)], input=text_of(settings)).exit_code == 0
        written.append(out.read_bytes() + wins.read_bytes())
    assert written[0] == written[1]
    table = pd.read_csv(tmp_path / "one.csv", keep_default_na=False)
    assert set(table["method"]) | set(table["reference"]) == {"a", "b"}


def test_images_whose_truth_lacks_the_structure_are_in_no_test_of_distances(made):
    def half(method, domain, seed, image, structure):
        absent = structure == "lesion" and image % 2
        gone = {"truth_px": 0, **dict.fromkeys(("hd", "hd95", "asd", "asd_directed"))} if absent else {}
        return {"hd": 5.0 + image + (method == "b")} | gone

    scores = made("ab", DOMAINS, half, images=8, structures=LESION.ids)
    long = per_image(scores, task=LESION, protocol="paper")
    options = {"protocol": "paper", "samples": 200, "confidence": 0.95}
    table = significance(long, ["a", "b"], DOMAINS, structures=LESION.ids, **options)
    assert cell(table, "lesion", "hd", "d1")[["images", "difference", "losses"]].tolist() == [4, 1, 4]
    assert cell(table, "organ", "hd", "d1")["images"] == 8
