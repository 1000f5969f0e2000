import math

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.core.metrics import dice, normalised_surface_distance, surface_metrics
from fdgst.errors import DataError, FormatError
from fdgst.evaluation.score import collect, score
from fdgst.storage.scores import KEYS, read_scores
from fdgst.study.slices import ScoreSettings, text_of
from tests.compared import CUP, DISC, task_of

CONTRACT = (
    "method,unseen,seed,image,structure,dsc,hd,hd95,asd,asd_directed,missed,vcdr_truth,vcdr_prediction,"
    "domain,cropped,dsc_released,truth_px,prediction_px,outside_px,false_alarm,group,nsd_2,nsd_3.5"
)
TOLERANCES = (2, 3.5)
EMPTY = np.zeros((40, 40), bool)


def scored(files, *masks, **settings):
    """The scores of predictions, by image and structure."""
    path = files.predict(*masks, **settings)
    score(path, files.rois, files.folder / "scores.csv", task=files.task, tolerances_px=TOLERANCES)
    return read_scores([files.folder / "scores.csv"]).set_index(["image", "structure"])


def truth(files):
    """The true masks, (2, R, R)."""
    return np.stack([files.cup, files.disc])


def moved(files):
    """The true masks, moved by (2, 3) pixels."""
    return np.roll(truth(files), (2, 3), axis=(1, 2))


def test_the_columns_are_the_contracts(files):
    scored(files, truth(files), truth(files))
    assert (files.folder / "scores.csv").read_text().splitlines()[0] == CONTRACT


def test_the_truth_as_prediction_is_perfect(files):
    table = scored(files, truth(files), truth(files))
    assert len(table) == 4
    assert (table["dsc"] == 100).all()
    assert (table[["hd", "hd95", "asd", "asd_directed", "missed", "outside_px"]] == 0).all(axis=None)
    assert (table[["nsd_2", "nsd_3.5"]] == 100).all(axis=None)
    assert (table["vcdr_prediction"] == 8 / 20).all()
    assert (table["truth_px"] == table["prediction_px"]).all()


def test_measures_are_those_of_the_core_in_percent_and_pixels(files):
    row = scored(files, moved(files), truth(files)).loc[("a", "disc")]
    found = surface_metrics(moved(files)[1], files.disc)
    assert row["dsc"] == pytest.approx(100 * dice(moved(files)[1], files.disc), abs=1e-6)
    assert row[["hd", "hd95", "asd", "asd_directed"]].tolist() == pytest.approx(found, abs=1e-6)
    share = normalised_surface_distance(moved(files)[1], files.disc, tolerance_px=2)
    assert row["nsd_2"] == pytest.approx(100 * share, abs=1e-6)
    assert row[["method", "unseen", "domain", "seed", "cropped"]].tolist() == ["fdg", "domain1", "domain1", 3, 0]


def test_an_image_is_of_the_group_that_its_roi_file_names(files):
    files.write_rois(groups={"a": "patient 1", "b": "patient 1"})
    table = scored(files, truth(files), truth(files))
    assert table["group"].tolist() == ["patient 1"] * 4
    files.write_rois()
    assert scored(files, truth(files), truth(files)).loc["a", "group"].tolist() == ["a", "a"]


def test_what_a_pixel_measures_is_said_and_the_distances_stay_in_pixels(files):
    once = scored(files, moved(files), truth(files))
    files.write_rois(scales={"t0": 0.1, "a": 0.01, "b": 0.02}, unit="mm")
    again = scored(files, moved(files), truth(files))
    assert again["unit_per_px"].groupby("image").first().to_dict() == {"a": 0.01, "b": 0.02}
    assert set(again["unit"]) == {"mm"}
    pd.testing.assert_frame_equal(again[once.columns], once)


