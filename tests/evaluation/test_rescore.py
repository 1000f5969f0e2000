import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.errors import DataError
from fdgst.evaluation.rescore import rescore
from fdgst.evaluation.score import score
from fdgst.inference.postprocess import at_centre, masks_of
from fdgst.storage.scores import LEADING, read_scores
from fdgst.study.slices import RescoreSettings, text_of
from tests.compared import FUNDUS

SCORES = ["dsc", "hd", "hd95", "asd", "asd_directed", "missed", "vcdr_prediction", "prediction_px", "outside_px"]


def logits(centre=4.5, radius=3.0):
    """Logits of a cup inside a disc at network size, steep enough that thresholds move the outline."""
    rows, columns = np.mgrid[:10, :10] - centre
    away = np.hypot(rows, columns)
    return np.stack([radius / 2 - away, radius - away]).astype(np.float16)


def rescored(files, *paths, thresholds=(0.75,), nest=False, rois=()):
    """Scores at some thresholds."""
    options = {"task": files.task, "thresholds": thresholds, "nest": nest}
    rescore(paths, [files.rois, *rois], files.folder / "rescored.csv", **options)
    return read_scores([files.folder / "rescored.csv"], leading=LEADING)


def masks(logit, size_px=(40, 40), *, threshold=0.75, nest=False):
    """The masks that a network's logits give."""
    options = {"threshold": threshold, "nest": nest, "structures": FUNDUS.structures}
    return masks_of(logit.astype(np.float32), size_px, **options)


def predicted(files, **settings):
    """Predictions whose masks were made of their logits, as a network's are."""
    given = [logits(), logits(centre=5.5)]
    return files.predict(*map(masks, given), logits=given, **settings)


def test_the_stored_threshold_gives_the_stored_scores_again(files):
    path = predicted(files)
    score(path, files.rois, files.folder / "scores.csv", task=files.task, tolerances_px=())
    once, again = read_scores([files.folder / "scores.csv"]), rescored(files, path)
    pd.testing.assert_frame_equal(again[SCORES], once[SCORES])
    assert set(again["snapshot"]) == {"last"}


def test_another_threshold_gives_the_scores_of_its_masks(files):
    table = rescored(files, predicted(files), thresholds=(0.5, 0.9)).set_index(["threshold", "image", "structure"])
    expected = masks(logits(), threshold=0.9)
    assert table.loc[(0.9, "a", "disc"), "prediction_px"] == expected[1].sum()
    assert table.loc[(0.5, "a", "disc"), "prediction_px"] > expected[1].sum()
    assert len(table) == 2 * 2 * 2


def test_nested_structures_are_cut_where_that_is_asked_for(files):
    beside = np.stack([logits(centre=2.5)[0] + 1, logits(centre=6.5, radius=2.5)[1]])
    empty = np.zeros((2, 40, 40), bool)
    path = files.predict(empty, empty, logits=[beside, beside])
    cut, free = (rescored(files, path, thresholds=(0.5,), nest=option) for option in (True, False))
    cut, free = (table[table["structure"] == "cup"] for table in (cut, free))
    assert (cut["outside_px"] == 0).all()
    assert (free["outside_px"] > 0).all()


def test_logits_of_the_centre_are_put_back_into_the_roi(files):
    given = [logits(), logits()]
    whole = [at_centre(masks(logit, (26, 26)), (40, 40)) for logit in given]
    path = files.predict(*whole, logits=given, view="centre")
    table = rescored(files, path)
    score(path, files.rois, files.folder / "scores.csv", task=files.task, tolerances_px=())
    pd.testing.assert_frame_equal(table[SCORES], read_scores([files.folder / "scores.csv"])[SCORES])
    assert (table["cropped"] == 1).all()


def test_a_source_domain_keeps_the_domain_that_was_held_out(files):
    table = rescored(files, predicted(files, unseen="domain4", weights="epoch0040"))
    assert set(table["unseen"]) == {"domain4"}
    assert set(table["domain"]) == {"domain1"}
    assert set(table["snapshot"]) == {"epoch0040"}


def test_the_command_takes_several_thresholds(files):
    out = files.folder / "rescored.csv"
    arguments = ["--predictions", str(predicted(files)), "--rois", str(files.rois), "--out", str(out)]
    settings = text_of(RescoreSettings(task=files.task, thresholds=(0.75, 0.5), nest=False))
    done = CliRunner().invoke(fdgst, ["rescore", *arguments, "--settings", "-"], input=settings)
    assert done.exit_code == 0, done.output
    assert set(read_scores([out], leading=LEADING)["threshold"]) == {0.5, 0.75}


def test_the_weights_views_and_domains_of_a_run_come_into_one_file(files):
    other = files.write_rois(domain="domain2", path=files.folder / "domain2.h5")
    paths = [
        predicted(files, name="last.h5"),
        predicted(files, name="early.h5", weights="epoch0010"),
        predicted(files, name="source.h5", weights="epoch0010", domain="domain2"),
        predicted(files, name="centre.h5", view="centre"),
    ]
    table = rescored(files, *paths, rois=[other])
    found = set(zip(table["snapshot"], table["domain"], table["cropped"], strict=True))
    early = {("epoch0010", name, 0) for name in ("domain1", "domain2")}
    assert found == {("last", "domain1", 0), ("last", "domain1", 1), *early}


def test_predictions_of_two_runs_are_refused(files):
    paths = [predicted(files, name="one.h5"), predicted(files, name="two.h5", seed=4)]
    with pytest.raises(DataError, match=r"predictions of one run, found .*one\.h5 and .*two\.h5"):
        rescored(files, *paths)


def test_a_domain_without_its_roi_file_is_named(files):
    with pytest.raises(DataError, match="expected the ROI file of 'domain2' among --rois"):
        rescored(files, predicted(files, domain="domain2"))
