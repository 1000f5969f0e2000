import numpy as np
import pytest

from fdgst.core.seeding import generator
from fdgst.evaluation.catalogue import per_image
from fdgst.evaluation.ranking import COLUMNS, ranking
from tests.compared import FUNDUS, LESION

DOMAINS = ["d1", "d2"]


def ranked(scores, methods="abc", *, task=FUNDUS, structures=None):
    """The ranking of rows, by row."""
    long = per_image(scores, task=task, protocol="paper")
    options = {"protocol": "paper", "samples": 200, "confidence": 0.95}
    return ranking(long, [*methods], DOMAINS, structures=structures or task.ids, **options).set_index("method")


def better(method, domain, seed, image, structure):
    """DSC grows from a to c and HD does, too, so that c is the best by the one and the worst by the other."""
    place = "abc".index(method)
    return {"dsc": 80 + 5 * place + image % 3, "hd": 10 + 5 * place + image % 3}


def test_ranks_are_averaged_over_all_cells(made):
    found = ranked(made("abc", DOMAINS, better, images=9))
    # DSC: 3, 2, 1; HD: 1, 2, 3; ASD: equal, 2 for each
    assert found["rank"].tolist() == [2, 2, 2]
    assert found["first"].tolist() == pytest.approx([1 / 3] * 3)


def test_the_best_row_is_first_in_every_draw(made):
    found = ranked(made("abc", DOMAINS, lambda method, *rest: {"dsc": 70.0 + 10 * (method == "b")}, images=9))
    assert found.loc["b", ["rank", "first"]].tolist() == [pytest.approx((1 + 2 + 2) / 3), 1]
    assert found.loc["b", "low"] == found.loc["b", "high"] == found.loc["b", "rank"]


def test_rows_that_differ_by_noise_share_the_first_place(made):
    scores = made("abc", DOMAINS, lambda *key: {"dsc": 80 + generator("ranks", *key).normal()}, images=12)
    found = ranked(scores)
    assert found["first"].sum() == pytest.approx(1)
    assert ((found["low"] <= found["rank"]) & (found["rank"] <= found["high"])).all()
    assert (found["first"] < 1).all()


def test_a_cell_without_a_mean_ranks_nothing(made):
    gone = {"truth_px": 0, **dict.fromkeys(("hd", "hd95", "asd", "asd_directed"))}

    def of(method, domain, seed, image, structure):
        return {"dsc": 70.0 + 10 * (method == "b")} | (gone if (domain, structure) == ("d1", "lesion") else {})

    found = ranked(made("ab", DOMAINS, of, images=6, structures=LESION.ids), "ab", task=LESION)
    assert np.isfinite(found.to_numpy()).all()
    # four cells of DSC are b's, six of distances are equal, two have no mean
    assert found["rank"].tolist() == [(4 * 2 + 6 * 1.5) / 10, (4 * 1 + 6 * 1.5) / 10]


def test_one_row_is_the_first(made):
    found = ranked(made("a", DOMAINS, lambda *key: {}), "a")
    assert found.reset_index().columns.tolist() == COLUMNS
    assert found.iloc[0].tolist() == [1, 1, 1, 1]
