"""What people see: descriptions, pictures, sheets, mixtures of photographs, and the verbs that give them."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fdgst.cli import fdgst
from fdgst.core.fourier import stylize
from fdgst.core.sheets import contact_sheet
from fdgst.errors import ConfigError, DataError, FormatError
from fdgst.storage.parts import records
from fdgst.storage.predictions import write_predictions
from fdgst.storage.shards import open_shard
from fdgst.study.slices import ShardSettings, text_of
from fdgst.viewing.inspection import describe
from fdgst.viewing.mixing import mix_photographs
from fdgst.viewing.panels import Panel, draw, legend, outlined
from fdgst.viewing.sheet import COLUMNS, LIVE_COLUMNS, make_sheet
from fdgst.viewing.showing import show
from tests.core.pictures import draw_image
from tests.generation.files import LAMBDAS, augmentation, write_domain, write_shard
from tests.tasks import task

PREDICTED = "runs/fdg/domain1/seed0/predictions/last/whole/domain1.h5"
EYE = task().structures


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
    square = np.zeros((2, 48, 48), bool)
    square[1, 10:30, 10:30] = True
    masks = [(square, np.zeros((2, 20, 20)))] * 2
    names = ["domain1-4.png", "domain1-5.png"]
    who = {"method": "fdg", "unseen": "domain1", "seed": 0, "domain": "domain1"}
    sizes = {"roi_size_px": (48, 48), "network_size_px": (20, 20)}
    write_predictions(folder / PREDICTED, masks, names=names, structures=records(EYE), settings=who, **sizes)
    return folder


FILES = {
    "rois/domain1.h5": [
        "rois, version 2",
        "4 train and 2 test images",
        "48 px ROIs, colour of 8 bits",
        "inner: ",
        "within outer",
    ],
    "banks/domain1/roi-0.0.h5": ["dense_bank, version 2", "amplitudes of 4 training images", "every amplitude"],
    "banks/domain1/roi-0.05.h5": ["soft_bank, version 2", "alpha 0.05", "highest frequency kept"],
    "shards/fdg/domain1/domain2.h5": [
        "shard, version 2",
        "encoding grid: 12 pictures",
        "alpha 0 (no threshold)",
        "similarity",
    ],
    "shards/st/domain1/domain2.h5": ["encoding residual", "alpha 0.05", "content_bank"],
    "shards/drawn/domain1/domain2.h5": [" to ", "each 2 times"],
    "shards/contrast/domain1/domain1.h5": ["a control", "window none"],
    PREDICTED: ["predictions, version 2", "inner: 0.0 % of the area on average, empty in 2", "outer: 17.4 %"],
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


def test_a_sheet_of_live_trainings_has_a_row_for_every_style_that_was_drawn(tmp_path):
    row = {"style": "domain1", "copies": 9, "images": 4, "lambda": 0.5, "lambda_min": 0.1, "lambda_max": 1.0}
    item = {"window": "full", "alpha": 0.05, "encoding": "live", "mixing": "roi"}
    drawn = {"images": 20, "copies": 9, "styles": [row, row | {"style": "domain2", "copies": 0}]}
    record = {"augmentation": "fdg_st", "method": "row", "unseen": "domain3", "seed": 0}
    (tmp_path / "run.json").write_text(json.dumps(record | {"live": {"augmentation": item, "drawn": drawn}}))
    make_sheet([tmp_path / "run.json"], tmp_path / "sheet.csv")
    header, only = (line.split(",") for line in (tmp_path / "sheet.csv").read_text().splitlines())
    assert tuple(header) == LIVE_COLUMNS
    told = dict(zip(header, only, strict=True))
    assert (told["style"], told["copies"], told["lambda"], told["alpha"]) == ("domain1", "9", "0.5", "0.05")


def test_a_sheet_refuses_trainings_that_were_not_stylised_live(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ConfigError, match="expected a training that was stylised at every step"):
        make_sheet([tmp_path / "run.json"], tmp_path / "sheet.csv")
    with pytest.raises(ConfigError, match="expected shards or records of trainings, found both"):
        make_sheet([tmp_path / "run.json", tmp_path / "shard.h5"], tmp_path / "sheet.csv")


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


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    """Oblong files of one channel and 16 bits."""
    folder = tmp_path_factory.mktemp("deep") / "results"
    for domain in ("domain1", "domain2"):
        write_domain(folder, domain, roi_size_px=(48, 64), network_size_px=(20, 24), channels=1, bits=16)
    for changes in ({}, {"id": "st", "alpha": 0.05, "encoding": "residual"}):
        write_shard(folder, **changes)
    return folder


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rois/domain1.h5", ["64x48 px ROIs, grey of 16 bits, and the same at network size, 24x20 px", "mean grey"]),
        ("banks/domain1/roi-0.0.h5", ["64x48 px (roi size)"]),
        ("banks/domain1/roi-0.05.h5", ["  grey "]),
        ("shards/fdg/domain1/domain2.h5", ["each 3 times, 24x20 px"]),
        ("shards/st/domain1/domain2.h5", ["encoding residual"]),
    ],
)
def test_oblong_files_of_one_deep_channel_are_described_and_drawn(deep, tmp_path, name, words):
    text = "\n".join(describe(deep / name))
    assert [word for word in words if word not in text] == []
    show(deep / name, tmp_path / "a.png", rois=None)
    with Image.open(tmp_path / "a.png") as picture:
        assert len(picture.convert("RGB").getcolors(2**24)) > 10


def test_each_structure_has_an_outline_of_its_own_colour_and_the_first_is_on_top():
    masks = np.zeros((8, 40, 40), bool)
    for place in range(8):
        masks[place, 2 * place : 39 - 2 * place, 2 * place : 39 - 2 * place] = True
    drawn = outlined(np.zeros((40, 40, 3), np.uint8), np.concatenate([masks[:1], masks[1:]]))
    assert len({tuple(drawn[2 * place, 20]) for place in range(8)}) == 8
    same = outlined(np.zeros((40, 40, 3), np.uint8), masks[[0, 0]])
    np.testing.assert_array_equal(same, outlined(np.zeros((40, 40, 3), np.uint8), masks[:1]))


def test_the_words_of_a_legend_have_the_colours_of_the_outlines():
    drawn = outlined(np.zeros((9, 9, 3), np.uint8), np.ones((1, 9, 9), bool) & (np.mgrid[:9, :9][0] > 3))
    ((word, colour),) = legend(["nucleus"])
    assert word == "nucleus"
    assert colour == "#{:02x}{:02x}{:02x}".format(*drawn[4, 4])


def test_a_title_is_shown_as_it_is(tmp_path):
    draw([[Panel("a $broken_ {mathematics", np.zeros((9, 9)))]], tmp_path / "a.png", width_in=2)
    assert (tmp_path / "a.png").exists()


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
    assert notes[0].endswith("30 px resized (LANCZOS) to the content's 60x40 px")


def test_all_unreadable_photographs_are_named(tmp_path):
    (tmp_path / "x.png").write_bytes(b"text")
    with pytest.raises(DataError) as caught:
        mix_photographs(tmp_path / "x.png", tmp_path / "y.png", tmp_path, lambdas=[1], window="full", alpha=0)
    assert len(caught.value.faults) == 2


def test_what_was_done_to_a_photograph_is_said(tmp_path):
    grey = tmp_path / "x.png"
    Image.fromarray(draw_image((30, 30), "fundus", 1)[0]).save(grey)
    notes = mix_photographs(grey, grey, tmp_path / "out", lambdas=[1], window="full", alpha=0)
    assert notes[0] == f"{grey}: grey, brought to three equal channels"


def test_an_impossible_lambda_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ConfigError, match=r"^lambda\[0\]: expected at most 1, found 2"):
        mix_photographs(tmp_path / "x", tmp_path / "y", tmp_path / "out", lambdas=[2], window="full", alpha=0)
    assert not (tmp_path / "out").exists()


def test_a_contact_sheet_puts_white_between_reduced_tiles():
    sheet = contact_sheet([[np.zeros((10, 10, 3), np.uint8)] * 3, [np.zeros((10, 10, 3), np.uint8)]], tile_px=5)
    assert sheet.shape == (12, 19, 3)
    assert (sheet[:5, 5:7] == 255).all()
    assert (sheet[7:, 7:] == 255).all()
    assert not sheet[:5, :5].any()


def settings_file(path, made):
    """Write the settings of a shard."""
    path.write_text(text_of(ShardSettings(augmentation=made, seed=3, compression="none")))
    return path


def run(*arguments):
    return CliRunner().invoke(fdgst, [str(argument) for argument in arguments])


def test_the_verbs_make_banks_shards_and_sheets(folder, tmp_path):
    bank, out = tmp_path / "soft.h5", tmp_path / "shard.h5"
    assert run("bank", "--rois", folder / "rois/domain2.h5", "--alpha", "0.05", "--out", bank).exit_code == 0
    made = augmentation(alpha=0.05, lambdas={"uniform": [0, 1], "copies": 2})
    settings = settings_file(tmp_path / "shard.json", made)
    made = run(
        *("shard", "--content", folder / "rois/domain1.h5", "--style-bank", bank, "--settings", settings, "--out", out)
    )
    assert made.exit_code == 0, made.output
    assert run("sheet", out, "--out", tmp_path / "sheet.csv").exit_code == 0
    assert "sound: 1 shard, 1 soft_bank" in run("verify", tmp_path).output
    assert "alpha 0.05" in run("inspect", out, "--picture", tmp_path / "a.png", "--rois", folder / "rois").output


def test_a_control_takes_no_bank(folder, tmp_path):
    settings = settings_file(tmp_path / "shard.json", augmentation(kind="jitter", lambdas=[0.5]))
    content, out = folder / "rois/domain1.h5", tmp_path / "shard.h5"
    made = run("shard", "--content", content, "--settings", settings, "--out", out)
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
