"""Files of strangers, by chance: random bytes, cuts, flips, odd values never crash, hang, write or run anything.

Whatever stands in a file of ours, its reader returns it or ends as the project's own error, of one line for each fault.
"""

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fdgst.data.lines import read_lines
from fdgst.data.photographs import read_grey_mask, read_photograph
from fdgst.data.prepare import audit
from fdgst.data.record import read_record
from fdgst.errors import FdgstError
from fdgst.inference.bundle import Bundle
from fdgst.inference.predictor import Predictor
from fdgst.reporting.material import gather
from fdgst.storage.banks import SoftBank, open_bank
from fdgst.storage.contracts import verify
from fdgst.storage.predictions import open_predictions
from fdgst.storage.rois import open_rois
from fdgst.storage.scores import read_scores
from fdgst.storage.shards import open_shard
from fdgst.study.layers import read_yaml
from fdgst.viewing.inspection import describe
from tests.rough.cases.weights import Evil, header

NO_HURRY = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
FEW = settings(max_examples=12, derandomize=True, deadline=None, suppress_health_check=NO_HURRY, database=None)
MANY = settings(FEW, max_examples=24)


def _rois(path):
    with open_rois(path) as rois:
        for row in range(min(len(rois.names), 3)):
            rois.image(row), rois.masks(row), rois.network_image(row)
        rois.network_bits(rois.indices("train")[:3])


def _bank(path):
    with open_bank(path) as bank:
        for image in range(min(len(bank.names), 3)):
            bank.amplitude(image)
            if isinstance(bank, SoftBank):
                bank.phase(image)


def _shard(path):
    with open_shard(path) as shard:
        shard.statistics(), shard.preview(), shard.bits(np.arange(min(len(shard), 2)))
        (shard.images if shard.encoding == "grid" else shard.residuals)(np.arange(min(len(shard), 2)))
        _ = shard.made_from, shard.law


def _predictions(path):
    with open_predictions(path) as found:
        for row in range(min(len(found.names), 3)):
            found.masks_of(row), found.logit(row)


def _audit(path):
    audit([path], path.with_name("audit.csv"))
    path.with_name("audit.csv").unlink()


HDF5 = {
    "rois/a.h5": _rois,
    "banks/a/dense.h5": _bank,
    "banks/a/soft-0.05.h5": _bank,
    "shards/grid/a-b.h5": _shard,
    "shards/residual/a-b.h5": _shard,
    "predictions/b.h5": _predictions,
}
TEXTS = {
    "rois/a.csv": _audit,
    "rois/a.json": read_record,
    "scores.csv": lambda path: read_scores([path]),
    "run/run.json": lambda path: gather([path]),
}


def harmless(read, path):
    """Read a file: it is what it says, or one line for each fault; nothing else lies in its folder afterwards."""
    before = sorted(path.parent.iterdir())
    try:
        read(path)
    except FdgstError as error:
        faults = error.faults
    else:
        faults = ()
    assert all("\n" not in fault and fault.strip() for fault in faults), faults
    assert sorted(path.parent.iterdir()) == before
    assert not Path("unpickled").exists()


def cut(data, share):
    """The beginning of some bytes."""
    return data[: int(len(data) * share)]


def flipped(data, places):
    """Bytes with some bits flipped, at places in [0, 1)."""
    data = bytearray(data)
    for place, bit in places:
        data[int(place * len(data))] ^= 1 << bit
    return bytes(data)


SHARES = st.floats(0, 1, exclude_max=True)
FLIPS = st.lists(st.tuples(SHARES, st.integers(0, 7)), min_size=1, max_size=20)
# the beginning of an HDF5 file is all structure; what follows is mostly pixels
HEAD = st.lists(st.tuples(st.floats(0, 0.1), st.integers(0, 7)), min_size=1, max_size=5)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(), st.text(max_size=5), st.just([]), st.just({}),
    st.just([[0, 1]]), st.just({"id": 1}),
)  # fmt: skip


@pytest.fixture
def stranger(tmp_path):
    """A function that writes bytes to a file in an empty folder, under a name."""

    def write(name, data):
        path = tmp_path / "x" / Path(name).name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("name", [*HDF5, *TEXTS])
@FEW
@given(data=st.binary(max_size=3000))
def test_random_bytes_are_harmless(stranger, name, data):
    harmless((HDF5 | TEXTS)[name], stranger(name, data))


@pytest.mark.parametrize("name", [*HDF5, *TEXTS])
@FEW
@given(share=SHARES)
def test_a_cut_file_is_harmless(stranger, sound, name, share):
    harmless((HDF5 | TEXTS)[name], stranger(name, cut((sound / name).read_bytes(), share)))


@pytest.mark.parametrize("name", [*HDF5, *TEXTS])
@MANY
@given(places=FLIPS | HEAD)
def test_flipped_bits_are_harmless(stranger, sound, name, places):
    harmless((HDF5 | TEXTS)[name], stranger(name, flipped((sound / name).read_bytes(), places)))


@pytest.mark.parametrize("name", HDF5)
@FEW
@given(places=FLIPS)
def test_no_flipped_bit_passes_for_sound(stranger, sound, name, places):
    data = (sound / name).read_bytes()
    changed = flipped(data, places)
    path = stranger(name, changed)
    if changed == data:
        verify(path)
    else:
        with pytest.raises(FdgstError):
            verify(path)


