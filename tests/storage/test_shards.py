import shutil
import subprocess

import h5py
import numpy as np
import pytest

import fdgst
from fdgst.errors import FormatError
from fdgst.storage.contracts import verify
from fdgst.storage.shards import STATISTICS, Plan, create_shard, open_shard

ATTRIBUTES = {
    "augmentation": "fdg",
    "window": "full",
    "alpha": 0.0,
    "seed": 1,
    "content_domain": "a",
    "style_domain": "b",
}


def write(path, *, encoding="grid", compression="none", white=255, channels=3):
    """Write a shard of random pixels and return them with its masks."""
    rng, count, copies, size_px = np.random.default_rng(1), 3, 2, (16, 11)
    names = [f"{i}.png" for i in range(count)]
    plan = Plan(
        names=names,
        styles=names[::-1],
        lambdas=np.tile([0.5, 1.0], (count, 1)),
        size_px=size_px,
        channels=channels,
        white=white,
        encoding=encoding,
        compression=compression,
        attributes=ATTRIBUTES,
    )
    pixels = rng.integers(0, white + 1, (count, copies, *size_px, channels), np.min_scalar_type(white))
    if encoding == "residual":
        pixels = rng.normal(0, 30, (count, *size_px, channels)).astype("f4")
    masks = rng.integers(0, 4, (count, *size_px), np.uint8)
    numbers = {name: np.ones(copies) for name in ("clipped", "mean_shift", "contrast", "similarity")}
    with create_shard(path, plan, settings={"lambdas": [0.5, 1.0]}) as shard:
        for picture, bits in zip(pixels, masks, strict=True):
            shard.add(picture, bits, numbers)
        shard.close(np.full((5, 7, 3), 9, np.uint8))
    return pixels, masks


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_grid_comes_back_as_it_was_written(tmp_path, compression):
    pixels, masks = write(tmp_path / "shard.h5", compression=compression)
    with open_shard(tmp_path / "shard.h5") as shard:
        assert (shard.images(np.array([2, 0])) == pixels[[2, 0]]).all()
        assert (shard.image(1, 1) == pixels[1, 1]).all()
        assert (shard.bits(np.arange(3)) == masks).all()
        assert len(shard) == 3


def test_residuals_come_back_as_they_were_written(tmp_path):
    pixels, _ = write(tmp_path / "shard.h5", encoding="residual")
    with open_shard(tmp_path / "shard.h5") as shard:
        assert (shard.residuals(np.array([1])) == pixels[[1]].astype(np.float16)).all()
        assert shard.residuals(np.array([1])).dtype == np.float16


