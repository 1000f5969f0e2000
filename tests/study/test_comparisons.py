import json

import pytest

from fdgst.study.comparisons import pairs_of
from fdgst.study.cutting import Slices


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["deepall", "fdg", "fdg_st"], [("fdg_st", "fdg"), ("fdg", "deepall"), ("fdg_st", "deepall")]),
        (["fdg_st", "other", "fdg"], [("fdg_st", "fdg")]),
        (["deepall", "other"], []),
    ],
)
def test_auto_declares_the_papers_claims_about_rows_that_are_there(rows, expected):
    assert pairs_of("auto", rows) == tuple(expected)


def test_a_list_is_taken_as_it_stands():
    assert pairs_of([("a", "b"), ("c", "a")], ["a", "b", "c"]) == (("a", "b"), ("c", "a"))


def test_declared_comparisons_are_in_the_slice_of_the_statistics_and_in_no_other(demo):
    one, two = (Slices(demo({"evaluation": {"compare": pairs}})) for pairs in ("auto", [["fdg", "dofe"]]))
    rows = one.study.rows
    assert json.loads(two.statistics(rows))["compare"] == [["fdg", "dofe"]]
    assert one.statistics(rows) != two.statistics(rows)
    assert one.table(rows, one.study.domains, tests="") == two.table(rows, two.study.domains, tests="")
