"""Every set from end to end: as published, to a table, to what the reader loads, against what was drawn."""

import re
import shutil

import numpy as np
import pytest
from PIL import Image

from fdgst.core.masks import bounding_box
from fdgst.data.importers import SETS
from fdgst.data.phantom.raw import LAYOUTS, Shot, drawing_of
from fdgst.data.prepare import prepare
from fdgst.errors import DataError
from fdgst.storage.rois import open_rois
from tests.data.importers.conftest import HEIGHT, SEED, dice, grey
from tests.data.readers import FUNDUS, structure, task

DISC = task(structure("disc", ((0, 200),)), background=((201, 255),), around="disc")
PARTS = task(structure("part", ((128, 255),)))
CLASSES = task(structure("disc", ((1, 2),)), structure("cup", ((2, 2),)), background=((0, 0),))
TASKS = {"idrid": DISC, "dsb2018": PARTS, "nnunet": CLASSES}
ROIS = {"title": "Domain", "number": 1, "roi_size_px": (64, 64), "network_size_px": (32, 32)}
ROIS |= {"mask_resize": "nearest", "compression": "none"}
EYES = [name for name in LAYOUTS if name not in ("dsb2018", "nnunet")]
SPLIT = {"drishti-gs", "rim-one-dl", "origa", "idrid", "chaksu", "folders", "fundus", "dsb2018", "nnunet"}


def drawn(name, row):
    """What was drawn for a row of a set."""
    number = int(re.findall(r"\d+", row["name"].removeprefix("r1_").removeprefix("r2_").removeprefix("r3_"))[0])
    if name == "papila":
        number = 2 * number - (row["eye"] == "OD")
    camera = {**LAYOUTS[name].cameras, "folders": 1}[row["domain"]]
    split = "test" if number == 3 else "train"
    size = HEIGHT, round(HEIGHT * LAYOUTS[name].aspect)
    shot = Shot(None, row["domain"], split, camera, number)
    return drawing_of(name, shot, seed=SEED, size_px=size, lesions=1)


@pytest.mark.parametrize("name", EYES)
def test_masks_are_those_that_were_drawn(imported, tmp_path, name):
    found, _ = imported(name, expert="1" if name == "papila" else None)
    assert len(found) == 3 * len(LAYOUTS[name].cameras)
    for row in found:
        mask, drawing = grey(tmp_path / "out" / row["mask"]), drawn(name, row)
        if name == "papila":  # contours
            assert dice(mask <= 200, drawing.mask("disc")) >= 0.995
            assert dice(mask <= 50, drawing.mask("cup")) >= 0.995
        elif name == "idrid":
            np.testing.assert_array_equal(mask, np.where(drawing.mask("disc"), 128, 255))
        else:
            np.testing.assert_array_equal(mask, drawing.grey("mask"))


@pytest.mark.parametrize("name", SETS)
def test_what_was_imported_becomes_rois_of_two_diameters(imported, tmp_path, name):
    found, _ = imported(name, roi=2.0, test=None if name in SPLIT else 1)
    for domain in {row["domain"] for row in found}:
        dataset = {"reader": "table", "table": str(tmp_path / "out/images.csv")}
        own = {"dataset": dataset, "domain": {"id": domain}, "task": TASKS.get(name, FUNDUS)}
        prepare(tmp_path / "rois.h5", tmp_path / "rois.csv", **own, **ROIS)
        with open_rois(tmp_path / "rois.h5") as rois:
            assert rois.splits == ["train", "train", "test"]
            for number in range(3):
                rows, columns = bounding_box(*rois.masks(number))
                assert abs(max(rows.stop - rows.start, columns.stop - columns.start) - 32) <= 2
                assert abs((rows.start + rows.stop) / 2 - 32) <= 2


