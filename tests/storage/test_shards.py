import subprocess

import h5py
import numpy as np
import pytest

import fdgst
from fdgst.errors import FormatError
from fdgst.storage.shards import Plan, create_shard, open_shard

ATTRIBUTES = {
    "augmentation": "fdg",
    "window": "full",
    "alpha": 0.0,
    "seed": 1,
    "content_domain": "a",
    "style_domain": "b",
}


def write(path, *, encoding="grid", count=3, copies=2, size_px=16, compression="none"):
    """Write a shard of random pixels and return them with its labels."""
    rng = np.random.default_rng(1)
    names = [f"{i}.png" for i in range(count)]
    plan = Plan(names, names[::-1], np.tile([0.5, 1.0], (count, 1)), size_px, encoding, compression, ATTRIBUTES)
    pixels = rng.integers(0, 256, (count, copies, size_px, size_px, 3), np.uint8)
    if encoding == "residual":
        pixels = rng.normal(0, 30, (count, size_px, size_px, 3)).astype(np.float16)
    labels = rng.integers(0, 3, (count, size_px, size_px), np.uint8)
    numbers = {name: np.ones(copies) for name in ("clipped", "mean_shift", "contrast", "similarity")}
    with create_shard(path, plan, settings={"made": "by a test"}) as shard:
        for picture, label in zip(pixels, labels, strict=True):
            shard.add(picture, label, numbers)
        shard.close(np.full((5, 7, 3), 9, np.uint8))
    return pixels, labels


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_grid_comes_back_as_it_was_written(tmp_path, compression):
    pixels, labels = write(tmp_path / "shard.h5", compression=compression)
    with open_shard(tmp_path / "shard.h5") as shard:
        assert (shard.images(np.array([2, 0])) == pixels[[2, 0]]).all()
        assert (shard.image(1, 1) == pixels[1, 1]).all()
        assert (shard.labels(np.arange(3)) == labels).all()
        assert shard.nbytes == pixels.nbytes
        assert len(shard) == 3


def test_residuals_come_back_as_they_were_written(tmp_path):
    pixels, _ = write(tmp_path / "shard.h5", encoding="residual")
    with open_shard(tmp_path / "shard.h5") as shard:
        assert (shard.residuals(np.array([1])) == pixels[[1]]).all()
        assert shard.residuals(np.array([1])).dtype == np.float16


def test_what_made_a_shard_comes_back(tmp_path):
    write(tmp_path / "shard.h5")
    with fdgst.open_shard(str(tmp_path / "shard.h5")) as shard:
        assert (shard.content_domain, shard.style_domain, shard.augmentation, shard.window) == ("a", "b", "fdg", "full")
        assert (shard.alpha, shard.seed, shard.encoding, shard.size_px) == (0, 1, "grid", 16)
        assert (shard.names[0], shard.styles[0]) == ("0.png", "2.png")
        assert shard.settings == {"made": "by a test"}
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
    pixels, labels = write(tmp_path / "shard.h5")
    with h5py.File(tmp_path / "shard.h5") as file:
        strengths, names = file["lambda"][0], file["content"].asstr()[:]
        picture = file["image"][0, list(strengths).index(1.0)]
        mask = file["label"][0] > 0
    assert names[0] == "0.png"
    assert (picture == pixels[0, 1]).all()
    assert (mask == (labels[0] > 0)).all()


@pytest.mark.parametrize("command", [["h5ls", "-r"], ["h5dump", "-H"], ["h5dump", "-d", "/label"]])
def test_the_hdf5_tools_read_a_shard_without_a_plugin(tmp_path, command):
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


@pytest.mark.parametrize(("encoding", "inside"), [("grid", "image"), ("grid", "label"), ("residual", "residual")])
def test_the_reader_finds_a_flipped_bit_of_a_pixel_or_label(tmp_path, encoding, inside):
    write(tmp_path / "shard.h5", encoding=encoding)
    flip(tmp_path / "shard.h5", inside)
    read = {"image": "images", "label": "labels", "residual": "residuals"}[inside]
    with open_shard(tmp_path / "shard.h5") as shard, pytest.raises(FormatError, match=r"shard\.h5: damaged"):
        getattr(shard, read)(np.array([0]))


def test_a_flipped_lambda_is_found_on_opening(tmp_path):
    write(tmp_path / "shard.h5")
    flip(tmp_path / "shard.h5", "lambda")
    with pytest.raises(FormatError, match="damaged"):
        open_shard(tmp_path / "shard.h5")
