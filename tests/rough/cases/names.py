"""Names of files to be written that are those of files that are read, names of nothing, and what is no file."""

import json
import os

from tests.data.folders import save
from tests.rough.cases.commands import PIXELS
from tests.rough.cases.images import picture
from tests.rough.place import CELL, EYE, READING, cases

AUGMENTATION = {
    "id": "fdg", "kind": "fourier", "window": "full", "alpha": 0, "lambda": [1.0], "encoding": "grid", "mixing": "roi",
}  # fmt: skip
READ = "expected another file than what is read, found the input"
SHARD = "shard --content {}/a.h5 --style-bank {}/bank.h5 --settings {}/shard.json --out"
SCORE = "score --predictions {}/p.h5 --rois {}/b.h5 --settings {}/score.json --out"
ROIS = "rois --settings {}/rois.json --title One"
INPUTS = {
    "a bank over its ROI file": ("bank --rois {}/a.h5 --out {}/a.h5", "--out: ", f"a.h5: {READ} --rois; give"),
    "a bank over its ROI file by another path": ("bank --out {}/empty/../a.h5 --rois {}/a.h5", f"a.h5: {READ} --rois"),
    "a bank over its ROI file by a link": ("bank --out {}/link.h5 --rois {}/a.h5", f"link.h5: {READ} --rois"),
    "a picture over its file": ("inspect {}/a.png --picture {}/a.png", "--picture: ", f"a.png: {READ} FILE"),
    "counts over a manifest": ("audit {}/a.csv --out {}/a.csv", f"a.csv: {READ} MANIFESTS"),
    "a shard over its bank": (f"{SHARD} {{}}/bank.h5", f"bank.h5: {READ} --style-bank"),
    "a shard over its content": (f"{SHARD} {{}}/a.h5", f"a.h5: {READ} --content"),
    "a shard over its settings": (f"{SHARD} {{}}/shard.json", f"shard.json: {READ} --settings"),
    "a sheet over its shard": ("sheet {}/shard.h5 --out {}/shard.h5", f"shard.h5: {READ} FILES"),
    "scores over a ROI file": (f"{SCORE} {{}}/b.h5", f"b.h5: {READ} --rois"),
    "scores over settings": (f"{SCORE} {{}}/score.json", f"score.json: {READ} --settings"),
    "scores over scores": ("collect {}/scores.csv --out {}/scores.csv", f"scores.csv: {READ} SCORES"),
    "boxes over a photograph": ("locate {}/a.png --out {}/a.png --jobs 1", f"a.png: {READ} PHOTO; give another name"),
    "boxes over a photograph of a folder": ("locate {}/eyes --out {}/eyes/a.png --jobs 1", f"a.png: {READ} PHOTO"),
    "a manifest over its table": (
        f"{ROIS} --manifest {{}}/images.csv --out {{}}/n.h5", "--manifest: ", f"images.csv: {READ} of the domain",
    ),
    "a ROI file over a photograph": (f"{ROIS} --manifest {{}}/m.csv --out {{}}/x.png", f"x.png: {READ} of the domain"),
    "a record over a mask": (
        f"{ROIS} --manifest {{}}/m.csv --out {{}}/n.h5 --record {{}}/m.png", "--record: ",
        f"m.png: {READ} of the domain",
    ),
    "a ROI file over its manifest": (
        f"{ROIS} --manifest {{}}/n.h5 --out {{}}/n.h5",
        "--out: ", "n.h5: expected another file than that of --manifest, found the same; give another name",
    ),
    "results over a table": (
        "evaluate --table {}/scores.csv --method u={}/true --out {}", f"scores.csv: {READ} --table; give another name",
    ),
    "results over another's table": (
        "evaluate --table {}/images.csv --against {}/table1.csv --method u={}/true --out {}", f"{READ} --against",
    ),
    "weights over those that are begun with": (
        "train --stage main --method fdg --unseen b --seed 0 --rois {}/a.h5 --checkpoint-seconds 60 --resident-gib 1"
        " --checkpoints {}/c --start {}/run/model.safetensors --out {}/run --settings {}/score.json",
        f"model.safetensors: {READ} --start",
    ),
    "a bundle over its run": ("bundle {}/run --out {}/run", f"run: {READ} RUN"),
    "a table over its image": ("import folders {}/set --out {}/set/images/x.png", f"x.png: {READ} of the set"),
}  # fmt: skip
EMPTY = "expected a name, found nothing (an empty variable?)"
NOTHING = {
    "a bank of no name": ("bank --rois {}/a.h5 --out ~", f"--out: {EMPTY}"),
    "a bank of nothing": ("bank --rois ~ --out {}/n.h5", f"--rois: {EMPTY}"),
    "a study of no name": ("init ~", f"FOLDER: {EMPTY}"),
    "a table of no name": ("import folders {}/set --out ~", f"--out: {EMPTY}"),
    "a domain of no name": ("import folders {}/set --out {}/n.csv --domain ~", f"--domain: {EMPTY}"),
    "boxes of no name": ("locate {}/a.png --out ~", f"--out: {EMPTY}"),
    "a photograph of no name": ("locate ~ --out {}/boxes.csv", f"PHOTO: {EMPTY}"),
    "settings of no name": (
        "score --predictions {}/p.h5 --rois {}/b.h5 --settings ~ --out {}/n.csv", f"--settings: {EMPTY}",
    ),
    "verify no name": ("verify ~", f"PATHS: {EMPTY}"),
}  # fmt: skip
FOREIGN = "expected an HDF5 file of fdgst, found another's"
OTHERS = {
    "a ROI file for a shard": (
        "convert {}/a.h5 --to png --out {}/n",
        "a.h5: expected a shard, found a ROI file; give a file of results/shards",
    ),
    "a bank for a ROI file": (
        "bank --rois {}/bank.h5 --out {}/n.h5", "expected a ROI file, found a dense bank; give a file of results/rois",
    ),
    "a ROI file for a bank": (
        "shard --content {}/a.h5 --style-bank {}/b.h5 --settings {}/shard.json --out {}/n.h5",
        "b.h5: expected a bank, found a ROI file; give a file of results/banks",
    ),
    "a bank among ROI files": (
        "bank --rois {}/results/rois/b.h5 --out {}/n.h5", "found a dense bank; it is in another's place: move it away",
    ),
    "verify a table": ("verify {}/images.csv", f"images.csv: {FOREIGN}"),
    "verify settings": ("verify {}/shard.json", f"shard.json: {FOREIGN}"),
    "bank a table": ("bank --rois {}/images.csv --out {}/n.h5", f"images.csv: {FOREIGN}"),
    "count a table": ("audit {}/images.csv --out {}/n.csv", "expected a manifest", "give one that fdgst rois"),
    "a picture that is no PNG": (
        "inspect {}/a.h5 --picture {}/x.tiff", "--picture: expected a file that ends in .png, found", "x.tiff",
    ),
    "verify a pipe": ("verify {}/pipe", "pipe: expected a file, found a pipe or a device"),
    "inspect a pipe": ("inspect {}/pipe", "pipe: expected a file, found a pipe or a device"),
}  # fmt: skip


