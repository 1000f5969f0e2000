import numpy as np
import pytest
from PIL import Image

from fdgst.data.masks import mask_faults, mask_warnings, value_faults
from tests.data.folders import mask
from tests.data.readers import EYE, FUNDUS, NUCLEI, structure, task

EYE_MASK = mask()
CLASSES = np.select([EYE_MASK == 0, EYE_MASK == 128], [2, 1]).astype(np.uint8)
NUCLEUS = np.where(EYE_MASK < 255, 255, 0).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (32, 32)).astype(np.uint8)
STRICT = task(structure("nucleus", ((255, 255),)), background=((0, 0),))
OPTIONAL = task(structure("nucleus", ((128, 255),), optional=True))


def faults(grey, own):
    """What is wrong with one mask file."""
    return list(mask_faults({"mask": "m.png"}, {"mask": grey}, own))


REFUSED = {
    "photograph": (NOISE, FUNDUS, "spread over their ranges; is it a mask?"),
    "unknown values": (
        np.where(NUCLEUS, 200, 0).astype(np.uint8),
        STRICT,
        "of other values (28.6%: 200); is it a mask",
    ),
    "classes 0 1 2": (CLASSES, FUNDUS, "class numbers 0, 1, 2 (read as one and the same)? set background: [[0, 0]]"),
    "classes 0 1": (NUCLEUS // 255, NUCLEI, "class numbers 0, 1 (read as one and the same)? set background: [[0, 0]]"),
    "classes unknown": (NUCLEUS // 255, STRICT, "class numbers 0, 1 (28.6% of the pixels unknown)?"),
    "optional classes": (NUCLEUS // 255, OPTIONAL, "class numbers 0, 1"),
    "inverted": (255 - EYE_MASK, FUNDUS, "expected background in a corner, found disc in all (values 0, 127, 255)"),
    "outer alone": (np.where(EYE_MASK < 255, 0, 255).astype(np.uint8), FUNDUS, "is it a mask of disc alone?"),
    "outer alone, inverted": (NUCLEUS, FUNDUS, "found disc in all (values 0, 255); is it inverted?"),
    "nothing": (np.full((32, 32), 255, np.uint8), FUNDUS, "expected cup (values 0 to 50) and disc (values 0 to 200)"),
    "no inner": (np.maximum(EYE_MASK, 128), FUNDUS, "expected cup (values 0 to 50), found none"),
    "no nucleus": (np.zeros((32, 32), np.uint8), NUCLEI, "expected nucleus (values 128 to 255), found none"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_mask_of_the_task_is_refused_with_what_it_seems_to_be(case):
    grey, own, words = REFUSED[case]
    (fault,) = faults(grey, own)
    assert fault.startswith("m.png: expected ")
    assert words in fault


def test_the_advice_for_class_numbers_makes_them_readable():
    (fault,) = faults(CLASSES, FUNDUS)
    assert fault.endswith("values: disc [[1, 1], [2, 2]], cup [[2, 2]]")
    cup, disc = structure("cup", ((2, 2),), within="disc"), structure("disc", ((1, 1), (2, 2)))
    assert faults(CLASSES, task(cup, disc, background=((0, 0),))) == []


ABOVE_0 = task(structure("nucleus", ((1, 255),)), background=((0, 0),))


@pytest.mark.parametrize(
    ("grey", "own", "fits"),
    [(EYE_MASK, FUNDUS, True), (NUCLEUS, NUCLEI, True), (NUCLEUS, ABOVE_0, False), (NUCLEUS * 0, ABOVE_0, True)],
)
def test_a_jpeg_is_a_mask_where_the_values_that_it_changes_keep_their_meaning(tmp_path, grey, own, fits):
    for quality in (40, 75, 95):
        path = tmp_path / f"{quality}.png"  # whatever its name
        Image.fromarray(np.kron(grey, np.ones((5, 5), np.uint8))).save(path, "JPEG", quality=quality)
        found = [*value_faults({"mask": path}, {"mask": np.asarray(Image.open(path))}, own)]
        assert [fault.partition("found ")[2][:6] for fault in found] == ["a JPEG"] * (not fits)


@pytest.mark.parametrize(
    ("grey", "own"),
    [
        (EYE_MASK, FUNDUS),
        (np.clip(EYE_MASK.astype(int) + NOISE % 9 - 4, 0, 255).astype(np.uint8), FUNDUS),
        (NUCLEUS, NUCLEI),
        (np.zeros((32, 32), np.uint8), OPTIONAL),
        (NUCLEUS.astype(np.uint16) * 257, task(structure("nucleus", ((65535, 65535),)), background=((0, 0),))),
    ],
    ids=["eye", "touched by JPEG", "nuclei", "optional", "16 bits"],
)
def test_what_is_a_mask_of_the_task_is_taken(grey, own):
    assert faults(grey, own) == []


@pytest.mark.parametrize("rule", ["BILINEAR", "BICUBIC", "LANCZOS"])
@pytest.mark.parametrize("side", [96, 128, 256])
def test_a_mask_of_many_small_structures_is_read_after_resampling(side, rule):
    y, x = np.mgrid[:512, :512]
    grey = np.zeros((512, 512), np.uint8)
    for row, column in np.random.default_rng(0).integers(0, 512, (300, 2)):
        grey[(y - row) ** 2 + (x - column) ** 2 < 64] = 255
    resampled = np.asarray(Image.fromarray(grey).resize((side, side), Image.Resampling[rule]))
    assert faults(resampled, NUCLEI) == []


@pytest.mark.parametrize("border", [0, 0.3])
def test_a_photograph_is_no_mask_even_with_a_black_border(border):
    smooth = Image.fromarray(np.random.default_rng(1).integers(0, 256, (24, 24)).astype(np.uint8))
    grey = np.asarray(smooth.resize((200, 200), Image.Resampling.BICUBIC)).copy()
    grey[: int(border * 200)] = 0
    (fault,) = faults(grey, NUCLEI)
    assert fault.endswith("is it a mask?")


def test_every_mask_file_is_judged_by_the_structures_that_it_holds():
    both = [structure(name, ((128, 255),), column=name) for name in ("one", "two")]
    paths, greys = {"one": "1.png", "two": "2.png"}, {"one": NUCLEUS, "two": NUCLEUS // 255}
    (fault,) = mask_faults(paths, greys, task(*both))
    assert fault.startswith("2.png: expected the values 128 to 255 (two), 0 to 127 (background), found class numbers")


def test_truth_outside_its_parent_and_stray_values_are_warnings_with_counts():
    inner, outer = EYE_MASK.copy(), np.where(EYE_MASK < 255, 255, 0).astype(np.uint8)
    inner = np.where(inner == 0, 255, 0).astype(np.uint8)
    inner[0, :3], outer[16, 16] = 255, 250
    own = task(structure("in", ((128, 255),), column="in", within="out"), structure("out", ((128, 255),), column="out"))
    found = list(mask_warnings({"in": "i.png", "out": "o.png"}, {"in": inner, "out": outer}, own))
    assert found[0] == "i.png: in reaches out of out, 3 pixels"
    assert found[1].startswith("o.png: 1 pixel of other values than 0, 255; read as out 128 to 255")


def test_an_optional_part_that_is_all_of_its_parent_is_taken():
    own = task(EYE[0].model_copy(update={"optional": True}), EYE[1], background=((201, 255),))
    assert faults(np.where(EYE_MASK < 255, 0, 255).astype(np.uint8), own) == []
