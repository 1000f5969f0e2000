"""Files of ours that are damaged, of another kind, of somebody else, or in another's place."""

import h5py
import numpy as np

from tests.rough.place import EYE, cases


def bytes_of(change):
    """A change of a file's bytes."""

    def spoil(path):
        path.write_bytes(change(bytearray(path.read_bytes())))

    return spoil


def inside(change):
    """A change inside of a file, by h5py."""

    def spoil(path):
        with h5py.File(path, "r+") as file:
            change(file)

    return spoil


def without(name):
    """A change that takes a dataset away."""
    return inside(lambda file: file.__delitem__(name))


def instead(name, **made):
    """A change that puts another dataset in the place of one."""

    def change(file):
        del file[name]
        file.create_dataset(name, **made)

    return inside(change)


def attribute(name, value):
    """A change of an attribute, which goes where the value is None."""

    def change(file):
        del file.attrs[name]
        if value is not None:
            file.attrs[name] = value

    return inside(change)


def flipped(path):
    """Flip a bit of the pixels, in the middle of the file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def linked(file):
    """Put a dataset of another file in the place of one."""
    del file["name"]
    file["name"] = h5py.ExternalLink("/etc/hostname", "/x")


def soft(file):
    """Put a link in the place of a dataset."""
    del file["name"]
    file["name"] = h5py.SoftLink("/group")


def external(file):
    """Let a dataset's values lie in another file."""
    del file["mask"]
    file.create_dataset("mask", (5, 32, 32), "u1", external=[("/etc/hostname", 0, 5 * 32 * 32)])


