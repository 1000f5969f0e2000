import h5py
import numpy as np
import pytest

from fdgst.errors import FormatError
from fdgst.storage import format as form


def write(path, *, pixels=None, compression="none", settings=None):
    """A small file with every kind of content: pixels, names, attributes."""
    pixels = np.arange(4 * 8 * 8 * 3, dtype=np.uint8).reshape(4, 8, 8, 3) if pixels is None else pixels
    with form.create(path, kind="rois", settings=settings or {"seed": 1, "a": [1, 2]}) as file:
        form.add_images(file, "image", pixels.shape, "u1", compression=compression)[:] = pixels
        form.add_strings(file, "name", ["ä", "b", "long name"])
    return path


def test_settings_names_and_pixels_come_back(tmp_path):
    with form.open_file(write(tmp_path / "a.h5"), kind="rois") as file:
        assert form.settings(file) == {"seed": 1, "a": [1, 2]}
        assert form.strings(file["name"]) == ["ä", "b", "long name"]
        assert file["image"].chunks == (1, 8, 8, 3)
        assert file["image"].fletcher32
        assert file.attrs["creator"].startswith("fdgst ")


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_equal_content_gives_equal_bytes(tmp_path, compression):
    one = write(tmp_path / "one.h5", compression=compression)
    two = write(tmp_path / "two.h5", compression=compression, settings={"a": [1, 2], "seed": 1})
    assert one.read_bytes() == two.read_bytes()
    assert form.digest(one) == form.digest(two) != form.digest(write(tmp_path / "c.h5", settings={"seed": 2}))


def test_a_flipped_bit_anywhere_in_the_file_is_found(tmp_path):
    path = write(tmp_path / "a.h5")
    whole = path.read_bytes()
    assert form.verify(path) == "rois"
    for place in {*range(0, 512, 5), *range(512, len(whole), 41), len(whole) - 1}:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        with pytest.raises(FormatError, match="delete it and run snakemake again"):
            form.verify(path)


def test_bytes_added_or_lost_at_the_end_are_found(tmp_path):
    path = write(tmp_path / "a.h5")
    whole = path.read_bytes()
    for damaged in (whole + b"\0", whole[:-1], whole[:600], b""):
        path.write_bytes(damaged)
        with pytest.raises(FormatError):
            form.verify(path)


def test_a_flipped_pixel_is_refused_while_it_is_read(tmp_path):
    path = write(tmp_path / "a.h5", pixels=np.full((4, 8, 8, 3), 251, np.uint8))
    damaged = path.read_bytes().replace(b"\xfb" * 192, b"\xfb" * 191 + b"\xfa", 1)
    path.write_bytes(damaged)
    with pytest.raises(FormatError, match="damaged"), form.open_file(path, kind="rois") as file:
        file["image"][:]


def test_another_kind_and_another_version_are_named(tmp_path):
    path = write(tmp_path / "a.h5")
    with (
        pytest.raises(FormatError, match="expected a shard, found a ROI file; give a file of results/shards"),
        form.open_file(path, kind="shard"),
    ):
        pass
    with h5py.File(path, "r+") as file:
        file.attrs["version"] = 1
    with (
        pytest.raises(
            FormatError, match=r"a\.h5: kind 'rois' version 1, of the first edition.*delete it and run snake"
        ),
        form.open_file(path, kind="rois"),
    ):
        pass
    with h5py.File(path, "r+") as file:
        file.attrs["version"] = 7
    with pytest.raises(FormatError, match="version 7"), form.open_file(path, kind="rois"):
        pass


def test_a_missing_file_and_a_file_that_is_no_hdf5_are_named(tmp_path):
    with pytest.raises(FormatError, match="found none"), form.open_file(tmp_path / "no.h5", kind="rois"):
        pass
    (tmp_path / "text.h5").write_text("hello")
    with (
        pytest.raises(FormatError, match=r"text\.h5: expected an HDF5 file of fdgst"),
        form.open_file(tmp_path / "text.h5", kind="rois"),
    ):
        pass


def test_an_error_of_the_operating_system_is_not_blamed_on_the_file(tmp_path):
    with pytest.raises(IsADirectoryError), form.open_file(write(tmp_path / "a.h5"), kind="rois"):
        tmp_path.write_text("no")


def test_empty_names_are_kept(tmp_path):
    with form.create(tmp_path / "a.h5", kind="rois", settings={}) as file:
        form.add_strings(file, "group", ["", ""])
    with form.open_file(tmp_path / "a.h5", kind="rois") as file:
        assert form.strings(file["group"]) == ["", ""]


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), form.create(tmp_path / "a.h5", kind="rois", settings={}):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
