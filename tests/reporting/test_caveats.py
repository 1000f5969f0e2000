"""What qualifies an answer: misses, signs that turn, rows nobody asked about, tests that could not decide."""

import pytest

from fdgst.errors import ConfigError
from fdgst.reporting.answer import questions
from fdgst.reporting.caveats import best_unasked, many_missed, printed_p, refuse_another_study, turned
from tests.reporting.test_answer import row

NAMES = {"lesion": "Lesion"}
BASE = {"definitions": "paper", "threshold": 0.5, "checkpoint": "last", "released_crop": 0, "normalisation": "running"}


def missed(count, images="77", seeds="1", left_out="0"):
    return {"missed": str(count), "images": images, "seeds": seeds, "left_out": left_out}


@pytest.mark.parametrize(("counts", "told"), [((7, 2), False), ((8, 2), True), ((2, 8), True)])
def test_misses_are_told_where_either_row_misses_more_than_a_tenth(counts, told):
    (question,) = questions([row()])
    cells = {
        (name, "lesion", "missed", "average"): missed(count)
        for name, count in zip(("fdg", "deepall"), counts, strict=True)
    }
    assert bool(many_missed(question, cells)) is told


def test_misses_are_counted_among_the_predictions_whose_truth_has_the_structure():
    (question,) = questions([row()])
    counted = {("fdg", "lesion", "missed", "average"): missed(9, "10", "3", "6")}
    counted["deepall", "lesion", "missed", "average"] = missed(3, "10", "3", "6")
    assert many_missed(question, counted) == {"lesion": ((9, 24), (3, 24))}


def protocol(method, mean, **changes):
    text = {name: str(value) for name, value in (BASE | changes).items()}
    return text | {"method": method, "structure": "lesion", "metric": "dsc", "unseen": "average", "mean": str(mean)}


@pytest.mark.parametrize(
    ("changes", "mean", "told"),
    [
        ({"threshold": "0.750000"}, 4.0, ["at threshold 0.75 (DSC)"]),
        ({"definitions": "released"}, 4.0, ["by the released definitions (DSC)"]),
        ({"threshold": "0.75"}, 6.0, []),  # the same sign
        ({"threshold": "0.75"}, 4.97, []),  # hardly a sign
        ({"threshold": "0.75", "definitions": "released"}, 4.0, []),  # two changes
        ({}, 4.0, []),  # the table's own
    ],
)
def test_a_convention_that_turns_a_sign_is_named(changes, mean, told):
    (question,) = questions([row()])  # FDG is 2 points above DeepAll
    rows = [protocol("fdg", mean, **changes), protocol("deepall", 5.0, **changes)]
    assert turned(question, rows, BASE, NAMES) == told


def test_the_best_row_is_named_where_no_comparison_was_declared_of_it():
    asked = questions([row()])
    cells = {(name, "lesion", "hd", "average"): {"mean": mean} for name, mean in (("fdg", "9"), ("dofe", "7.5"))}
    assert best_unasked(cells, ["fdg", "dofe"], asked, ["dsc", "hd"], NAMES) == {"dofe": ["HD"]}
    assert best_unasked(cells, ["fdg"], asked, ["dsc", "hd"], NAMES) == {}


def explored(p, p_holm, units, unseen="domain1", **more):
    return row(p=str(p), p_holm=str(p_holm), units=str(units), unseen=unseen, family="exploratory", **more)


@pytest.mark.parametrize(
    ("units", "others", "text"),
    [
        (6, 1, "cannot be decided with 6 images"),  # .031 twice is above .05
        (7, 1, "1.0000"),  # .016 twice is below it
        (7, 4, "cannot be decided with 7 images"),
        (1, 0, "cannot be decided with 1 image"),
    ],
)
def test_a_test_that_no_outcome_could_decide_says_so(units, others, text):
    rows = [explored(1, 1, units), *(explored(0.9, 1, 40, f"other{number}") for number in range(others))]
    assert printed_p(rows, level=0.05, units="images")["fdg", "deepall", "lesion", "dsc", "domain1"] == text


def test_what_was_decided_before_leaves_a_small_domain_decidable():
    rows = [explored(0.5, 1, 6), explored(0.001, 0.002, 40, "other")]  # Holm: the other is no longer counted
    assert printed_p(rows, level=0.05, units="images")["fdg", "deepall", "lesion", "dsc", "domain1"] == "1.0000"


def test_the_least_p_of_a_drawn_test_is_a_bound():
    key = "fdg", "deepall", "lesion", "dsc", "average"
    assert printed_p([explored(9.999e-05, 0.00089991, 77, "average")], level=0.05, units="images")[key] == "≤ 0.0009"
    assert printed_p([explored(2e-4, 0.0018, 77, "average")], level=0.05, units="images")[key] == "0.0018"


@pytest.mark.parametrize(
    ("stated", "scored", "configured", "names"),
    [
        (3, ["0"], 0, "found 3 in table1.csv"),
        (3, [], 1, "found 3 in table1.csv"),
        (1, ["0", "1"], 1, "found 2 in scores.csv"),
    ],
)
def test_tables_of_another_number_of_trainings_are_refused_in_one_line(stated, scored, configured, names):
    sets = [frozenset(scored)] if scored else []
    with pytest.raises(ConfigError, match=names) as error:
        refuse_another_study({"table1": [{"seeds": str(stated)}]}, scored=sets, configured=configured)
    assert len(error.value.faults) == 1


def test_tests_of_the_trainings_that_rows_share_are_of_this_study():
    scored = [frozenset("012"), frozenset("01")]
    refuse_another_study({"significance": [{"seeds": "2"}]}, scored=scored, configured=0)
    refuse_another_study({"significance": [{"seeds": "9"}]}, scored=[], configured=0)
