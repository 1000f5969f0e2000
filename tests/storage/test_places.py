from pathlib import Path

import pytest

from fdgst.errors import FormatError
from fdgst.storage.places import refuse_misplaced

RUN = {"method": "fdg", "unseen": "b", "seed": 0}
RIGHT = [
    ("results/rois/a.h5", "ROI file", {"domain": "a"}),
    ("banks/a/soft-0.05.h5", "bank", {"domain": "a"}),
    ("x/shards/fdg/a/b.h5", "shard", {"augmentation": "fdg", "content_domain": "a", "style_domain": "b"}),
    ("runs/fdg/b/seed0/model.safetensors", "model", RUN),
    ("runs/fdg/b/seed0/predictions/last/whole/c.h5", "file of predictions", RUN | {"domain": "c"}),
    ("pretrained/b/seed0/model.safetensors", "pre-trained model", {"unseen": "b", "seed": 0}),
    ("mine.h5", "ROI file", {"domain": "a"}),
    ("copies/of.a/mine.h5", "ROI file", {"domain": "a"}),
    ("runs/fdg/b/mine/scores.csv", "file of scores", RUN | {"seed": 7}),
]
WRONG = [
    (
        "results/rois/b.h5",
        "ROI file",
        {"domain": "a"},
        "the ROI file of domain b, as its place says, found that of domain a",
    ),
    ("banks/b/dense.h5", "bank", {"domain": "a"}, "expected the bank of domain b"),
    (
        "runs/fdg/b/seed1/model.safetensors",
        "model",
        RUN,
        "expected the model of seed 1, as its place says, found that of seed 0",
    ),
    (
        "runs/x/c/seed0/scores.csv",
        "file of scores",
        RUN,
        "of method x, unseen c, as its place says, found that of method fdg, un",
    ),
]


@pytest.mark.parametrize(("path", "what", "identity"), RIGHT)
def test_a_file_in_its_place_is_believed_and_any_in_none(path, what, identity):
    refuse_misplaced(Path(path), what, **identity)


@pytest.mark.parametrize(("path", "what", "identity", "words"), WRONG)
def test_a_file_in_the_place_of_another_is_refused(path, what, identity, words):
    with pytest.raises(FormatError, match=words) as caught:
        refuse_misplaced(Path(path), what, **identity)
    assert len(caught.value.faults) == 1


def test_a_relative_path_has_its_place_too(tmp_path, monkeypatch):
    (tmp_path / "rois").mkdir()
    monkeypatch.chdir(tmp_path / "rois")
    with pytest.raises(FormatError):
        refuse_misplaced(Path("b.h5"), "ROI file", domain="a")
