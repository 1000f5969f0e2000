"""Forty faults in three folders of masks: each is one line, or counted as a miss."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

import fdgst
from fdgst.errors import DataError
from tests.evaluation.foreign_masks import CONFIG, INNER, SHAPE, Folder, drawn, save

IMAGES = 16  # of each of two domains
EMPTY = np.zeros(SHAPE, np.uint8)


@dataclass(frozen=True)
class Fault:
    """What is done to one mask, and what is said of it: a line, or the structures that count as missed."""

    what: str
    plant: Callable[[Path], object]  # of the mask's path
    line: str = ""
    missed: tuple[str, ...] = ()


def instead(ending, write):
    """Write a file of another kind in place of the mask."""

    def plant(path):
        path.unlink()
        write(path.with_name(path.stem + ending))

    return plant


def pixels(change, **options):
    """Change the grey values of the mask."""
    return lambda path: save(path, change(np.asarray(Image.open(path))), **options)


def tiff(change, **options):
    """The same, stored as TIFF."""
    return lambda path: instead(".tif", lambda other: save(other, change(drawn(number_of(path))), **options))(path)


def nifti(change):
    """The same, stored as a NIfTI slice."""
    return instead(".nii.gz", lambda path: nibabel.save(nibabel.Nifti1Image(change(number_of(path)), np.eye(4)), path))


def number_of(path):
    return int(re.search(r"i(\d+)", path.name)[1])


def coloured(grey):
    return np.stack([grey, EMPTY, EMPTY], axis=-1)


def palette(path):
    picture = Image.fromarray(np.asarray(Image.open(path)) // 127)
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    picture.save(path)


def swap(path):
    other = path.with_name(f"i{number_of(path) + 1:02d}.png")
    for changed, number in ((path, number_of(path) + 1), (other, number_of(path))):
        save(changed, drawn(number, moved=1))


def labels(number):
    return (drawn(number) // 127).T.astype(np.uint8)


SIZE, VALUES = "expected the size of the true mask, 48x40 px, found", "expected the values 255 \\(inner\\)"
BROKEN, NONE, STRANGE = "expected a whole (PNG|image), found", "expected a mask of", "found one of none; not scored"
FAULTS = [
    Fault("missing", Path.unlink, NONE),
    Fault("a folder in its place", lambda path: (path.unlink(), path.mkdir()), NONE),
    Fault("a link to nowhere", lambda path: (path.unlink(), path.symlink_to("nowhere.png")), NONE),
    Fault("another kind of file", instead(".gif", lambda path: save(path, EMPTY)), NONE),
    Fault("a file of numpy", instead(".npy", lambda path: np.save(path, EMPTY)), NONE),
    Fault("extra", lambda path: save(path.with_name("stranger.png"), EMPTY), STRANGE),
    Fault("extra copy", lambda path: save(path.with_name(f"{path.stem} (1).png"), EMPTY), STRANGE),
    Fault("extra overlay", lambda path: save(path.with_name(f"{path.stem}_overlay.jpg"), EMPTY), STRANGE),
    Fault("extra with another ending", lambda path: save(path.with_name("i99.tif"), EMPTY), STRANGE),
    Fault("two files", lambda path: save(path.with_suffix(".tif"), EMPTY), "expected one mask called i.., found"),
    Fault("half the size", pixels(lambda grey: grey[::2, ::2]), f"{SIZE} 24x20 px"),
    Fault("a row more", pixels(lambda grey: np.pad(grey, ((0, 1), (0, 0)))), f"{SIZE} 48x41 px"),
    Fault("turned", pixels(lambda grey: grey.T.copy()), f"{SIZE} 40x48 px; is it turned by 90 degrees"),
    Fault("one pixel", pixels(lambda grey: grey[:1, :1]), f"{SIZE} 1 px"),
    Fault("a border cut off, as TIFF", tiff(lambda grey: grey[1:-1, 1:-1]), f"{SIZE} 46x38 px"),
    Fault("class numbers", pixels(lambda grey: grey // 127), f"{VALUES}.*class numbers 0, 1, 2"),
    Fault("0 and 1", pixels(lambda grey: (grey > 0).astype(np.uint8)), f"{VALUES}.*class numbers 0, 1"),
    Fault("inverted", pixels(lambda grey: 255 - grey), f"{VALUES}.*of other values"),
    Fault("one value too low", pixels(lambda grey: np.where(grey == INNER, 254, grey).astype(np.uint8)), VALUES),
    Fault("a soft map", pixels(lambda grey: np.indices(SHAPE).sum(0).astype(np.uint8)), f"{VALUES}.*is it a mask"),
    Fault("noise of compression", instead(".jpg", lambda path: save(path, drawn(number_of(path)), quality=50)), VALUES),
    Fault("16 bits stretched", pixels(lambda grey: grey.astype(np.uint16) * 257), f"{VALUES}.*of other values"),
    Fault("16 bits stretched, as TIFF", tiff(lambda grey: grey.astype(np.uint16) * 257), f"{VALUES}.*of other values"),
    Fault("floating point", tiff(lambda grey: grey / np.float32(255)), "floating-point levels"),
    Fault("32 bits", tiff(lambda grey: grey.astype(np.int32) + 70_000), "32 bits per channel"),
    Fault("colour", pixels(coloured), "expected a grey mask or equal colour channels"),
    Fault("colour, as TIFF", tiff(coloured), "expected a grey mask or equal colour channels"),
    Fault("a palette", palette, "channels that differ \\(it has a palette\\)"),
    Fault("transparent", pixels(lambda grey: np.stack([grey] * 4, axis=-1)), "transparent pixels"),
    Fault("ink", instead(".jpg", lambda path: Image.new("CMYK", SHAPE[::-1]).save(path)), "found CMYK"),
    Fault("several pages", instead(".tif", lambda path: save(
        path, EMPTY, save_all=True, append_images=[Image.fromarray(EMPTY)])), "found a file of 2 pages"),
    Fault("cut short", lambda path: path.write_bytes(path.read_bytes()[:60]), BROKEN),
    Fault("nothing in the file", lambda path: path.write_bytes(b""), BROKEN),
    Fault("text", lambda path: path.write_text("404 not found"), BROKEN),
    Fault("a flipped byte", lambda path: path.write_bytes(
        path.read_bytes()[:50] + bytes([path.read_bytes()[50] ^ 255]) + path.read_bytes()[51:]), BROKEN),
    Fault("a volume", nifti(lambda number: np.zeros((*SHAPE[::-1], 3), np.uint8)), "expected one slice, found"),
    Fault("class numbers as NIfTI", nifti(labels), f"{VALUES}.*class numbers 0, 1, 2"),
    Fault("probabilities as NIfTI", nifti(lambda number: labels(number) / np.float32(3)), "expected labels, whole"),
    Fault("broken NIfTI", instead(".nii", lambda path: path.write_bytes(b"\0" * 99)), "expected a whole NIfTI file"),
    Fault("swapped names", swap, "fit each other's image better"),
    Fault("empty", pixels(np.zeros_like), missed=("inner", "outer")),
    Fault("empty, 1 bit", lambda path: Image.new("1", SHAPE[::-1]).save(path), missed=("inner", "outer")),
    Fault("no inner structure", pixels(lambda grey: np.minimum(grey, 128)), missed=("inner",)),
]  # fmt: skip


def judged(folder):
    """Scores of three methods, and what was said."""
    told = []
    methods = {name: folder.path / name for name in ("one", "two", "three")}
    return fdgst.evaluate(folder.table, methods, config=CONFIG, tell=told.append), told


@pytest.fixture
def folder(tmp_path):
    """Three folders of good masks."""
    made = Folder(tmp_path, images=IMAGES).make()
    for name in ("one", "two", "three"):
        made.predict(name)
    return made


def mask_of(folder, place):
    """The path of the mask that a fault is planted in: every third place is in one folder, and images are skipped."""
    return folder.path / ("one", "two", "three")[place % 3] / f"i{2 * (place // 3):02d}.png"


def test_there_are_forty_faults():
    assert len(FAULTS) >= 40


def test_every_planted_fault_is_one_line(folder):
    planted = [fault for fault in FAULTS if fault.line]
    for place, fault in enumerate(planted):
        fault.plant(mask_of(folder, place))
    with pytest.raises(DataError) as error:
        judged(folder)
    lines = list(error.value.faults)
    for place, fault in enumerate(planted):
        method, image = mask_of(folder, place).parent.name, mask_of(folder, place).stem
        found = [line for line in lines if re.search(fault.line, line) and method in line]
        found = [line for line in found if image in line] or found
        assert found, f"{fault.what}: nothing is said like {fault.line!r}"
        lines.remove(found[0])
    assert not lines


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.line], ids=lambda fault: fault.what)
def test_a_fault_alone_is_one_line(tmp_path, fault):
    folder = Folder(tmp_path, images=2).make()
    for name in ("one", "two", "three"):
        folder.predict(name)
    fault.plant(tmp_path / "two/i00.png")
    try:
        _, lines = judged(folder)
    except DataError as error:
        lines = error.faults
    assert len(lines) == 1
    assert re.search(fault.line, lines[0])


def test_what_is_empty_is_counted_as_missed_and_nothing_is_said(folder):
    missed = {}
    for place, fault in enumerate(fault for fault in FAULTS if fault.missed):
        path = mask_of(folder, place)
        fault.plant(path)
        missed |= {(path.parent.name, path.stem, structure): 1 for structure in fault.missed}
    scores, told = judged(folder)
    assert not told
    found = scores[scores["missed"] == 1].set_index(["method", "image", "structure"])
    assert found["missed"].to_dict() == missed
    assert (found["dsc"] == 0).all()
    assert found["hd"].tolist() == pytest.approx([np.hypot(*SHAPE)] * len(found))
