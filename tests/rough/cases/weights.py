"""Trainings that cannot be predicted with, and weights that none can begin with."""

import json
import os
import pickle
import struct

from tests.rough.cases.hdf5 import bytes_of
from tests.rough.place import cases

TAKEN = "train again"


class Evil:
    """What runs a command where it is unpickled."""

    def __reduce__(self):
        """Leave a file behind."""
        return os.system, ("touch unpickled",)


def header(text, rest=b""):
    """The bytes of a file of tensors with such a header."""
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    return struct.pack("<Q", len(text)) + text + rest


def model(change):
    """A change of the weights' bytes."""
    return lambda folder: bytes_of(change)(folder / "model.safetensors")


def record(**changes):
    """A change of run.json; None takes a key away."""

    def spoil(folder):
        known = json.loads((folder / "run.json").read_text()) | changes
        text = json.dumps({key: value for key, value in known.items() if value is not None})
        (folder / "run.json").write_text(text)

    return spoil


def raw(text):
    """Other text in the place of run.json."""
    return lambda folder: (folder / "run.json").write_bytes(text if isinstance(text, bytes) else text.encode())


TENSOR = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
RUN = {
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "model.safetensors"),
    "empty weights": (model(lambda data: b""), "model.safetensors: not the weights that run.json speaks of", TAKEN),
    "half weights": (model(lambda data: data[: len(data) // 2]), "model.safetensors: not the weights", TAKEN),
    "noise for weights": (model(lambda data: os.urandom(500)), "model.safetensors: not the weights", TAKEN),
    "a pickle for weights": (model(lambda data: pickle.dumps(Evil())), "model.safetensors: not the weights", TAKEN),
    "endless header": (model(lambda data: struct.pack("<Q", 2**62)), "model.safetensors: not the weights", TAKEN),
    "header that is no JSON": (model(lambda data: header(b"{]")), "model.safetensors: not the weights", TAKEN),
    "tensors beyond the end": (
        model(lambda data: header({"x": TENSOR | {"data_offsets": [0, 2**40]}})),
        "model.safetensors: not the weights",
    ),
    "another network's": (
        model(lambda data: header({"x": TENSOR}, bytes(8))),
        "model.safetensors: not the weights",
        TAKEN,
    ),
    "no record": (
        lambda folder: (folder / "run.json").unlink(),
        "run.json: expected the record of a finished training",
    ),
    "empty record": (raw(""), "run.json: damaged"),
    "record that is no map": (raw("[]"), "run.json: damaged (no map of keys and values); train again"),
    "record that is no text": (raw(b"\xff\xfe"), "run.json: damaged"),
    "nested record": (raw("[" * 100_000), "run.json: damaged"),
    "record without settings": (record(settings=None), "run.json: no settings in it, of an older version or damaged"),
    "settings that are none": (record(settings=7), "run.json: settings: expected a map of keys and values, found 7"),
    "channels of text": (record(channels="three"), "run.json: channels: expected one of 1, 3, found 'three'"),
    "unknown trainer": (record(trainer="magic"), "trainer: expected"),
    "other structures": (record(structures=["x"]), "model.safetensors: not the weights", TAKEN),
    "white of a photograph": (record(white=1), "run.json: white: expected one of 255, 65535, found 1"),
    "another training's weights": (
        record(weights={"model.safetensors": "0" * 64}),
        "model.safetensors: not the weights that run.json speaks of, but others; train again",
    ),
}


def predicted(place, spoil):
    """Predict with a spoilt training."""
    folder = place.copy("run", "run")
    spoil(folder)
    structures = [
        {"id": name, "title": name, "values": [[0, 1]], "regions": "all", "holes": "keep", "within": None}
        for name in ("cup", "disc")
    ]
    settings = {"split": "all", "threshold": 0.5, "nest": False, "structures": structures}
    rois = ["--rois", place.copy("rois/b.h5", "rois.h5"), "--settings", place.json("p.json", settings)]
    return ["predict", "--run", folder, *rois, "--device", "cpu", "--out", place / "predictions.h5"]


BUNDLES = {
    "no folder": (None, "bundle.json: expected a bundle (fdgst bundle makes one), found no such file"),
    "empty": ("", "bundle.json: damaged"),
    "no map": ("[]", "bundle.json: expected format 'fdgst bundle"),
    "of another program": ('{"format": "onnx"}', "found 'onnx'; make the bundle again"),
    "half": ('{"format": "fdgst bundle 1", "task": {', "bundle.json: damaged"),
    "nested": ("[" * 100_000, "bundle.json: damaged"),
}


def segmented(place, text):
    """Segment by what is no bundle."""
    (place / "bundle").mkdir()
    if text is not None:
        place.text("bundle/bundle.json", text)
    return ["segment", place / "bundle", place.text("x.png", "x"), "--out", place / "out"]


def misplaced(place, to):
    """Predict with a training that was copied over another's."""
    arguments = predicted(place, lambda folder: None)
    (place / to).parent.mkdir(parents=True)
    (place / "run").rename(place / to)
    return [place / to if argument == place / "run" else argument for argument in arguments]


PLACES = {
    "of another method": (
        "results/runs/deepall/b/seed0",
        "model.safetensors: expected the model of method deepall, as its place says, found that of method fdg",
    ),
    "of another domain held out": ("runs/fdg/c/seed0", "expected the model of unseen c, as its place says"),
    "of another seed": ("pretrained/b/seed4", "expected the pre-trained model of seed 4, as its place says"),
}
CASES = [
    *cases("training", predicted, RUN),
    *cases("training", misplaced, PLACES),
    *cases("bundle", segmented, BUNDLES),
]
