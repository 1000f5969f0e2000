"""Masks of other programs: where they are looked for, what they are compared with, and what is said of them."""

import shutil

import nibabel
import numpy as np
import pandas as pd
import pytest

import fdgst
from fdgst.core.metrics import surface_metrics
from fdgst.errors import ConfigError, DataError
from fdgst.evaluation.score import score
from fdgst.storage.scores import write_scores
from tests.compared import CUP, DISC, RATIO, task_of
from tests.evaluation.foreign_masks import CONFIG, Folder, drawn, export, save


@pytest.fixture
def folder(tmp_path):
    """A table of eight images of two domains, with true masks."""
    return Folder(tmp_path).make()


def judged(folder, config=CONFIG, told=None, **methods):
    """Scores of methods."""
    return fdgst.evaluate(folder.table, methods, config=config, tell=(told if told is not None else []).append)


def test_a_study_s_own_predictions_as_png_have_the_same_scores_to_the_printed_digit(files, tmp_path):
    results = tmp_path / "results"
    apart = [item.model_copy(update={"column": item.id, "values": ((0, 50),)}) for item in (CUP, DISC)]
    task = task_of(*apart, measures=(RATIO,)).model_copy(update={"background": ((201, 255),)})
    noise = np.random.default_rng(0).random((2, 2, 40, 40)) > 0.4
    runs = results / "runs/fdg/domain1/seed3/predictions/last/whole/domain1.h5"
    for path, made in ((results / "rois/domain1.h5", files.rois), (runs, files.predict(*noise))):
        path.parent.mkdir(parents=True)
        shutil.copy(made, path)
    score(runs, files.rois, tmp_path / "own.csv", task=files.task, tolerances_px=(1.5,))
    out = export(results, tmp_path / "png")
    config = {"task": task.model_dump(mode="json"), "evaluation": {"nsd_tolerance_px": [1.5]}}
    write_scores(tmp_path / "theirs.csv", judged(out, config, fdg=f"{out.path}/masks/fdg/{{domain}}/seed{{seed}}"))
    assert (tmp_path / "theirs.csv").read_text() == (tmp_path / "own.csv").read_text()


def test_the_truth_is_perfect_and_a_moved_mask_is_measured_as_the_core_does(folder):
    scores = judged(folder, good=folder.path / "truth", moved=folder.predict("moved", moved=3))
    scores = scores.set_index(["method", "image", "structure"]).sort_index()
    assert (scores.loc["good", "dsc"] == 100).all()
    assert len(scores) == 2 * 8 * 2
    found = surface_metrics(drawn(1, moved=3) == 255, drawn(1) == 255)
    assert scores.loc[("moved", "i01", "inner"), ["hd", "hd95", "asd", "asd_directed"]].tolist() == [*found]


def test_nothing_is_cleaned_and_nothing_is_filled(folder):
    path = folder.path / folder.predict("spots", moved=0) / "i00.png"
    grey = drawn(0)
    grey[39, 47], grey[3, 3] = 255, 0
    save(path, grey)
    scores = judged(folder, spots=path.parent).set_index(["image", "structure"])
    assert scores.loc[("i00", "outer"), "prediction_px"] == 14 * 14
    assert scores.loc[("i00", "inner"), ["prediction_px", "outside_px"]].tolist() == [37, 0]
    assert scores.loc[("i00", "outer"), "hd"] > 20


@pytest.mark.parametrize(
    ("pattern", "folders"),
    [
        ("flat", ["flat"]),
        ("inside", ["inside/a", "inside/b"]),
        ("runs/{domain}/masks", ["runs/a/masks", "runs/b/masks"]),
        ("seeds/s{seed}", ["seeds/s1", "seeds/s12"]),
        ("u_seed{seed}/{domain}/seed{seed}", ["u_seed7/a/seed7", "u_seed7/b/seed7"]),
    ],
)
def test_a_pattern_names_the_folders_of_domains_and_seeds(folder, pattern, folders):
    for path in folders:
        of = {"a": range(4), "b": range(4, 8)}.get(next((part for part in path.split("/") if part in "ab"), ""))
        folder.predict(path, numbers=of)
    told = []
    scores = judged(folder, told=told, u=folder.path / pattern)
    assert not told
    assert set(scores["seed"]) == ({1, 12} if "seeds" in folders[0] else {7} if "7" in folders[0] else {0})
    assert scores.groupby("unseen")["image"].nunique().tolist() == [4, 4]


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("nowhere", "expected a folder of masks of domain a, found none"),
        ("runs/{fold}", r"expected \{seed\} and \{domain\} in braces, found fold"),
        ("half/{domain}/seed{seed}", "expected every seed of every domain, found no folder for a of seed 2"),
    ],
)
def test_a_pattern_that_leads_nowhere_is_told(folder, pattern, line):
    for path in ("half/a/seed1", "half/b/seed1", "half/b/seed2"):
        folder.predict(path)
    with pytest.raises(DataError, match=line):
        judged(folder, u=folder.path / pattern)