def named(place, given):
    """A folder with inputs of every verb, and arguments: `{}` for the folder, `~` for an empty one."""
    for name, to in (
        ("rois/a.h5", "a.h5"), ("rois/b.h5", "b.h5"), ("rois/a.csv", "a.csv"), ("banks/b/dense.h5", "bank.h5"),
        ("shards/grid/a-b.h5", "shard.h5"), ("predictions/b.h5", "p.h5"), ("run", "run"),
        ("banks/b/dense.h5", "results/rois/b.h5"),
    ):  # fmt: skip
        place.copy(name, to)
    mask = PIXELS[..., 0] * 0
    mask[8:20, 8:20] = 255
    for folder in ("eyes", "empty", "set/images", "set/masks", "true"):
        (place / folder).mkdir(parents=True)
    for name in ("a.png", "x.png", "eyes/a.png", "set/images/x.png"):
        picture(PIXELS)(place / name)
    for name in ("m.png", "set/masks/x.png", "true/x.png"):
        save(place / name, mask)
    for name in ("images.csv", "scores.csv", "table1.csv"):
        place.text(name, "image,mask,domain,split\nx.png,m.png,one,test\n")
    place.json("shard.json", {"augmentation": AUGMENTATION, "seed": 1, "compression": "none"})
    place.json("score.json", {"task": EYE, "nsd_tolerance_px": []})
    dataset = {"reader": "table", "table": str(place / "images.csv")}
    place.json("rois.json", json.dumps(READING | {"dataset": dataset, "domain": {"id": "one"}, "task": CELL}))
    (place / "link.h5").symlink_to(place / "a.h5")
    os.mkfifo(place / "pipe")
    return ["" if text == "~" else text.replace("{}", str(place.folder)) for text in given.split()]


CASES = [*cases("a name", named, INPUTS | NOTHING), *cases("another file", named, OTHERS)]
