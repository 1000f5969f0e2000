"""Commands that cannot be carried out: arguments, folders in use, raw sets that are none."""

import os

import numpy as np
from PIL import Image

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
    "a decimal comma": (
        "mix a b --lambda 0,05 --out {}/x",
        "expected strengths of at most 1, found '0,05'; write 0.05 with a point",
    ),
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
    "verify nothing": ("verify {}", "no HDF5 file (*.h5), no model and no bundle below this folder"),
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
    "lambdas of one name": (
        "mix {}/x.png {}/x.png --lambda 0.1,0.10000001 --out {}/out",
        "lambda: expected strengths that differ in 6 digits, found 0.1 and 0.10000001, whose pictures would have one",
    ),
    "a lambda twice": ("mix {}/x.png {}/x.png --lambda .1,.1 --out {}/out", "found 0.1 and 0.1, whose pictures would"),
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
    "locate in a name that leaves no room": (
        "locate {}/long --out {}/boxes.csv",
        "expected a name of at most 150 bytes, found 240; rename it",
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
    "a predicted mask as JPEG": (
        "evaluate --table {}/t.csv --method unet={}/jpeg --out {}/out",
        "jpeg/x.jpg: expected a mask whose values are kept, found a JPEG with",
        "save it as PNG, or give values such as [[128, 255]]",
    ),
    "a true mask as JPEG": (
        "evaluate --table {}/j.csv --method unet={}/png --out {}/out",
        "jpeg/x.jpg: expected a mask whose values are kept, found a JPEG with",
    ),
    "judged by semicolons": (
        "evaluate --table {}/semi.csv --method unet={}/png --out {}/out",
        "semi.csv: expected commas between the cells, found semicolons",
    ),
    "a study of semicolons": ("init {}/new --table {}/semi.csv", "semi.csv: expected commas between the cells, found"),
    "judged by a name that leads out": (
        "evaluate --table {}/evil.csv --method unet={}/png --out {}/out",
        "evil.csv:2: expected a name without / and \\, found '../../evil'",
    ),
    "judged by backslashes of an image that is not there": (
        "evaluate --table {}/lost.csv --method unet={}/png --out {}/out",
        "lost.csv:2: expected a name without / and \\, found 'a\\\\x'; write / between folders in the column image",
    ),
    "judged by backslashes": (
        "evaluate --table {}/back.csv --method unet={}/png --out {}/out",
        "expected the true mask's file, found none; write / between folders, not \\",
    ),
    "appended to semicolons": (
        "import folders {}/raw --out {}/semi.csv --append",
        "semi.csv: expected commas between the cells, found semicolons",
        "or give another --out",
    ),
    "appended to another's table": (
        "import folders {}/raw --out {}/mine.csv --append",
        "mine.csv: expected a new file, or a table of images, found one without the column image and domain; give",
    ),
    "in the place of another's table": (
        "import folders {}/raw --out {}/mine.csv",
        "mine.csv: expected a new file, or a table of images, found one without the column image and domain; give",
    ),
    "a raw set of dicom": (
        "import folders {}/scans --out {}/x.csv",
        "found none, but 2 .dcm and 1 .nii.gz files, which are not read: convert them to PNG or TIFF",
    ),
    "beside what is no table of numbers": (
        "evaluate --table {}/t.csv --method unet={}/png --out {}/out --against {}/t.csv",
        "t.csv: expected the columns method, structure, metric, unseen, mean, found image, mask, domain, split",
        "give a table in the form of table1.csv",
    ),
    "beside other methods": (
        "evaluate --table {}/t.csv --method unet={}/png --out {}/out --against {}/other.csv",
        "other.csv: expected numbers of the methods unet",
        "(methods there: x)",
    ),
    "beside other domains": (
        "evaluate --table {}/t.csv --method x={}/png --out {}/out --against {}/other.csv",
        "other.csv: expected numbers of the methods x by the same structures, metrics and domains, found none",
    ),
    "masks of numpy": (
        "evaluate --table {}/t.csv --method unet={}/arrays --out {}/out",
        "found none; x.npy is there, but .npy is not read: save it as PNG",
    ),
    "no mask of an image": (
        "evaluate --table {}/t.csv --method unet={}/empty --out {}/out",
        "expected a mask of x, x.png or m.png (or another ending)",
    ),
}


def refused(place, given):
    """A folder with a few things, and arguments."""
    picture(PIXELS)(place / "x.png")
    place.text(f"long/{'n' * 240}.png", b"")
    (place / "empty").mkdir()
    place.text("study/Snakefile", "")
    place.text("odd/" + os.fsdecode(b"eye\xff.png"), b"")
    mask = PIXELS[..., 0] * 0
    mask[8:20, 8:20] = 255
    save(place / "m.png", mask)
    spot = np.zeros((32, 32), np.uint8)
    spot[9:21, 11:22] = 255
    (place / "jpeg").mkdir()
    Image.fromarray(spot).save(place / "jpeg/x.jpg", quality=60)
    save(place / "png/x.png", spot)
    place.text("j.csv", "image,mask,domain,split\nx.png,jpeg/x.jpg,one,test\n")
    save(place / "raw/images/x.png", PIXELS)
    save(place / "raw/masks/x.png", spot)
    for name in ("scans/a.dcm", "scans/b.DCM", "scans/c.nii.gz", "arrays/x.npy"):
        place.text(name, "x")
    place.text("semi.csv", "image;mask;domain;split\nx.png;m.png;one;0,5\n")
    place.text("mine.csv", "patient,age\n1,2\n")
    place.text("evil.csv", "image,mask,name\nx.png,m.png,../../evil\n")
    place.text("back.csv", "image,mask\nx.png,png\\x.png\n")
    place.text("lost.csv", "image,mask\na\\x.png,m.png\n")
    place.text("other.csv", "method,structure,metric,unseen,mean\nx,s,dsc,elsewhere,1\n")
    place.text("t.csv", "image,mask,domain,split\nx.png,m.png,one,test\n")
    return arguments(place, given)


CASES = [*cases("command line", arguments, USAGE, status=2), *cases("command", refused, REFUSED)]
