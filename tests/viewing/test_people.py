"""What people see: descriptions, pictures, sheets, mixtures of photographs, and the verbs that give them."""

import csv

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.core.fourier import stylize
from fdgst.core.sheets import contact_sheet
from fdgst.errors import ConfigError, DataError, FormatError
from fdgst.storage.predictions import write_predictions
from fdgst.storage.shards import open_shard
from fdgst.viewing.inspection import describe
from fdgst.viewing.mixing import mix_photographs
from fdgst.viewing.sheet import COLUMNS, make_sheet
from fdgst.viewing.showing import show
from tests.core.pictures import draw_image
from tests.generation.files import LAMBDAS, write_domain, write_shard


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people") / "results"
    for domain in ("domain1", "domain2"):
        write_domain(folder, domain)
    for changes in (
        {},
        {"id": "st", "alpha": 0.05, "encoding": "residual"},
        {"id": "drawn", "lambdas": {"uniform": [0, 1], "copies": 2}},
    ):
        write_shard(folder, **changes)
    write_shard(folder, style="domain1", id="contrast", kind="contrast", window="none")
    masks = [(np.zeros((2, 48, 48), bool), np.zeros((2, 20, 20)))] * 2
    names = ["domain1-4.png", "domain1-5.png"]
    who = {"method": "fdg", "unseen": "domain1", "seed": 0, "domain": "domain1"}
    path = folder / "runs/fdg/domain1/seed0/predictions.h5"
    path.parent.mkdir(parents=True)
    write_predictions(path, masks, names=names, roi_size_px=48, network_size_px=20, settings=who)
    return folder


FILES = {
    "rois/domain1.h5": ["rois, version 1", "4 train and 2 test images", "48 px ROIs"],
    "banks/domain1/roi-0.h5": ["dense_bank, version 1", "amplitudes of 4 training images", "every amplitude"],
    "banks/domain1/roi-0.05.h5": ["soft_bank, version 1", "alpha 0.05", "highest frequency kept"],
    "shards/fdg/domain1/domain2.h5": [
        "shard, version 1",
        "encoding grid: 12 pictures",
        "alpha 0 (no threshold)",
        "similarity",
    ],
    "shards/st/domain1/domain2.h5": ["encoding residual", "alpha 0.05", "content_bank"],
    "shards/drawn/domain1/domain2.h5": [" to ", "each 2 times"],
    "shards/contrast/domain1/domain1.h5": ["a control", "window none"],
    "runs/fdg/domain1/seed0/predictions.h5": [
        "predictions, version 1",
        "cup: 0.0 % of the area on average, missed in 2",
    ],
}


@pytest.mark.parametrize("name", FILES)
def test_a_description_says_what_a_file_holds(folder, name):
    text = "\n".join(describe(folder / name))
    for words in FILES[name]:
        assert words in text


@pytest.mark.parametrize("name", FILES)
def test_a_picture_of_every_kind_is_drawn_and_reproducible(folder, tmp_path, name):
    for out in ("a.png", "b.png"):
        assert show(folder / name, tmp_path / out, rois=None) == []
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == 1500
        assert len(picture.convert("RGB").getcolors(2**24)) > 10


def test_a_shard_without_its_roi_files_shows_its_preview_and_says_so(folder, tmp_path):
    notes = show(folder / "shards/fdg/domain1/domain2.h5", tmp_path / "a.png", rois=tmp_path)
    assert len(notes) == 2
    assert "domain1.h5: no ROI file; shown is the preview" in notes[0]
    assert (tmp_path / "a.png").exists()


def test_a_shard_is_not_shown_beside_images_it_was_not_made_from(folder, tmp_path):
    write_domain(tmp_path, "domain1", kinds=("noise",))
    write_domain(tmp_path, "domain2")
    notes = show(folder / "shards/fdg/domain1/domain2.h5", tmp_path / "a.png", rois=tmp_path / "rois")
    assert "not the ROI file that the shard was made from" in notes[0]


def test_what_is_not_ours_is_refused(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"text")
    with pytest.raises(FormatError, match=r"a\.h5"):
        describe(tmp_path / "a.h5")


