"""Folders of the public layout that cannot be read."""

import os
import shutil
from pathlib import Path
from unicodedata import normalize

from tests.rough.place import EYE, cases


def renamed(path, name):
    """Give a file another name."""
    path.rename(path.with_name(name))


def composed(folder):
    """Write the mask's name in another Unicode form than the image's, and leave out its own fault."""
    image, mask = (normalize(form, "œil é.png") for form in ("NFC", "NFD"))
    renamed(folder.image("train", "g1"), image)
    renamed(folder.mask("train", "g1"), mask)
    folder.exclude.append(f"Domain1/train/{mask}")


def undecodable(folder):
    """Put a file beside the images whose name is no text."""
    folder.image("train", "g1").with_name(os.fsdecode(b"eye\xff.txt")).write_bytes(b"")


def excluded(*names):
    """Exclude images."""
    return lambda folder: folder.exclude.extend(names)


SPOILT = {
    "no folder": (lambda f: shutil.rmtree(f.path), "Domain1: expected a domain's folder, found none; see dataset.root"),
    "a file in its place": (
        lambda f: (shutil.rmtree(f.path), f.path.write_text("")),
        "Domain1: expected a domain's folder, found none",
    ),
    "no split": (
        lambda f: shutil.rmtree(f.path / "test/ROIs/image"),
        "test/ROIs/image: expected a folder of PNG files",
    ),
    "lonely image": (
        lambda f: f.mask("train", "g1").unlink(),
        "image/g1.png: expected the mask",
        "found none; add it, or name the file",
    ),
    "lonely mask": (lambda f: f.image("train", "g1").unlink(), "mask/g1.png: expected the image", "found none; add it"),
    "no test image": (
        lambda f: (f.mask("test", "g3").unlink(), f.image("test", "g3").unlink()),
        "test/ROIs/image: expected at least one PNG file, found none that is left",
    ),
    "jpegs among them": (
        lambda f: f.image("train", "g9").with_suffix(".jpg").write_bytes(b""),
        "expected *.png, found 1 images of other names (g9.jpg); convert or rename them",
    ),
    "all excluded": (excluded("Domain1/test/g3.png"), "expected at least one PNG file, found none that is left"),
    "idle exclusion": (
        excluded("Domain1/train/g7.png"),
        "dataset.exclude: Domain1/train/g7.png",
        "found no such file; correct or remove it",
    ),
    "names that look alike": (
        composed,
        "expected the mask",
        "the folder has a file whose name looks the same and is of other signs (decomposed",
    ),
    "name that is no text": (
        undecodable,
        r"eye\udcff.txt: expected a name that is text (UTF-8), found other bytes in it; rename it",
    ),
}


def below(place, folder):
    """Read a relative folder that is not there."""
    return place.reading({"reader": "fundus", "root": "no/such"}, {"folder": folder}, task=EYE)


RELATIVE = {"relative": ("Domain1", "no/such/Domain1: expected a domain's folder, found none below ", str(Path.cwd()))}
CASES = [
    *cases("folder", lambda place, spoil: place.fundus(spoil), SPOILT),
    *cases("folder", below, RELATIVE),
]