def test_a_missed_disc_costs_the_diagonal_and_leaves_no_ratio(files):
    table = scored(files, np.stack([files.cup, EMPTY]), truth(files))
    missed = table.loc[("a", "disc")]
    assert missed["missed"] == 1
    assert missed[["dsc", "nsd_2"]].tolist() == [0, 0]
    assert missed["dsc_released"] == pytest.approx(100 / (files.disc.sum() + 1), abs=1e-6)
    distances = missed[["hd", "hd95", "asd", "asd_directed"]].tolist()
    assert distances == pytest.approx([40 * math.sqrt(2)] * 4, abs=1e-6)
    assert table.loc[("a", "cup"), "missed"] == 0
    assert table.loc["a", "vcdr_prediction"].isna().all()
    assert table.loc["a", "outside_px"].to_dict() == {"cup": files.cup.sum(), "disc": 0}
    assert (table.loc["b", "missed"] == 0).all()


def test_a_missed_cup_has_the_ratio_zero(files):
    table = scored(files, np.stack([EMPTY, files.disc]), truth(files))
    assert (table.loc["a", "vcdr_prediction"] == 0).all()
    assert (table.loc["a", "vcdr_truth"] == 0.4).all()
    assert table.loc[("a", "cup"), "hd"] == pytest.approx(40 * math.sqrt(2), abs=1e-6)
    assert table.loc[("a", "disc"), "dsc"] == 100


def test_nothing_predicted_at_all_is_two_misses(files):
    table = scored(files, np.stack([EMPTY, EMPTY]), truth(files))
    assert table.loc["a", "missed"].tolist() == [1, 1]
    assert table.loc["a", "vcdr_prediction"].isna().all()


def test_a_truth_without_a_cup_is_refused_with_the_images_name(files):
    files.cup[:] = False
    files.write_rois()
    with pytest.raises(DataError, match="domain1: image a: the truth has no cup"):
        scored(files, truth(files), truth(files))


def test_all_that_was_predicted_is_scored(files):
    table = scored(files, *[truth(files)] * 3, names=("t0", "a", "b"), split="all")
    assert set(table.index.get_level_values(0)) == {"t0", "a", "b"}


def test_where_the_centre_was_predicted_the_truth_is_cut_to_it(files):
    files.disc[0:36, 10:30] = True
    files.write_rois()
    centre = slice(7, 33)  # 512/800 of 40 pixels: 26, from 7 on
    cut = np.zeros((2, 40, 40), bool)
    cut[:, centre, centre] = truth(files)[:, centre, centre]
    table = scored(files, cut, cut, view="centre")
    assert (table["dsc"] == 100).all()
    assert (table["cropped"] == 1).all()


def test_predictions_of_another_domain_are_refused(files):
    with pytest.raises(DataError, match="'domain2' cannot be scored on ROIs of 'domain1'"):
        scored(files, truth(files), truth(files), domain="domain2")


def test_predictions_of_other_images_are_refused(files):
    with pytest.raises(DataError, match="not of the images"):
        scored(files, truth(files), truth(files), names=("a", "c"))


def test_predictions_of_another_size_are_refused(files):
    with pytest.raises(DataError, match="predictions of 20 px cannot be scored on ROIs of 40 px"):
        scored(files, truth(files)[:, :20, :20], truth(files)[:, :20, :20])


def test_collecting_does_not_depend_on_the_order_of_the_files(files):
    paths = []
    for seed in (1, 0):
        path = files.predict(truth(files), moved(files), seed=seed)
        paths.append(files.folder / f"{seed}.csv")
        score(path, files.rois, paths[-1], task=files.task, tolerances_px=TOLERANCES)
    one, two = files.folder / "one.csv", files.folder / "two.csv"
    collect(paths, one)
    collect(paths[::-1], two)
    assert one.read_bytes() == two.read_bytes()
    assert len(read_scores([one])) == 8
    assert read_scores([one])[list(KEYS)].equals(read_scores([one]).sort_values(list(KEYS))[list(KEYS)])


def test_collecting_twice_changes_no_byte(files):
    scored(files, truth(files), moved(files))
    collect([files.folder / "scores.csv"], files.folder / "again.csv")
    assert (files.folder / "again.csv").read_bytes() == (files.folder / "scores.csv").read_bytes()


def test_a_row_that_stands_twice_is_refused(files):
    scored(files, truth(files), moved(files))
    with pytest.raises(DataError, match=r"4 rows stand twice, the first is .*domain domain1, image a"):
        collect([files.folder / "scores.csv"] * 2, files.folder / "again.csv")