KINDS = st.sampled_from(["u1", "u2", "i8", "f2", "f4", "f8", "S3", "c8", "?", "V5"])
SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 5, 17, 32, 2**20, 2**33]), max_size=5).filter(
    lambda shape: np.prod([float(side) for side in shape]) < 2**60
)


@pytest.mark.parametrize("name", HDF5)
@MANY
@given(number=st.integers(0, 30), shape=SHAPES, kind=KINDS)
def test_a_dataset_of_any_shape_and_type_is_harmless(stranger, sound, name, number, shape, kind):
    path = stranger(name, (sound / name).read_bytes())
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visititems(lambda found, item: names.append(found) if isinstance(item, h5py.Dataset) else None)
        chosen = names[number % len(names)]
        del file[chosen]
        chunks = tuple(min(side, 64) or 1 for side in shape) if shape and all(shape) else None
        file.create_dataset(chosen, tuple(shape), kind, chunks=chunks)  # chunked: nothing is written of it
    harmless(HDF5[name], path)
    harmless(describe, path)


@pytest.mark.parametrize("name", HDF5)
@MANY
@given(number=st.integers(0, 30), value=VALUES, as_text=st.booleans())
def test_an_attribute_of_any_value_is_harmless(stranger, sound, name, number, value, as_text):
    path = stranger(name, (sound / name).read_bytes())
    with h5py.File(path, "r+") as file:
        chosen = list(file.attrs)[number % len(file.attrs)]
        del file.attrs[chosen]
        if as_text or not isinstance(value, bool | int | float):
            file.attrs[chosen] = json.dumps(value)
        else:
            file.attrs[chosen] = value
    harmless(HDF5[name], path)
    harmless(describe, path)


@MANY
@given(key=st.integers(0, 30), value=VALUES)
def test_a_record_of_a_training_with_any_value_is_harmless(stranger, sound, key, value):
    known = json.loads((sound / "run/run.json").read_text())
    name = list(known)[key % len(known)]
    path = stranger("run.json", json.dumps(known | {name: value}).encode())
    (path.parent / "model.safetensors").write_bytes(header({}))
    harmless(lambda path: Predictor(path.parent, weights=None, device="cpu", threads=1), path)


TENSORS = st.one_of(
    st.binary(max_size=200),
    st.integers(0, 2**64 - 1).map(lambda length: struct.pack("<Q", length) + b"{}"),
    st.builds(
        lambda shape, offsets, kind: header({"x": {"dtype": kind, "shape": shape, "data_offsets": offsets}}, bytes(16)),
        st.lists(st.integers(-5, 2**62), max_size=4),
        st.lists(st.integers(-5, 2**62), min_size=2, max_size=2),
        st.sampled_from(["F32", "F64", "I8", "BOOL", "X"]),
    ),
    st.just(pickle.dumps(Evil())),
)


@FEW
@given(data=TENSORS)
def test_weights_of_any_bytes_are_harmless(stranger, sound, data):
    path = stranger("model.safetensors", data)
    (path.parent / "run.json").write_bytes((sound / "run/run.json").read_bytes())
    harmless(lambda path: Predictor(path.parent, weights=None, device="cpu", threads=1), path)


def test_weights_of_an_encoder_are_never_unpickled(tmp_path, monkeypatch):
    from fdgst.models import build_network
    from fdgst.study.training import Training
    from tests.training.conftest import TRAINING

    monkeypatch.chdir(tmp_path)
    evil = tmp_path / "evil.pth"
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Evil()))
        archive.writestr("archive/version", "3")
    for data in (evil.read_bytes(), pickle.dumps(Evil())):
        evil.write_bytes(data)
        with pytest.raises(FdgstError, match="cannot be read as tensors"):
            build_network(
                Training(**TRAINING | {"encoder_weights": str(evil)}),
                channels=3,
                structures=2,
                seed=0,
                size_px=(32, 32),
            )
        assert [path.name for path in tmp_path.iterdir()] == ["evil.pth"]


@MANY
@given(data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_a_table_of_images_of_any_bytes_is_read_or_said_to_be_broken(stranger, data):
    path = stranger("images.csv", data)
    content = read_lines(path)
    assert "\n" not in content.broken


@MANY
@given(data=st.binary(max_size=200) | st.text(alphabet="ab:-*&!{}[]<\n\t '\"|>%@`0", max_size=80).map(str.encode))
def test_a_configuration_of_any_bytes_is_harmless(stranger, data):
    harmless(read_yaml, stranger("config.yaml", data))


@FEW
@given(
    data=st.binary(max_size=300)
    | st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3)).map(lambda value: json.dumps(value).encode())
)
def test_a_bundle_of_any_bytes_is_harmless(stranger, data):
    harmless(lambda path: Bundle(path.parent), stranger("bundle.json", data))


def _pictures():
    """Small pictures of all formats."""
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    for form in ("PNG", "JPEG", "TIFF", "BMP"):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, form)
        yield buffer.getvalue()


PICTURES = st.sampled_from(list(_pictures()))


@settings(MANY, max_examples=100)
@given(data=st.builds(flipped, PICTURES, FLIPS | HEAD) | st.builds(cut, PICTURES, SHARES) | st.binary(max_size=500))
def test_a_picture_of_any_bytes_is_harmless(stranger, data):
    path = stranger("a.png", data)
    harmless(lambda path: read_photograph(path, channels=3, bits=8), path)
    harmless(read_grey_mask, path)
