import io

import h5py
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fdgst.storage import format as form
from fdgst.storage.chunks import Chunks, fletcher32


def checksum_of_hdf5(data):
    with h5py.File(io.BytesIO(), "w") as file:
        dataset = file.create_dataset("x", data=data, chunks=data.shape, fletcher32=True)
        _, chunk = dataset.id.read_direct_chunk((0,))
    return int.from_bytes(chunk[-4:], "little")


@settings(deadline=None)
@given(st.integers(1, 200_000), st.integers(0, 99), st.sampled_from([0, 1, 254, 255]))
@example(1, 0, 0)
@example(65536, 0, 255)
@example(131070, 0, 1)
def test_the_checksum_is_that_of_hdf5(length, seed, least):
    data = np.random.default_rng(seed).integers(least, 256, length, np.uint8)
    assert fletcher32(data) == checksum_of_hdf5(data)


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("length", [1, 2, 3, 2**17, 2**17 + 1])
def test_zeros_and_ones_keep_their_checksum(value, length):
    data = np.full(length, value, np.uint8)
    assert fletcher32(data) == checksum_of_hdf5(data)


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("kind", ["u1", "u2", "f2", "f4"])
def test_a_file_is_the_same_to_the_byte_as_one_that_hdf5_wrote(tmp_path, kind, compression):
    items = np.random.default_rng(1).integers(0, 256, (3, 2, 5, 7, 3)).astype(kind)
    for name in ("ours.h5", "hdf5.h5"):
        with form.create(tmp_path / name, kind="rois", settings={}) as file:
            dataset = form.add_images(file, "image", items.shape, kind, compression=compression, per_item=2)
            chunks = Chunks(dataset)
            for place in np.ndindex(3, 2):
                if name == "ours.h5":
                    chunks.write(place, items[place])
                else:
                    dataset[place] = items[place]
    assert (tmp_path / "ours.h5").read_bytes() == (tmp_path / "hdf5.h5").read_bytes()


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), "u2"), np.zeros((4, 5), "u1"), np.zeros((1, 4, 4), "u1")])
def test_an_item_of_another_type_or_shape_is_refused(tmp_path, wrong):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        chunks = Chunks(form.add_images(file, "image", (2, 4, 4), "u1", compression="none"))
        with pytest.raises(TypeError, match=r"/image: expected uint8 \(4, 4\), found "):
            chunks.write((0,), wrong)