@pytest.mark.parametrize("ending", ["png", "tif", "bmp"])
def test_masks_of_any_lossless_kind_have_equal_scores(folder, ending):
    pd.testing.assert_frame_equal(
        judged(folder, u=folder.predict("first")), judged(folder, u=folder.predict("other", ending=ending))
    )


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_nifti_slice_is_the_same_as_a_png(folder, ending):
    once = judged(folder, u=folder.predict("png"))
    for number in range(8):
        (folder.path / "nifti").mkdir(exist_ok=True)
        slice_ = drawn(number, moved=1).T[..., None]
        nibabel.save(nibabel.Nifti1Image(slice_, np.eye(4)), folder.path / f"nifti/i{number:02d}{ending}")
    pd.testing.assert_frame_equal(judged(folder, u=folder.path / "nifti"), once)


def test_sixteen_bits_with_the_task_s_values_are_as_good_as_eight(folder):
    once = judged(folder, u=folder.predict("eight"))
    for number in range(8):
        save(folder.path / "sixteen" / f"i{number:02d}.png", drawn(number, moved=1).astype(np.uint16))
    pd.testing.assert_frame_equal(judged(folder, u=folder.path / "sixteen"), once)


def test_a_missing_mask_counts_as_a_miss_where_that_is_asked_for(folder):
    path = folder.predict("few", numbers=range(1, 8))
    told = []
    scores = fdgst.evaluate(folder.table, {"few": path}, config=CONFIG, missing="miss", tell=told.append)
    assert scores[scores["missed"] == 1]["image"].tolist() == ["i00", "i00"]
    assert len(told) == 1
    assert "expected a mask of i00, i00.png" in told[0]


def test_a_mask_of_nearly_the_right_name_is_suggested(folder):
    path = folder.path / folder.predict("named")
    (path / "i03.png").rename(path / "i03_pred.png")
    with pytest.raises(DataError) as error:
        judged(folder, u=path)
    assert [("did you mean i03_pred?" in line, "of none" in line) for line in error.value.faults] == [
        (True, False),
        (False, True),
    ]


def test_a_mask_of_an_image_that_is_not_scored_is_nobody_s_fault(folder):
    folder.rows[0]["split"] = "train"
    told = []
    scores = judged(folder.write(), told=told, u=folder.predict("all"))
    assert scores["image"].nunique() == 7
    assert not told


def test_a_table_of_image_and_mask_alone_is_one_domain_and_all_is_scored(folder):
    folder.rows = [{"image": row["image"], "mask": row["mask"]} for row in folder.rows]
    scores = judged(folder.write(), u=folder.predict("all"))
    assert set(scores["unseen"]) == {"all"}
    assert scores["image"].nunique() == 8


def test_masks_of_the_roi_and_of_the_whole_image_have_equal_scores(tmp_path):
    box = {"roi_left": 0, "roi_top": -2, "roi_width": 48, "roi_height": 36}
    folder = Folder(tmp_path).make(**box)
    for number in range(8):
        save(tmp_path / "rois" / f"i{number:02d}.png", np.pad(drawn(number, moved=1), ((2, 0), (0, 0)))[:36])
    whole, rois = (judged(folder, u=path) for path in (folder.predict("whole"), tmp_path / "rois"))
    pd.testing.assert_frame_equal(whole, rois)
    assert whole["truth_px"].min() < 36