def test_a_sheet_has_a_row_for_every_shard_and_copy(folder, tmp_path):
    shards = [folder / f"shards/{name}/domain1/domain2.h5" for name in ("fdg", "drawn")]
    make_sheet(shards, tmp_path / "sheet.csv")
    with (tmp_path / "sheet.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["augmentation"] for row in rows] == ["fdg"] * 3 + ["drawn"] * 2
    assert [float(row["lambda"]) for row in rows[:3]] == LAMBDAS
    assert float(rows[3]["lambda_min"]) < float(rows[3]["lambda_max"])
    with open_shard(shards[0]) as shard:
        assert float(rows[2]["mean_shift"]) == pytest.approx(
            np.nanmean(shard.statistics()["mean_shift"][:, 2]), rel=1e-4
        )


def save(path, image):
    Image.fromarray(image.transpose(1, 2, 0)).save(path)
    return path


@pytest.mark.parametrize(("window", "alpha"), [("full", 0), ("full", 0.05), ("released", "ac:0.1")])
def test_mixed_photographs_are_the_formula_within_one_level(tmp_path, window, alpha):
    x, y = draw_image((50, 71), "fundus", 1), draw_image((50, 71), "noise", 2)
    content, style = save(tmp_path / "x.png", x), save(tmp_path / "y.png", y)
    mix_photographs(content, style, tmp_path / "out", lambdas=[0.5, 1], window=window, alpha=alpha)
    for lam in (0.5, 1):
        found = np.asarray(Image.open(tmp_path / f"out/x_like_y_{lam:g}.png")).transpose(2, 0, 1)
        expected = np.clip(np.rint(stylize(x, y, lam=lam, window=window, alpha=alpha)), 0, 255)
        assert abs(found - expected).max() <= 1
    assert (tmp_path / "out/x_like_y_sheet.png").exists()


def test_a_style_of_another_size_is_resized_and_a_line_says_so(tmp_path):
    content = save(tmp_path / "x.png", draw_image((40, 60), "fundus", 1))
    style = save(tmp_path / "y.png", draw_image((30, 30), "fundus", 2))
    notes = mix_photographs(content, style, tmp_path, lambdas=[1], window="full", alpha=0)
    assert notes[0].endswith("30x30 px resized (LANCZOS) to the content's 60x40 px")


def test_all_unreadable_photographs_are_named(tmp_path):
    (tmp_path / "x.png").write_bytes(b"text")
    with pytest.raises(DataError) as caught:
        mix_photographs(tmp_path / "x.png", tmp_path / "y.png", tmp_path, lambdas=[1], window="full", alpha=0)
    assert len(caught.value.faults) == 2


def test_an_impossible_lambda_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ConfigError, match="lambda"):
        mix_photographs(tmp_path / "x", tmp_path / "y", tmp_path / "out", lambdas=[2], window="full", alpha=0)
    assert not (tmp_path / "out").exists()


def test_a_contact_sheet_puts_white_between_reduced_tiles():
    sheet = contact_sheet([[np.zeros((10, 10, 3), np.uint8)] * 3, [np.zeros((10, 10, 3), np.uint8)]], tile_px=5)
    assert sheet.shape == (12, 19, 3)
    assert (sheet[:5, 5:7] == 255).all()
    assert (sheet[7:, 7:] == 255).all()
    assert not sheet[:5, :5].any()


def run(*arguments):
    return CliRunner().invoke(fdgst, [str(argument) for argument in arguments])


def test_the_verbs_make_banks_shards_and_sheets(folder, tmp_path):
    bank, out = tmp_path / "soft.h5", tmp_path / "shard.h5"
    assert run("bank", "--rois", folder / "rois/domain2.h5", "--alpha", "0.05", "--out", bank).exit_code == 0
    made = run(
        "shard", "--content", folder / "rois/domain1.h5", "--style-bank", bank, "--augmentation", "a", "--alpha", ".05",
        "--lambdas", "{uniform: [0, 1], copies: 2}", "--seed", 3, "--out", out,
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert run("sheet", out, "--out", tmp_path / "sheet.csv").exit_code == 0
    assert "sound: 1 shard, 1 soft_bank" in run("verify", tmp_path).output
    assert "alpha 0.05" in run("inspect", out, "--picture", tmp_path / "a.png", "--rois", folder / "rois").output


def test_a_control_takes_the_word_none_for_window_and_alpha(folder, tmp_path):
    made = run(
        "shard", "--content", folder / "rois/domain1.h5", "--kind", "jitter", "--augmentation", "jitter", "--window",
        "none", "--alpha", "none", "--lambdas", "[0.5]", "--seed", 3, "--out", tmp_path / "shard.h5",
    )  # fmt: skip
    assert made.exit_code == 0, made.output


def test_verify_lists_every_damaged_file_and_fails(folder, tmp_path):
    whole = bytearray((folder / "rois/domain1.h5").read_bytes())
    whole[5000] ^= 1
    for name in ("a.h5", "b.h5"):
        (tmp_path / name).write_bytes(whole)
    found = run("verify", tmp_path, folder)
    assert isinstance(found.exception, FormatError)
    assert len(found.exception.faults) == 2


def test_the_verb_mix_takes_lambdas_with_commas(tmp_path):
    photograph = save(tmp_path / "x.png", draw_image((30, 30), "fundus", 1))
    assert run("mix", photograph, photograph, "--lambda", ".1,1", "--out", tmp_path / "out").exit_code == 0
    assert len(list((tmp_path / "out").iterdir())) == 3
    assert run("mix", photograph, photograph, "--lambda", "half", "--out", tmp_path / "out").exit_code == 2
