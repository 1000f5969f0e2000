import numpy as np
import pandas as pd
from click.testing import CliRunner

from fdgst.cli import fdgst
from fdgst.evaluation.rescore import rescore
from fdgst.evaluation.score import score
from fdgst.inference.postprocess import at_centre, masks_of
from fdgst.storage.scores import LEADING, read_scores

SCORES = ["dsc", "hd", "hd95", "asd", "asd_directed", "missed", "vcdr_prediction", "prediction_px", "outside_px"]


def logits(centre=4.5, radius=3.0):
    """Logits of a cup inside a disc at network size, steep enough that thresholds move the outline."""
    rows, columns = np.mgrid[:10, :10] - centre
    away = np.hypot(rows, columns)
    return np.stack([radius / 2 - away, radius - away]).astype(np.float16)


def rescored(files, path, *thresholds, snapshot="last"):
    """Scores at some thresholds."""
    rescore(path, files.rois, files.folder / "rescored.csv", snapshot=snapshot, thresholds=thresholds)
    return read_scores([files.folder / "rescored.csv"], leading=LEADING)


def predicted(files, *, threshold=0.75, cup_in_disc=False, **settings):
    """Predictions whose masks were made of their logits, as a network's are."""
    given = [logits(), logits(centre=5.5)]
    options = {"threshold": threshold, "cup_in_disc": cup_in_disc}
    masks = [masks_of(logit.astype(np.float32), 40, **options) for logit in given]
    return files.predict(*masks, logits=given, **options, **settings)


def test_the_stored_threshold_gives_the_stored_scores_again(files):
    path = predicted(files)
    score(path, files.rois, files.folder / "scores.csv", split="all")
    once, again = read_scores([files.folder / "scores.csv"]), rescored(files, path, 0.75)
    pd.testing.assert_frame_equal(again[SCORES], once[SCORES])
    assert set(again["snapshot"]) == {"last"}


def test_another_threshold_gives_the_scores_of_its_masks(files):
    table = rescored(files, predicted(files), 0.5, 0.9).set_index(["threshold", "image", "structure"])
    expected = masks_of(logits().astype(np.float32), 40, threshold=0.9, cup_in_disc=False)
    assert table.loc[(0.9, "a", "disc"), "prediction_px"] == expected[1].sum()
    assert table.loc[(0.5, "a", "disc"), "prediction_px"] > expected[1].sum()
    assert len(table) == 2 * 2 * 2


def test_the_cut_of_the_cup_is_that_of_the_predictions(files):
    beside = np.stack([logits(centre=2.5)[0] + 1, logits(centre=6.5, radius=2.5)[1]])
    masks = np.zeros((2, 40, 40), bool)
    cut, free = (
        rescored(files, files.predict(masks, masks, logits=[beside, beside], cup_in_disc=option), 0.5)
        for option in (True, False)
    )
    assert (cut["outside_px"] == 0).all()
    assert (free["outside_px"] > 0).all()


def test_logits_of_the_centre_are_put_back_into_the_roi(files):
    given = [logits(), logits()]
    small = [masks_of(logit.astype(np.float32), 26, threshold=0.75, cup_in_disc=False) for logit in given]
    masks = [at_centre(mask, 40) for mask in small]
    table = rescored(files, files.predict(*masks, logits=given, crop_centre=True), 0.75)
    score(files.folder / "predictions.h5", files.rois, files.folder / "scores.csv", split="all")
    pd.testing.assert_frame_equal(table[SCORES], read_scores([files.folder / "scores.csv"])[SCORES])
    assert (table["cropped"] == 1).all()


def test_a_source_domain_keeps_the_domain_that_was_held_out(files):
    table = rescored(files, predicted(files, unseen="domain4"), 0.75, snapshot="epoch0040")
    assert set(table["unseen"]) == {"domain4"}
    assert set(table["domain"]) == {"domain1"}
    assert set(table["snapshot"]) == {"epoch0040"}


def test_the_command_takes_several_thresholds(files):
    out = files.folder / "rescored.csv"
    arguments = ["--predictions", str(predicted(files)), "--rois", str(files.rois), "--out", str(out)]
    done = CliRunner().invoke(fdgst, ["rescore", *arguments, "--threshold", ".75", ".5"])
    assert done.exit_code == 0, done.output
    assert set(read_scores([out], leading=LEADING)["threshold"]) == {0.5, 0.75}
