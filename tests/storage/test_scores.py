from itertools import product

import numpy as np
import pandas as pd
import pytest

from fdgst.errors import DataError, FormatError
from fdgst.storage.scores import KEYS, LEADING, columns, derived_names, read_scores, write_scores


def scores(structures=("cell",), measures=("size",), images=("a", "b"), **changes):
    """Perfect scores of some structures with some derived numbers."""
    numbers = dict.fromkeys(columns(measures), 0.0)
    rows = [
        {
            **numbers,
            "method": "plain",
            "unseen": "d1",
            "domain": "d1",
            "seed": 0,
            "image": image,
            "structure": structure,
        }
        | {"dsc": 100.0, "truth_px": 10, "prediction_px": 10, "group": image}
        for image, structure in product(images, structures)
    ]
    return pd.DataFrame(rows, columns=columns(measures)).assign(**changes)


def write(path, table):
    write_scores(path, table)
    return path


def test_the_columns_of_the_first_edition_keep_their_order():
    assert columns(["vcdr"]) == (
        *KEYS, "dsc", "hd", "hd95", "asd", "asd_directed", "missed", "vcdr_truth", "vcdr_prediction", "domain",
        "cropped", "dsc_released", "truth_px", "prediction_px", "outside_px", "false_alarm", "group",
    )  # fmt: skip


@pytest.mark.parametrize("structures", [("cell",), ("cup", "disc"), tuple("abcdefgh")])
@pytest.mark.parametrize("measures", [(), ("size",), ("rim_top", "rim_left", "ratio")])
def test_scores_of_any_structures_and_measures_come_back(tmp_path, structures, measures):
    table = scores(structures, measures)
    found = read_scores([write(tmp_path / "scores.csv", table)])
    assert tuple(found.columns) == columns(measures)
    assert derived_names(found) == list(measures)
    assert found["structure"].tolist() == [*structures] * 2
    assert (found["dsc"] == 100).all()


def test_a_structure_called_na_and_an_image_called_1_are_text(tmp_path):
    found = read_scores([write(tmp_path / "scores.csv", scores(("NA",), images=("1", "2")))])
    assert found["structure"].tolist() == ["NA", "NA"]
    assert found["image"].tolist() == ["1", "2"]


def test_what_cannot_be_measured_may_be_empty(tmp_path):
    table = scores(size_truth=np.nan, size_prediction=[np.nan, 2.5])
    table.loc[0, ["hd", "hd95", "asd", "asd_directed", "truth_px"]] = [np.nan] * 4 + [0]
    found = read_scores([write(tmp_path / "scores.csv", table)])
    assert found["hd"].isna().tolist() == [True, False]
    assert found["size_prediction"].isna().tolist() == [True, False]


def test_a_distance_is_due_where_the_truth_has_the_structure(tmp_path):
    path = write(tmp_path / "scores.csv", scores(hd=[np.nan, 3.0]))
    with pytest.raises(FormatError, match="1 rows have no distance though the truth has the structure"):
        read_scores([path])


@pytest.mark.parametrize("name", ["dsc", "missed", "false_alarm", "domain"])
def test_everything_else_must_not_be_empty(tmp_path, name):
    path = write(tmp_path / "scores.csv", scores(**{name: [np.nan, 1] if name != "domain" else [None, "d1"]}))
    with pytest.raises(FormatError, match=f"column {name}: empty in 1 rows"):
        read_scores([path])


def test_a_missing_column_is_named(tmp_path):
    path = write(tmp_path / "scores.csv", scores().drop(columns=["false_alarm", "hd95"]))
    with pytest.raises(FormatError, match="missing hd95, false_alarm; score again"):
        read_scores([path])


def test_files_of_other_measures_are_not_joined(tmp_path):
    one = write(tmp_path / "one.csv", scores(measures=("size",)))
    two = write(tmp_path / "two.csv", scores(measures=("height",), method="other"))
    with pytest.raises(FormatError, match=r"two\.csv: expected the columns of .*one\.csv"):
        read_scores([one, two])


def test_an_image_without_a_structure_that_others_have_is_told(tmp_path):
    path = write(tmp_path / "scores.csv", scores(("x", "y", "z")).iloc[:-2])
    with pytest.raises(DataError, match=r"1 images lack a structure.*image b"):
        read_scores([path])


def test_a_row_that_stands_twice_is_told(tmp_path):
    path = write(tmp_path / "scores.csv", pd.concat([scores(), scores().iloc[:1]]))
    with pytest.raises(DataError, match=r"1 rows stand twice.*image a"):
        read_scores([path])


def test_rows_are_written_in_the_order_of_their_keys(tmp_path):
    one = write(tmp_path / "one.csv", scores(("x", "y")))
    two = write(tmp_path / "two.csv", scores(("x", "y")).iloc[::-1])
    assert one.read_bytes() == two.read_bytes()


def test_scores_of_the_first_edition_have_no_group_and_are_read(tmp_path):
    found = read_scores([write(tmp_path / "scores.csv", scores().drop(columns="group"))])
    assert tuple(found.columns) == columns(["size"])[:-1]


def test_shares_within_tolerances_and_what_a_pixel_measures_come_last(tmp_path):
    table = scores(unit_per_px=0.5, unit="mm").assign(**{"nsd_2.5": 70.0, "nsd_4": 80.0})
    found = read_scores([write(tmp_path / "scores.csv", table)])
    assert tuple(found.columns) == columns(["size"], unit=True, tolerances_px=[2.5, 4])
    assert found["nsd_4"].tolist() == [80, 80]


def test_a_share_within_a_tolerance_is_due_where_the_truth_has_the_structure(tmp_path):
    path = write(tmp_path / "scores.csv", scores(nsd_4=[np.nan, 3.0]))
    with pytest.raises(FormatError, match="1 rows have no distance"):
        read_scores([path])


def test_what_a_pixel_measures_is_known_of_all_images_or_of_none(tmp_path):
    path = write(tmp_path / "scores.csv", scores(unit_per_px=[0.5, np.nan], unit="mm"))
    with pytest.raises(FormatError, match="column unit_per_px: empty in 1 rows"):
        read_scores([path])


def test_leading_columns_come_first_and_must_be_there(tmp_path):
    led = scores().assign(snapshot="last", threshold=0.5, normalisation="running")
    found = read_scores([write(tmp_path / "led.csv", led)], leading=LEADING)
    assert tuple(found.columns[:3]) == LEADING
    with pytest.raises(FormatError, match="missing snapshot, threshold, normalisation"):
        read_scores([write(tmp_path / "plain.csv", scores())], leading=LEADING)