def test_one_file_that_could_be_two_images_is_refused(folder):
    for row, number in zip(folder.rows, [0, 1, 2, 3] * 2, strict=True):
        row["name"] = f"i{number:02d}"
    with pytest.raises(DataError, match="could be i00 of a and i00 of b; make a folder per domain"):
        judged(folder.write(), u=folder.predict("one", numbers=range(4)))


def test_groups_and_what_a_pixel_measures_come_from_the_table(tmp_path):
    folder = Folder(tmp_path).make(group=lambda number: f"p{number // 2}", unit_per_px=0.25, unit="cm")
    scores = judged(folder, u=folder.predict("u"))
    assert scores["group"].nunique() == 4
    assert scores[["unit_per_px", "unit"]].drop_duplicates().values.tolist() == [[0.25, "cm"]]


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        ({"unit_per_px": "wide"}, "images.csv:2: expected a number above 0 in the column unit_per_px, found 'wide'"),
        ({"unit_per_px": ""}, "expected unit_per_px in every row or in none, found none in 1 of 8 rows"),
        ({"unit": "m"}, "expected one unit in the column unit, found cm, m"),
        ({"split": "tset"}, "images.csv:2: expected train or test in the column split, found 'tset'"),
        ({"mask": "gone.png"}, "images.csv:2: .*gone.png: expected the true mask's file, found none"),
        ({"name": "i01"}, "expected each name once in domain a, found i01 in lines 2 and 3"),
        ({"domain": ""}, "images.csv:2: expected a domain, found an empty cell"),
    ],
)
def test_a_fault_of_the_table_is_told_by_its_line(tmp_path, cells, line):
    folder = Folder(tmp_path).make(unit_per_px=0.25, unit="cm", name=lambda number: f"i{number:02d}")
    folder.rows[0] |= cells
    if "split" in cells:
        folder.rows = [row | {"split": cells["split"] if row is folder.rows[0] else ""} for row in folder.rows]
    with pytest.raises(DataError, match=line):
        judged(folder.write(), u=folder.predict("u"))


def test_without_a_task_everything_above_zero_is_one_structure(folder):
    scores = fdgst.evaluate(folder.table, {"u": folder.predict("u")})
    assert set(scores["structure"]) == {"structure"}
    assert set(scores["truth_px"]) == {14 * 14}


def test_a_study_s_configuration_serves_as_the_task(folder):
    import yaml

    study = CONFIG | {"seeds": [0], "domains": [{"id": "clinic_b", "title": "B", "value": "b", "paper": 1}]}
    (folder.path / "config.yaml").write_text(yaml.safe_dump(study))
    scores = judged(folder, folder.path / "config.yaml", u=folder.predict("u"))
    assert set(scores["unseen"]) == {"a", "clinic_b"}
    assert set(judged(folder, CONFIG["task"], u=folder.path / "u")["structure"]) == {"inner", "outer"}


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"tsak": {}}, "unknown key 'tsak'; did you mean task?"),
        ({"seeds": [0]}, "expected the key task, found seeds"),
        (CONFIG | {"evaluation": {"nsd": [4]}}, "evaluation: unknown key 'nsd'"),
        (CONFIG | {"evaluation": {"nsd_tolerance_px": [-1]}}, r"nsd_tolerance_px\[0\]"),
    ],
)
def test_a_fault_of_the_configuration_is_told(folder, config, line):
    with pytest.raises(ConfigError, match=line):
        judged(folder, config, u=folder.predict("u"))


def test_methods_are_called_as_one_likes_and_told_apart(folder):
    path = folder.predict("u")
    named = fdgst.evaluate(folder.table, {"U-Net (ours)": path}, config=CONFIG)
    assert set(named["method"]) == {"U_Net_ours"}
    with pytest.raises(ConfigError, match="names that differ in letters and digits, found u-net and u_net"):
        fdgst.evaluate(folder.table, {"u-net": path, "u_net": path}, config=CONFIG)


def test_without_a_listener_what_should_be_known_is_a_warning(folder):
    path = folder.path / folder.predict("u")
    save(path / "stranger.png", drawn(0))
    with pytest.warns(UserWarning, match=r"stranger\.png: expected masks of the table's images"):
        fdgst.evaluate(folder.table, {"u": path}, config=CONFIG)