@pytest.mark.parametrize("encoding", ["grid", "residual"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_and_any_channels_come_back(tmp_path, encoding, channels):
    pixels, _ = write(tmp_path / "shard.h5", encoding=encoding, white=65535, channels=channels)
    assert verify(tmp_path / "shard.h5") == "shard"
    with open_shard(tmp_path / "shard.h5") as shard:
        read = shard.images if encoding == "grid" else shard.residuals
        assert (read(np.arange(3)) == pixels).all()
        assert read(np.arange(3)).dtype == ("u2" if encoding == "grid" else "f4")
        assert (shard.white, shard.channels, shard.size_px) == (65535, channels, (16, 11))


def test_what_made_a_shard_comes_back(tmp_path):
    write(tmp_path / "shard.h5")
    with fdgst.open_shard(str(tmp_path / "shard.h5")) as shard:
        assert (shard.content_domain, shard.style_domain, shard.augmentation, shard.window) == ("a", "b", "fdg", "full")
        assert (shard.alpha, shard.seed, shard.encoding, shard.size_px) == (0, 1, "grid", (16, 11))
        assert (shard.names[0], shard.styles[0]) == ("0.png", "2.png")
        assert shard.settings == {"lambdas": [0.5, 1.0]}
        assert shard.law is None
        assert shard.statistics()["clipped"].shape == shard.lambdas.shape == (3, 2)


def test_asking_for_the_other_encoding_names_the_right_one(tmp_path):
    write(tmp_path / "shard.h5")
    with open_shard(tmp_path / "shard.h5") as shard, pytest.raises(ValueError, match="encoding is 'grid'"):
        shard.residuals(np.array([0]))


def test_a_shard_can_be_closed_without_a_with_block(tmp_path):
    write(tmp_path / "shard.h5")
    shard = open_shard(tmp_path / "shard.h5")
    shard.close()
    assert not shard.file


def test_plain_h5py_reads_a_shard_in_five_lines(tmp_path):
    pixels, masks = write(tmp_path / "shard.h5")
    with h5py.File(tmp_path / "shard.h5") as file:
        strengths, names = file["lambda"][0], file["content"].asstr()[:]
        picture = file["image"][0, list(strengths).index(1.0)]
        first = file["mask"][0] & 1 > 0
    assert names[0] == "0.png"
    assert (picture == pixels[0, 1]).all()
    assert (first == masks[0] % 2).all()


@pytest.mark.parametrize("encoding", ["grid", "residual"])
def test_every_hdf5_library_has_the_filters_of_a_shard(tmp_path, encoding):
    write(tmp_path / "shard.h5", compression="gzip", encoding=encoding)
    filters = {}
    with h5py.File(tmp_path / "shard.h5") as file:
        for name in file:
            made = file[name].id.get_create_plist()
            filters[name] = {made.get_filter(place)[0] for place in range(made.get_nfilters())}
    own = {h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE}
    assert set.union(*filters.values()) == own
    assert filters["mask"] == filters["image" if encoding == "grid" else "residual"] == own
    assert filters["lambda"] == {h5py.h5z.FILTER_FLETCHER32}


TOOLS = [["h5ls", "-r"], ["h5dump", "-H"], ["h5dump", "-d", "/mask"]]


@pytest.mark.parametrize("command", TOOLS, ids=" ".join)
def test_the_hdf5_tools_read_a_shard(tmp_path, command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; the filters are tested without it")
    write(tmp_path / "shard.h5", compression="gzip")
    subprocess.run([*command, tmp_path / "shard.h5"], check=True, capture_output=True)


def test_the_preview_follows_the_hdf5_image_conventions(tmp_path):
    write(tmp_path / "shard.h5")
    with h5py.File(tmp_path / "shard.h5") as file:
        preview = file["preview"]
        found = {name: preview.attrs[name] for name in preview.attrs}
        assert found == {
            "CLASS": b"IMAGE", "IMAGE_VERSION": b"1.2", "IMAGE_SUBCLASS": b"IMAGE_TRUECOLOR",
            "INTERLACE_MODE": b"INTERLACE_PIXEL",
        }  # fmt: skip
        kinds = [preview.attrs.get_id(name).get_type() for name in found]
        assert {kind.get_cset() for kind in kinds} == {h5py.h5t.CSET_ASCII}
        assert not any(kind.is_variable_str() for kind in kinds)
        assert (preview.dtype, preview.shape) == (np.uint8, (5, 7, 3))


def flip(path, inside):
    """Flip one bit of a dataset's first chunk."""
    with h5py.File(path) as file:
        chunk = file[inside].id.get_chunk_info(0)
    with path.open("r+b") as raw:
        raw.seek(chunk.byte_offset + chunk.size // 2)
        byte = raw.read(1)[0]
        raw.seek(-1, 1)
        raw.write(bytes([byte ^ 16]))


@pytest.mark.parametrize(("encoding", "inside"), [("grid", "image"), ("grid", "mask"), ("residual", "residual")])
def test_the_reader_finds_a_flipped_bit_of_a_pixel_or_mask(tmp_path, encoding, inside):
    write(tmp_path / "shard.h5", encoding=encoding)
    flip(tmp_path / "shard.h5", inside)
    read = {"image": "images", "mask": "bits", "residual": "residuals"}[inside]
    with open_shard(tmp_path / "shard.h5") as shard, pytest.raises(FormatError, match=r"shard\.h5: damaged"):
        getattr(shard, read)(np.array([0]))


def test_a_flipped_lambda_is_found_on_opening(tmp_path):
    write(tmp_path / "shard.h5")
    flip(tmp_path / "shard.h5", "lambda")
    with pytest.raises(FormatError, match="damaged"):
        open_shard(tmp_path / "shard.h5")


def test_what_the_writing_thread_meets_is_raised_and_leaves_nothing(tmp_path):
    plan = Plan(
        names=["a"], styles=["b"], lambdas=np.ones((1, 1)), size_px=(4, 4), channels=3, white=255, encoding="grid",
        compression="none", attributes=ATTRIBUTES,
    )  # fmt: skip
    wrong, bits = np.zeros((1, 9, 9, 3), np.uint8), np.zeros((4, 4), np.uint8)

    def fail():
        with create_shard(tmp_path / "shard.h5", plan, settings={}) as shard:
            shard.add(wrong, bits, dict.fromkeys(STATISTICS, np.ones(1)))
            shard.close(np.zeros((5, 7, 3), np.uint8))

    with pytest.raises(TypeError):
        fail()
    assert list(tmp_path.iterdir()) == []
