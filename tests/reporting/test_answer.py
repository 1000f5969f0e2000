"""The answer in words: yes, mixed, no, it depends, or not known; and how sure."""

import pytest

from fdgst.reporting.answer import questions


def row(metric="dsc", better="", sure="unknown", seeds="3", **more):
    """A declared row of significance.csv, FDG against DeepAll."""
    ends = {"difference": "2", "low": "-4", "high": "8", "units_low": "1", "units_high": "3"}
    names = {"method": "fdg", "reference": "deepall", "structure": "lesion", "unseen": "average", "family": "declared"}
    return {**names, "metric": metric, "better": better, "sure": sure, "seeds": seeds, **ends, **more}


@pytest.mark.parametrize(
    ("better", "verdict"),
    [
        (["fdg", "fdg"], "yes"),
        (["fdg", ""], "part"),
        (["deepall", ""], "no"),
        (["deepall", "deepall"], "no"),
        (["deepall", "fdg"], "both"),
        (["", ""], "open"),
    ],
)
def test_a_question_is_answered_by_the_column_better(better, verdict):
    (question,) = questions([row(metric, name) for metric, name in zip(("dsc", "hd"), better, strict=True)])
    assert question.verdict == verdict


@pytest.mark.parametrize(
    ("sure", "seeds", "words"),
    [
        ("trainings", "3", ("sure", "sure")),
        ("images", "3", ("sure", "not sure")),
        ("images", "1", ("sure", "not known")),
        ("unknown", "3", ("not sure", "not sure")),
        ("unknown", "1", ("not sure", "not known")),
    ],
)
def test_how_sure_is_said_in_plain_words(sure, seeds, words):
    (claim,) = questions([row(sure=sure, seeds=seeds)])[0].claims
    assert (claim.images, claim.trainings) == words


def test_every_metric_is_told_and_structures_with_a_finding_first():
    found = questions([row("dsc"), row("hd"), row("dsc", "fdg", structure="core"), row("hd", structure="core")])[0]
    told = {name: [claim.row["metric"] for claim in claims] for name, claims in found.by_structure().items()}
    assert [*told.items()] == [("core", ["dsc", "hd"]), ("lesion", ["dsc", "hd"])]
    assert found.claims[0].signed == "+2.00"


def test_only_what_was_declared_is_a_question():
    others = [row(family="exploratory"), row(unseen="domain1")]
    assert questions(others) == []
    assert len(questions([*others, row(), row("hd"), row(method="fdg_st")])) == 2


def test_right_is_better_in_the_picture_whatever_the_metric():
    dsc, hd = questions([row("dsc"), row("hd")])[0].claims
    assert dsc.bar["difference"] > 50 > hd.bar["difference"]
    assert dsc.bar["high"] == 96  # the longest reach fills the half, less a margin
    assert 50 - hd.bar["difference"] == dsc.bar["difference"] - 50


def test_an_unknown_interval_has_no_place_in_the_picture():
    (claim,) = questions([row(low="", high="")])[0].claims
    assert set(claim.bar) == {"difference", "units_low", "units_high"}