OTHER = "expected kind 'rois' version 2, found"
HARM = "damaged, or not written by fdgst"
ROIS = {
    "empty": (bytes_of(lambda data: b""), "a.h5: damaged"),
    "text": (bytes_of(lambda data: b"not HDF5"), "a.h5: expected an HDF5 file of fdgst, found another's"),
    "noise": (bytes_of(lambda data: np.random.default_rng(0).bytes(5000)), "a.h5: expected an HDF5 file of fdgst"),
    "half": (bytes_of(lambda data: data[: len(data) // 2]), "a.h5: damaged (", "truncated file", "run snakemake again"),
    "last byte gone": (bytes_of(lambda data: data[:-1]), "a.h5: damaged"),
    "user block alone": (bytes_of(lambda data: data[:512]), "a.h5: damaged"),
    "first edition": (attribute("version", 1), "version 1, of the first edition, expected version 2; delete it"),
    "of tomorrow": (attribute("version", 99), OTHER, "version 99"),
    "no kind": (attribute("kind", None), OTHER, "found None"),
    "another kind": (attribute("kind", "recipe"), OTHER, "found 'recipe'"),
    "no mask": (without("mask"), HARM, "dataset 'mask' is missing; delete it and run snakemake again"),
    "no names": (without("name"), HARM, "dataset 'name' is missing"),
    "no network": (without("network"), HARM, "dataset 'network/image' is missing"),
    "names of another number": (instead("name", data=np.array([b"x"])), HARM, "dataset 'name': expected text N"),
    "image of floats": (
        instead("image", data=np.zeros((5, 32, 32, 3))),
        HARM,
        "dataset 'image': expected u1/u2 N H W C",
    ),
    "image of one axis": (instead("image", data=np.zeros(7, "u1")), HARM, "dataset 'image'", "found uint8 (7,)"),
    "mask of another size": (instead("mask", data=np.zeros((5, 8, 8), "u1")), HARM, "dataset 'mask'"),
    "a group for a dataset": (
        inside(lambda file: (file.__delitem__("mask"), file.create_group("mask"))),
        HARM,
        "delete it and run snakemake",
    ),
    "names that are no text": (instead("name", data=np.array([b"\xff"] * 5)), HARM, "'utf-8' codec"),
    "endless names": (
        instead("name", shape=(2**40,), dtype="S8", chunks=(1024,)),
        HARM,
        "dataset 'name'",
    ),
    "an external link": (inside(linked), HARM, "dataset 'name': expected one of this file, found a link"),
    "a soft link": (inside(soft), HARM, "dataset 'name': expected one of this file, found a link"),
    "another file's bytes": (inside(external), HARM, "dataset 'mask': expected values in this file, found those of"),
    "no domain": (attribute("domain", None), HARM),
    "no structures": (attribute("structures", None), HARM),
    "structures that are no list": (attribute("structures", "7"), HARM),
    "structures that are no JSON": (attribute("structures", "{"), HARM),
    "white that is no number": (attribute("white", "white"), HARM),
    "flipped bit": (flipped, "a.h5: damaged"),
}


def banked(place, spoil):
    """Bank a spoilt ROI file."""
    path = place.copy("rois/a.h5", "a.h5")
    spoil(path)
    return ["bank", "--rois", path, "--out", place / "bank.h5"]


BANKS = {
    "half": (bytes_of(lambda data: data[: len(data) // 2]), "bank.h5: expected an HDF5 file"),
    "of another kind": (attribute("kind", "rois"), "expected a bank, found a ROI file"),
    "no amplitudes": (without("amplitude"), HARM, "dataset 'amplitude' is missing"),
    "amplitudes of whole numbers": (instead("amplitude", data=np.zeros((3, 3, 32, 17), int)), HARM, "'amplitude'"),
    "endless amplitudes": (
        instead("amplitude", shape=(3, 3, 2**20, 2**20), dtype="f4", chunks=(1, 1, 64, 64)),
        HARM,
        "GiB are declared",
    ),
    "no size": (attribute("height_px", None), HARM),
    "no alpha": (attribute("alpha", None), HARM),
}


def stylised(place, spoil):
    """Stylise by a spoilt bank."""
    augmentation = {
        "id": "fdg",
        "kind": "fourier",
        "window": "full",
        "alpha": 0,
        "lambda": [1.0],
        "encoding": "grid",
        "mixing": "roi",
    }
    path = place.copy("banks/b/dense.h5", "bank.h5")
    spoil(path)
    settings = place.json("s.json", {"augmentation": augmentation, "seed": 1, "compression": "none"})
    content = ["--content", place.copy("rois/a.h5", "a.h5"), "--style-bank", path]
    return ["shard", "--settings", settings, *content, "--out", place / "shard.h5"]


SHARDS = {
    "half": (bytes_of(lambda data: data[: len(data) // 2]), "shard.h5: damaged"),
    "no lambdas": (without("lambda"), HARM, "dataset 'lambda' is missing"),
    "no pictures": (without("image"), HARM, "dataset 'image' is missing"),
    "of no encoding": (attribute("encoding", "film"), HARM),
    "settings that are no JSON": (attribute("settings", "{"), HARM),
    "settings that are no map": (attribute("settings", "[]"), HARM),
    "no seed": (attribute("seed", None), HARM),
}


def summed(place, spoil):
    """Sum a spoilt shard up."""
    path = place.copy("shards/grid/a-b.h5", "shard.h5")
    spoil(path)
    return ["sheet", path, "--out", place / "sheet.csv"]


PREDICTIONS = {
    "half": (bytes_of(lambda data: data[: len(data) // 2]), "b.h5: damaged"),
    "no logits": (without("logit"), HARM, "dataset 'logit' is missing"),
    "no method": (attribute("method", None), HARM),
    "a seed that is none": (attribute("seed", "zero"), HARM),
    "of another domain": (attribute("domain", "c"), "predictions of 'c' cannot be scored on ROIs of 'b'"),
    "no split": (attribute("settings", "{}"), "predictions: expected those of a split, found None; predict again"),
    "of other images": (instead("name", data=np.array([b"x"] * 5)), "not of the images in the ROI file; predict again"),
    "of other structures": (
        attribute("structures", '[{"id": "x"}, {"id": "y"}]'),
        "predictions: expected the structures cup, disc, found x, y",
    ),
}


def scored(place, spoil):
    """Score spoilt predictions."""
    path = place.copy("predictions/b.h5", "b.h5")
    spoil(path)
    settings = place.json("s.json", {"task": EYE, "nsd_tolerance_px": []})
    rois = ["--rois", place.copy("rois/b.h5", "rois.h5")]
    return ["score", "--settings", settings, "--predictions", path, *rois, "--out", place / "scores.csv"]


MISPLACED = {
    "ROI file": (
        ("rois/a.h5", "results/rois/b.h5"),
        "expected the ROI file of domain b, as its place says, found that",
    ),
    "bank": (("banks/a/dense.h5", "results/banks/b/dense.h5"), "expected the bank of domain b", "that of domain a"),
    "shard": (
        ("shards/grid/a-b.h5", "results/shards/fdg/b/a.h5"),
        "the shard of content b, style a",
        "content a, style b",
    ),
    "another augmentation's shard": (
        ("shards/grid/a-b.h5", "results/shards/fdg_st/a/b.h5"),
        "expected the shard of augmentation fdg_st, as its place",
    ),
    "predictions": (
        ("predictions/b.h5", "results/runs/fdg/b/seed1/predictions/last/whole/b.h5"),
        "of seed 1",
        "that of seed 0: it was",
    ),
    "another method's predictions": (
        ("predictions/b.h5", "results/runs/deepall/b/seed0/predictions/last/whole/b.h5"),
        "of method deepall",
    ),
}


def verified(place, names):
    """Verify a file that was copied over another's name."""
    return ["verify", place.copy(*names)]


CASES = [
    *cases("ROI file", banked, ROIS),
    *cases("bank", stylised, BANKS),
    *cases("shard", summed, SHARDS),
    *cases("predictions", scored, PREDICTIONS),
    *cases("misplaced", verified, MISPLACED),
]
