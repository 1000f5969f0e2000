"""Commands that cannot be carried out: arguments, folders in use, raw sets that are none."""

import os

from tests.data.folders import photograph, save
from tests.rough.cases.images import picture
from tests.rough.place import cases

PIXELS = photograph()


def arguments(place, given):
    """Arguments as they are, `{}` for the folder."""
    return [text.replace("{}", str(place.folder)) for text in given.split()]


USAGE = {
    "no such verb": ("frobnicate", "No such command 'frobnicate'"),
    "no such option": ("verify --fast {}", "No such option"),
    "nothing to verify": ("verify", "Missing argument"),
    "verify what is not there": ("verify {}/none", "does not exist"),
    "no number": ("phantom --out {}/x --train many", "'many' is not a valid integer"),
    "a number below": ("phantom --out {}/x --train 0", "0 is not in the range"),
    "no lambdas": ("mix a b --lambda x --out {}/x", "expected numbers such as .1,.5,1, found 'x'"),
    "an unknown set": ("import sets {} --out {}/x.csv", "'sets' is not one of"),
    "no side": ("import folders {} --roi wide --out {}/x.csv", "expected a side of 1 to 100 diameters"),
    "no folder named": (
        "evaluate --table t.csv --method unet --out {}/x",
        "expected a name and a folder such as unet=runs",
    ),
    "no part": ("segment {} x.png --roi 1,2 --out {}/x", "expected auto, whole or left,top,width,height in pixels"),
    "no figure": ("figure", "Missing argument 'NAME'"),
}
REFUSED = {
    "verify nothing": ("verify {}", "no HDF5 file (*.h5) below this folder"),
    "a folder in use": ("phantom --out {} --train 1 --test 1", "expected a new or an empty folder, found one in use"),
    "a domain that is not drawn": (
        "phantom --out {}/x --domains 2 --rgb-masks 3",
        "--rgb-masks: expected domains from 1 to 2",
    ),
    "colour of 16 bits": ("phantom --out {}/x --bits 16", "--bits: expected 8 for images in colour, found 16"),
    "a raw set that is not there": (
        "import refuge {}/none --out {}/x.csv",
        "expected the folder of a raw set, found none",
    ),
    "an empty raw set": ("import refuge {}/empty --out {}/x.csv", "empty"),
    "a raw set of no expert": ("import refuge {}/empty --expert 9 --out {}/x.csv", "expert"),
    "lambda beyond": ("mix {}/x.png {}/x.png --lambda 2 --out {}/out", "lambda[0]: expected at most 1, found 2.0"),
    "no threshold": (
        "mix {}/x.png {}/x.png --lambda 1 --alpha much --out {}/out",
        "alpha: expected a number in [0, 1]",
    ),
    "no window": ("mix {}/x.png {}/x.png --lambda 1 --window tall --out {}/out", "window: expected full, released, dc"),
    "inspect a picture": ("inspect {}/x.png", "x.png: expected an HDF5 file"),
    "inspect nothing": ("inspect {}/none.h5", "none.h5"),
    "convert a picture": (
        "convert {}/x.png --to png --out {}/out",
        "x.png: expected an HDF5 file of fdgst, found another's",
    ),
    "locate nothing": ("locate {}/none.png --out {}/boxes.csv", "none.png: no such file or folder"),
    "locate in an empty folder": (
        "locate {}/empty --out {}/boxes.csv",
        "expected PNG, JPEG, TIFF or BMP files in this folder",
    ),
    "locate in a name that is no text": (
        "locate {}/odd --out {}/boxes.csv",
        r"eye\udcff.png: expected a name that is text (UTF-8), found other bytes in it; rename it",
    ),
    "a study that is one": ("init {}/study", "Snakefile: expected no such file, found one; choose another folder"),
    "a study of nothing": (
        "init {}/new --table {}/none.csv",
        "none.csv: expected a table of images, found no",
    ),
    "a study of two": ("init {}/new --table {}/t.csv --fundus {}", "expected --table or --fundus, found both"),
    "a study of one domain": ("init {}/new --table {}/t.csv", "expected at least two domains"),
    "masks of no folder": (
        "evaluate --table {}/t.csv --method unet={}/none --out {}/out",
        "unet",
        "expected a folder of masks",
    ),
    "a pattern of no meaning": (
        "evaluate --table {}/t.csv --method unet={}/{fold} --out {}/out",
        "expected {seed} and {domain} in braces, found fold",
    ),
    "one method twice": (
        "evaluate --table {}/t.csv --method u={} --method u={} --out {}/out",
        "--method: expected each name once, found u",
    ),
    "no mask of an image": (
        "evaluate --table {}/t.csv --method unet={}/empty --out {}/out",
        "expected a mask of x, x.png or m.png (or another ending)",
    ),
}


def refused(place, given):
    """A folder with a few things, and arguments."""
    picture(PIXELS)(place / "x.png")
    (place / "empty").mkdir()
    place.text("study/Snakefile", "")
    place.text("odd/" + os.fsdecode(b"eye\xff.png"), b"")
    mask = PIXELS[..., 0] * 0
    mask[8:20, 8:20] = 255
    save(place / "m.png", mask)
    place.text("t.csv", "image,mask,domain,split\nx.png,m.png,one,test\n")
    return arguments(place, given)


CASES = [*cases("command line", arguments, USAGE, status=2), *cases("command", refused, REFUSED)]
