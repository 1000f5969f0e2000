import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings, strategies
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


def compare(scores, methods="ab", *, declared=(("b", "a"),), domains=DOMAINS, protocol="paper", confidence=0.95):
    """The tests of all pairs, by cell."""
    long = per_image(scores, task=FUNDUS, protocol=protocol)
    options = {"protocol": protocol, "samples": 200, "confidence": confidence, "compare": declared}
    return significance(long, [*methods], domains, structures=FUNDUS.ids, **options)


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
    p = generator("holm").uniform(size=(20, 7)).round(1)  # with equal ones
    np.testing.assert_allclose(holm(p), [multipletests(family, method="holm")[1] for family in p])


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
    assert row["effect"] > 0 > row["difference"]
    assert row["better"] == ""


def unequal(method, domain, seed, image, structure):
    """Gains of b in the large domains and losses in the small one, which the mean over domains weighs alike."""
    shift = {"d1": 0.6, "d2": 0.6, "d3": -1.2, "d4": 0.6}[domain] * (method == "b")
    return {"dsc": 80 + shift + generator("unequal", method, domain, image, structure).normal(0, 1)}


def test_large_domains_alone_make_no_row_better(made):
    domains, sizes = ["d1", "d2", "d3", "d4"], {"d1": 51, "d2": 45, "d3": 10, "d4": 80}
    scores = made("ab", domains, unequal, images=80)
    scores = scores[scores["image"].str[1:].astype(int) < scores["unseen"].map(sizes)]
    of = scores[scores["structure"] == "cup"].pivot_table(index=["unseen", "image"], columns="method", values="dsc")
    assert stats.wilcoxon(of["b"] - of["a"]).pvalue < 0.001  # the pooled test finds b better
    row = cell(compare(scores, domains=domains), "cup", "dsc", AVERAGE)
    assert row["low"] < 0 < row["high"]
    assert row["difference"] > 0  # the mean is on the pooled test's side, so that no sign betrays it
    assert row["p"] > 0.05
    assert row["better"] == ""