@pytest.mark.parametrize("name", SETS)
def test_a_second_import_gives_the_same_bytes(imported, tmp_path, name):
    imported(name)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    imported(name)
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", SETS)
def test_an_empty_folder_says_which_file_was_looked_for(imported, tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: expected .*(\.jpg|\.png|\.JPG|Images).* in it, found none"):
        imported(name, tmp_path / "empty")


@pytest.mark.parametrize("name", EYES)
def test_names_are_matched_whatever_their_capitals(imported, published, tmp_path, name):
    wanted, _ = imported(name)
    copy = tmp_path / "loud"
    for path in sorted(published(name).rglob("*")):
        if path.is_file():
            loud = copy / path.relative_to(published(name)).as_posix().upper()
            loud.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, loud)
    found, _ = imported(name, copy, domain="folders" if name == "folders" else None)
    assert [(row["name"].lower(), row["split"]) for row in found] == [
        (row["name"].lower(), row["split"]) for row in wanted
    ]


def rearranged(published, name, tmp_path, moves):
    """A copy of a set with its files where `moves` say: pairs of a pattern and its replacement."""
    copy = tmp_path / "variant"
    for path in sorted(published(name).rglob("*")):
        text = path.relative_to(published(name)).as_posix()
        for pattern, replacement in moves:
            text = re.sub(pattern, replacement, text)
        if path.is_file() and text:
            (copy / text).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy / text)
    return copy


VARIANTS = [
    ("drishti-gs", [("^", "Drishti-GS1_files/")]),
    ("drishti-gs", [("Training/", "Training-20211018T055246Z-001/Training/")]),
    ("drishti-gs", [("Test_GT", "GT")]),
    ("drishti-gs", [("Images/", "Images/glaucoma/")]),
    ("drishti-gs", [(".*softmap.*|.*SoftMap.*", "")]),  # boundaries alone
    ("rim-one-r3", [("Expert1_masks/(.*?)-1-(Disc|Cup)-exp1", r"Expert1/\2/\1")]),
    ("rim-one-r3", [("-1-(Disc|Cup)", r"-\1")]),
    ("rim-one-dl", [(".*partitioned_randomly.*", "")]),
    ("refuge", [("^Training400", "REFUGE-Training400/Training400"), ("^REFUGE-Val", "REFUGE1-Val-400/REFUGE-Val")]),
    (
        "refuge",
        [
            ("^Annotation-Training400/Disc_Cup_Masks/[^/]*", "REFUGE2/train/mask"),
            ("^Training400/[^/]*", "REFUGE2/train/images"),
            ("^REFUGE-Validation400-GT/Disc_Cup_Masks", "REFUGE2/val/mask"),
            ("^REFUGE-Validation400", "REFUGE2/val/images"),
        ],
    ),
    ("idrid", [("A. Segmentation", "A.%20Segmentation")]),
    ("idrid", [("^.*/1. Orig.*/", "photo/"), ("^.*Groundtruths.*/(IDRiD_..)_OD", r"disc/\1")]),
    ("chaksu", [("Expert (.)", r"expert\1"), ("Remidio", "Remedio"), ("Cup", "cup")]),
    ("chaksu", [(".*5.0_.*", "")]),  # experts alone
    ("folders", [("train/images", "images/train"), ("train/masks", "masks/train")]),
    ("folders", [("images", "img"), (r"masks/(.*)\.png", r"labels/\1_mask.png")]),
    ("nnunet", [("Dataset001_Phantom/", "")]),
]


@pytest.mark.parametrize(("name", "moves"), VARIANTS, ids=[f"{name}-{moves[0][0]}" for name, moves in VARIANTS])
def test_variants_in_use_give_the_same_masks(imported, published, tmp_path, name, moves):
    wanted, _ = imported(name)
    masks = [grey(tmp_path / "out" / row["mask"]) for row in wanted]
    found, _ = imported(name, rearranged(published, name, tmp_path, moves), domain=same_domain(name, wanted))
    assert [row["name"].removesuffix("_mask") for row in found] == [row["name"] for row in wanted]
    for row, mask in zip(found, masks, strict=True):
        assert dice(grey(tmp_path / "out" / row["mask"]) <= 200, mask <= 200) >= 0.995