def test_all_bad_files_are_told_at_once(files):
    scored(files, truth(files), moved(files))
    good = pd.read_csv(files.folder / "scores.csv")
    bad = {
        "short": good.drop(columns=["hd95", "missed"]),
        "words": good.assign(dsc="high"),
        "holes": good.assign(hd=np.nan),
        "none": good.head(0),
    }
    for name, table in bad.items():
        table.to_csv(files.folder / f"{name}.csv", index=False)
    with pytest.raises(FormatError) as error:
        collect([files.folder / f"{name}.csv" for name in (*bad, "absent")], files.folder / "out.csv")
    for fault, word in zip(
        error.value.faults,
        ["missing hd95, missed", "'high'", "4 rows have no distance", "no row", "found none"],
        strict=True,
    ):
        assert word in fault
    assert not (files.folder / "out.csv").exists()


def test_an_image_without_one_of_its_structures_is_refused(files):
    scored(files, truth(files), moved(files))
    pd.read_csv(files.folder / "scores.csv").iloc[1:].to_csv(files.folder / "lone.csv", index=False)
    with pytest.raises(DataError, match=r"1 images lack a structure.*image a"):
        read_scores([files.folder / "lone.csv"])


def test_an_image_called_na_keeps_its_name(files):
    files.write_rois(images=[("NA", "test"), ("007", "test")])
    assert sorted(set(scored(files, truth(files), truth(files), names=("NA", "007")).index.get_level_values(0))) == [
        "007",
        "NA",
    ]


def test_the_commands_score_and_collect(files):
    path, out, joined = files.predict(truth(files), moved(files)), files.folder / "s.csv", files.folder / "j.csv"
    call = CliRunner().invoke
    arguments = ["score", "--predictions", str(path), "--rois", str(files.rois), "--out", str(out)]
    settings = text_of(ScoreSettings(task=files.task, nsd_tolerance_px=TOLERANCES))
    assert call(fdgst, [*arguments, "--settings", "-"], input=settings).exit_code == 0
    assert call(fdgst, ["collect", str(out), "--out", str(joined)]).exit_code == 0
    assert joined.read_text() == out.read_text()


def without_cup(files):
    """Make the cup optional, and absent in the truth."""
    files.task = task_of(CUP.model_copy(update={"optional": True}), DISC)
    files.cup[:] = False
    files.write_rois()


def test_an_optional_structure_rightly_not_predicted_is_perfect_and_has_no_distance(files):
    without_cup(files)
    table = scored(files, truth(files), truth(files)).loc[("a", "cup")]
    assert table[["dsc", "dsc_released", "missed", "false_alarm"]].tolist() == [100, 100, 0, 0]
    assert table[["hd", "hd95", "asd", "asd_directed", "nsd_2"]].isna().all()


def test_an_optional_structure_that_is_predicted_all_the_same_is_a_false_alarm(files):
    without_cup(files)
    table = scored(files, np.stack([files.disc, files.disc]), truth(files)).loc[("a", "cup")]
    assert table[["dsc", "dsc_released", "missed", "false_alarm"]].tolist() == [0, 0, 0, 1]
    assert table[["hd", "hd95", "asd", "asd_directed", "nsd_2"]].isna().all()


def test_an_optional_structure_that_the_truth_has_is_missed_as_any(files):
    files.task = task_of(CUP.model_copy(update={"optional": True}), DISC)
    table = scored(files, np.stack([EMPTY, files.disc]), truth(files)).loc[("a", "cup")]
    assert table[["dsc", "missed", "false_alarm"]].tolist() == [0, 1, 0]
    assert table["hd"] == pytest.approx(40 * math.sqrt(2), abs=1e-6)


def test_files_of_another_task_are_refused(files):
    files.predict(truth(files), truth(files))
    files.task = task_of(DISC, CUP)
    with pytest.raises(DataError, match="expected the structures disc, cup, found cup, disc"):
        score(
            files.folder / "predictions.h5",
            files.rois,
            files.folder / "s.csv",
            task=files.task,
            tolerances_px=TOLERANCES,
        )