@settings(max_examples=25, deadline=None)
@given(strategies.integers(0, 10**6), strategies.integers(1, 3), strategies.integers(2, 8), strategies.booleans())
def test_no_verdict_stands_against_its_own_interval(made, number, seeds, images, grouped):
    rng = generator("verdicts", number)
    shift, skew, moves = rng.normal(0, 3), rng.integers(1, 4), rng.exponential(1)

    def of(method, domain, seed, image, structure):
        own = generator("own", number, method, domain, image, structure, seed)
        moved = generator("moved", number, method, seed).normal(0, moves)
        return {"dsc": 80 + shift * (method == "b") + moved + own.normal() ** skew}

    scores = made("abc", DOMAINS, of, seeds=range(seeds), images=images)
    if grouped:
        scores["group"] = scores["image"].map(lambda name: int(name[1:]) // 2)
    table = compare(scores, methods="abc", declared=[("b", "a"), ("a", "c")], confidence=0.8)
    sure = table[table["sure"] != "unknown"]
    assert (np.sign(sure["units_low"]) == np.sign(sure["difference"])).all()
    assert (np.sign(sure["units_high"]) == np.sign(sure["difference"])).all()
    better = table[table["better"] != ""]
    assert (better["low"] * better["high"] > 0).all()
    assert ((better["difference"] > 0) == (better["better"] == better["method"])).all()
    assert (better["p_holm"] < 0.2).all()
    known = table.dropna(subset=["low"])
    assert (known["low"] <= known["units_low"]).all()
    assert (known["units_high"] <= known["high"]).all()


def test_only_declared_averages_find_a_row_better_and_others_weaken_nothing(made):
    scores = made("abc", DOMAINS, noisy({"b": 3, "c": 6}), images=25)
    alone = cell(compare(scores, methods="ab"), "cup", "dsc", AVERAGE)
    beside = compare(scores, methods="abc")
    pd.testing.assert_series_equal(cell(beside, "cup", "dsc", AVERAGE), alone, check_names=False)
    explored = cell(beside, "cup", "dsc", AVERAGE, method="c")
    assert explored[["family", "better", "sure"]].tolist() == ["exploratory", "", "images"]
    assert set(beside.loc[beside["unseen"] != AVERAGE, "family"]) == {"exploratory"}
    assert set(beside.loc[beside["unseen"] != AVERAGE, "better"]) == {""}


def test_a_declared_comparison_stands_as_it_was_declared(made):
    table = compare(made("ab", DOMAINS, noisy({"b": 3}), images=25), declared=[("a", "b")])
    found = cell(table, "cup", "dsc", AVERAGE, method="a", reference="b")
    assert found["difference"] < 0
    assert found["better"] == "b"
    assert set(table["method"]) == {"a"}


def moved(by, *, shift):
    """Scores that differ by noise, by a shift of b, and by what each training of b adds to all of its images."""

    def of(method, domain, seed, image, structure):
        own = generator("own", method, domain, image, structure).normal(0, 1)
        return {"dsc": 80 + own + (method == "b") * (shift + by[seed])}

    return of


def test_one_training_makes_images_sure_and_says_nothing_of_trainings(made):
    found = cell(compare(made("ab", DOMAINS, moved([0], shift=3), images=25)), "cup", "dsc", AVERAGE)
    assert found[["sure", "better"]].tolist() == ["images", "b"]
    assert np.isnan(found["p_trainings"])


def test_trainings_that_agree_make_a_row_better(made):
    scores = made("ab", DOMAINS, moved([0, 0.1, -0.1], shift=3), images=25, seeds=range(3))
    found = cell(compare(scores), "cup", "dsc", AVERAGE)
    assert found[["sure", "better"]].tolist() == ["trainings", "b"]
    assert 0 < found["low"] < found["units_low"]


def test_trainings_that_disagree_leave_images_sure_and_no_row_better(made):
    scores = made("ab", DOMAINS, moved([0, 3, -3], shift=3), images=25, seeds=range(3))
    found = cell(compare(scores), "cup", "dsc", AVERAGE)
    assert found[["sure", "better"]].tolist() == ["images", ""]
    assert found["low"] < 0 < found["units_low"]
    assert found["p_holm"] < 0.05 < found["p_trainings"]


def test_groups_are_the_units_of_every_test(made):
    scores = made("ab", DOMAINS, noisy({"b": 1.0}), images=12)
    scores["group"] = scores["image"].map(lambda name: int(name[1:]) // 2)
    table = compare(scores)
    row = cell(table, "cup", "dsc", "d1")
    assert row[["images", "units"]].tolist() == [12, 6]
    of = scores[(scores["structure"] == "cup") & (scores["unseen"] == "d1")]
    means = of.pivot_table(index="group", columns="method", values="dsc")
    assert row["p"] == pytest.approx(stats.wilcoxon(means["b"] - means["a"]).pvalue)
    assert cell(table, "cup", "dsc", AVERAGE)["units"] == 12


def test_without_a_column_of_groups_or_with_one_image_in_each_nothing_changes(made):
    scores = made("ab", DOMAINS, noisy({"b": 1.0}), images=12)
    plain = compare(scores)
    pd.testing.assert_frame_equal(plain, compare(scores.assign(group=scores["image"])))
    assert (plain["units"] == plain["images"]).all()


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


def test_declared_averages_are_one_family_and_all_else_another(made):
    table = compare(made("abc", DOMAINS, noisy({"b": 1, "c": 2}), images=20), methods="abc")
    for family in ("declared", "exploratory"):
        members = table[table["family"] == family]
        np.testing.assert_allclose(members["p_holm"], multipletests(members["p"], method="holm")[1])
    assert (table["family"] == "declared").sum() == 2 * 3


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
    more = {"protocol": "paper", "compare": (("b", "a"),), "bootstrap_samples": 200, "confidence": 0.95}
    given_settings = StatisticsSettings(**named, **more)
    written = []
    for name in ("one", "two"):
        out, *others = (tmp_path / f"{name}{kind}.csv" for kind in ("", "-wins", "-ranks"))
        arguments = ["statistics", "--scores", str(tmp_path / "s.csv"), "--settings", "-", "--out", str(out)]
        arguments += ["--wins", str(others[0]), "--ranks", str(others[1])]
        assert CliRunner().invoke(fdgst, arguments, input=text_of(given_settings)).exit_code == 0
        written.append(b"".join(path.read_bytes() for path in (out, *others)))
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
    options = {"protocol": "paper", "samples": 200, "confidence": 0.95, "compare": ()}
    table = significance(long, ["a", "b"], DOMAINS, structures=LESION.ids, **options)
    assert cell(table, "lesion", "hd", "d1")[["images", "difference", "losses"]].tolist() == [4, 1, 4]
    assert cell(table, "organ", "hd", "d1")["images"] == 8