def same_domain(name, rows):
    """The domain of sets that take their folder's name."""
    return rows[0]["domain"] if name in ("folders", "nnunet") else None


def test_a_mirror_with_pictures_for_arrays_gives_the_same_masks(imported, published, tmp_path):
    wanted, _ = imported("origa")
    masks = [grey(tmp_path / "out" / row["mask"]) for row in wanted]
    copy = tmp_path / "variant"
    shutil.copytree(published("origa") / "Images", copy / "ORIGA/Images")
    (copy / "ORIGA/Masks").mkdir()
    for row, mask in zip(wanted, masks, strict=True):
        classes = np.array([2, 1, 0], np.uint8)[np.digitize(mask, (51, 201))]
        Image.fromarray(classes).save(copy / "ORIGA/Masks" / f"{row['name']}.png")
    found, said = imported("origa", copy)
    assert all((grey(tmp_path / "out" / row["mask"]) == mask).all() for row, mask in zip(found, masks, strict=True))
    assert {row["split"] for row in found} == {""}  # without the makers' list
    assert "origa: 3 images without a split: give --test, or set dataset.test_fraction" in said


@pytest.mark.parametrize("code", [(0, 128, 255), (2, 1, 0), (128, 255, 0), (0, 1, 2), (255, 128, 0)])
def test_masks_of_three_values_are_read_whichever_their_code(imported, published, tmp_path, code):
    wanted, _ = imported("refuge")
    masks = [grey(tmp_path / "out" / row["mask"]) for row in wanted]
    copy = rearranged(published, "refuge", tmp_path, [(r"\.bmp", ".png")])
    for path in copy.rglob("*.png"):
        grey_values = np.array(code, np.uint8)[np.digitize(grey(path), (51, 201))]
        Image.fromarray(grey_values).save(path)
    found, _ = imported("refuge", copy)
    assert all((grey(tmp_path / "out" / row["mask"]) == mask).all() for row, mask in zip(found, masks, strict=True))


def test_the_left_view_of_a_stereo_pair_is_cut_out(imported, published, tmp_path):
    found, _ = imported("rim-one-r3")
    pair = Image.open(next(published("rim-one-r3").rglob("N-3-R.jpg")))
    left = grey(tmp_path / "out" / next(row["image"] for row in found if row["name"] == "N-3-R"))
    np.testing.assert_array_equal(left, np.asarray(pair)[:, : pair.width // 2])


def test_patients_are_groups_where_the_makers_name_them(imported):
    papila, _ = imported("papila")
    assert [row["group"] for row in papila] == ["RET001", "RET001", "RET002"]
    _, said = imported("drishti-gs", append=True)
    assert "3 images: no patient is named, each image is a group of its own" in said


def test_no_patient_is_on_both_sides_of_a_drawn_split(imported):
    found, _ = imported("papila", test=1)
    assert {row["group"] for row in found if row["split"] == "test"} == {"RET002"}


def test_experts_who_disagree_have_a_mean_between_them(imported, tmp_path):
    areas = {}
    for expert in ("1", "2", "mean"):
        found, _ = imported("papila", expert=expert)
        areas[expert] = (grey(tmp_path / "out" / found[0]["mask"]) <= 200).sum()
    assert areas["1"] < areas["mean"] < areas["2"]


@pytest.mark.parametrize("expert", ["1", "2"])
def test_an_expert_of_rim_one_is_not_the_average(imported, tmp_path, expert):
    mean, _ = imported("rim-one-r3")
    one, _ = imported("rim-one-r3", expert=expert)
    areas = [(grey(tmp_path / "out" / rows[0]["mask"]) <= 200).sum() for rows in (one, mean)]
    assert areas[0] < areas[1] if expert == "1" else areas[0] > areas[1]
