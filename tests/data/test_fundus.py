import hashlib
import shutil

import numpy as np
import pytest
from PIL import Image

from fdgst.errors import DataError
from tests.data.folders import Folder, mask, photograph, save
from tests.data.readers import fundus


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def entries(folder):
    return folder.reader().entries()


def faults_of_folder(folder):
    with pytest.raises(DataError) as raised:
        entries(folder)
    return raised.value.faults


def faults_of_g1(folder):
    with pytest.raises(DataError) as raised:
        entries(folder)[0].load()
    return raised.value.faults


def warnings_of_g1(folder):
    return entries(folder)[0].load().warnings


def test_entries_are_training_images_first_each_split_by_name(folder):
    assert [(entry.split, entry.name) for entry in entries(folder)] == [
        ("train", "g1"),
        ("train", "g2"),
        ("test", "g3"),
    ]


def test_a_sample_holds_the_pixels_the_greys_and_the_checksum_of_the_file(folder):
    sample = entries(folder)[0].load()
    assert (sample.name, sample.split, sample.group, sample.warnings) == ("g1", "train", "g1", ())
    np.testing.assert_array_equal(sample.image, photograph())
    np.testing.assert_array_equal(sample.greys["mask"], mask())
    assert sample.greys["mask"].dtype == sample.image.dtype == np.uint8
    assert sample.sha256 == hashlib.sha256(folder.image("train", "g1").read_bytes()).hexdigest()


def test_an_rgb_mask_with_equal_channels_reads_like_a_grey_one(folder):
    save(folder.mask("train", "g1"), np.repeat(mask()[..., None], 3, axis=2))
    first, second = (entry.load().greys["mask"] for entry in entries(folder)[:2])
    np.testing.assert_array_equal(first, second)


def test_a_grey_image_becomes_rgb_with_equal_channels(folder):
    save(folder.image("train", "g1"), photograph()[..., 0])
    image = entries(folder)[0].load().image
    np.testing.assert_array_equal(image, np.repeat(photograph()[..., :1], 3, axis=2))


def test_images_of_any_square_size_are_read(folder):
    save(folder.image("train", "g1"), photograph(side=50))
    save(folder.mask("train", "g1"), mask(side=50))
    assert [entry.load().image.shape for entry in entries(folder)[:2]] == [(50, 50, 3), (32, 32, 3)]


def test_files_lists_every_image_and_mask_in_a_fixed_order(folder):
    paths = folder.reader().files()
    train = [
        folder.image("train", "g1"),
        folder.image("train", "g2"),
        folder.mask("train", "g1"),
        folder.mask("train", "g2"),
    ]
    assert paths == [*train, folder.image("test", "g3"), folder.mask("test", "g3")]


def test_files_of_a_missing_folder_are_none(folder):
    assert fundus(folder.root, "Domain7").files() == []


def test_an_excluded_image_is_neither_listed_nor_an_entry(folder):
    folder.exclude = ["Domain1/train/g2.png", "Domain2/train/g1.png"]
    assert [entry.name for entry in entries(folder)] == ["g1", "g3"]
    assert not {path for path in folder.reader().files() if path.name == "g2.png"}


def test_an_excluded_image_needs_no_mask(folder):
    folder.mask("train", "g2").unlink()
    folder.exclude = ["Domain1/train/g2.png"]
    assert [entry.name for entry in entries(folder)] == ["g1", "g3"]


def test_an_exclusion_that_names_no_file_is_a_fault(folder):
    folder.exclude = ["Domain1/train/g3.png", "Domain1/g1.png"]
    assert [fault.split(": ")[1] for fault in faults_of_folder(folder)] == folder.exclude


def test_a_name_in_both_splits_gets_its_split(folder):
    save(folder.image("test", "g1"), photograph(9))
    save(folder.mask("test", "g1"), mask())
    assert [entry.name for entry in entries(folder)] == ["train-g1", "g2", "test-g1", "g3"]


def test_hidden_files_are_no_images(folder):
    folder.image("train", "._g1").write_bytes(b"")
    assert len(entries(folder)) == 3


def test_a_missing_domain_is_one_fault_that_names_the_folder(folder):
    shutil.rmtree(folder.path)
    (fault,) = faults_of_folder(folder)
    assert fault.startswith(f"{folder.path}: expected a domain's folder, found none")


def test_missing_folders_unpaired_files_and_an_empty_split_are_told_at_once(folder):
    folder.mask("train", "g1").unlink()
    folder.image("train", "g2").unlink()
    folder.image("test", "g3").unlink()
    folder.mask("test", "g3").unlink()
    mask_missing, image_missing, empty = faults_of_folder(folder)
    assert mask_missing.startswith(f"{folder.image('train', 'g1')}: expected the mask {folder.mask('train', 'g1')}")
    assert image_missing.startswith(f"{folder.mask('train', 'g2')}: expected the image {folder.image('train', 'g2')}")
    assert empty.startswith(f"{folder.path / 'test/ROIs/image'}: expected at least one PNG file")


def test_a_missing_folder_of_masks_is_one_fault_however_many_images(folder):
    shutil.rmtree(folder.path / "train/ROIs/mask")
    (fault,) = faults_of_folder(folder)
    assert fault.startswith(f"{folder.path / 'train/ROIs/mask'}: expected a folder of PNG files, found none")


def test_a_split_whose_images_are_all_excluded_is_empty(folder):
    folder.exclude = ["Domain1/test/g3.png"]
    (fault,) = faults_of_folder(folder)
    assert "expected at least one PNG file" in fault


@pytest.mark.parametrize("name", ["g9.jpg", "g9.PNG", "g9.tif"])
def test_an_image_of_another_name_is_not_skipped_silently(folder, name):
    Image.fromarray(photograph()).save(folder.image("train", "g1").with_name(name))
    (fault,) = faults_of_folder(folder)
    assert "expected *.png, found 1 images of other names" in fault
    assert name in fault


def test_a_folder_of_jpegs_says_so(folder):
    for path in (folder.image("test", "g3"), folder.mask("test", "g3")):
        path.rename(path.with_suffix(".jpg"))
    faults = faults_of_folder(folder)
    assert sum("(g3.jpg)" in fault for fault in faults) == 2
    assert sum("at least one PNG" in fault for fault in faults) == 1


def test_a_mask_of_another_size_is_a_fault_of_the_mask(folder):
    save(folder.mask("train", "g1"), mask(side=40))
    (fault,) = faults_of_g1(folder)
    assert fault.startswith(f"{folder.mask('train', 'g1')}: expected the size of its image, 32 px, found 40 px")


def wide_rgb(path):
    """Write a PNG of 16 bits per channel, which Pillow cannot write."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.tobytes() for row in np.repeat(mask()[..., None].astype(">u2") * 257, 3, axis=2))
    header = struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


@pytest.mark.parametrize("of", ["image", "mask"])
def test_16_bits_per_channel_are_refused(folder, of):
    path = getattr(folder, of)("train", "g1")
    wide_rgb(path)
    (fault,) = faults_of_g1(folder)
    assert fault.startswith(f"{path}: expected 8 bits per channel, grey or RGB, or 16-bit grey, found 16 bits per")


@pytest.mark.parametrize("mode", ["I;16", "CMYK", "1"])
def test_an_image_that_is_no_rgb_image_is_refused(folder, mode):
    path = folder.image("train", "g1")
    picture = Image.fromarray(photograph()).convert("CMYK" if mode == "CMYK" else "L")
    picture.convert({"I;16": "I;16"}.get(mode, mode)).save(path, format="TIFF" if mode == "CMYK" else "PNG")
    (fault,) = faults_of_g1(folder)
    assert fault.startswith(f"{path}: expected 8 bits per channel")


def test_transparent_pixels_are_refused_and_an_opaque_alpha_is_not(folder):
    opaque = np.dstack([photograph(), np.full((32, 32), 255, np.uint8)])
    save(folder.image("train", "g1"), opaque)
    np.testing.assert_array_equal(entries(folder)[0].load().image, photograph())
    opaque[5, 5, 3] = 0
    save(folder.image("train", "g1"), opaque)
    assert "found transparent pixels" in faults_of_g1(folder)[0]


def test_a_mask_whose_channels_differ_in_one_pixel_is_refused(folder):
    coloured = np.repeat(mask()[..., None], 3, axis=2)
    coloured[0, 0, 1] -= 1
    save(folder.mask("train", "g1"), coloured)
    (fault,) = faults_of_g1(folder)
    assert "expected a grey mask or equal colour channels, found 1 pixel with" in fault


@pytest.mark.parametrize("of", ["image", "mask"])
def test_a_png_cut_anywhere_is_refused(folder, of):
    path = getattr(folder, of)("train", "g1")
    whole = path.read_bytes()
    for length in (0, 20, 40, len(whole) // 2, len(whole) - 14, len(whole) - 4):
        path.write_bytes(whole[:length])
        (fault,) = faults_of_g1(folder)
        assert fault.startswith(f"{path}: expected a whole PNG")
        assert "\n" not in fault


def test_a_flipped_bit_anywhere_before_the_end_mark_is_found(folder):
    path, entry = folder.image("train", "g1"), entries(folder)[0]
    Image.fromarray(photograph() // 64 * 64).save(path)
    whole = path.read_bytes()
    for place in range(0, len(whole) - 12, 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(DataError, match="expected a whole PNG"):
            entry.load()


def test_all_faults_of_an_image_and_its_mask_are_told_at_once(folder):
    folder.image("train", "g1").write_bytes(b"text")
    save(folder.mask("train", "g1"), np.full((32, 32), 255, np.uint8))
    assert [fault.split("expected ")[1][:11] for fault in faults_of_g1(folder)] == ["a whole PNG", "cup (values"]


def test_a_cup_that_touches_the_background_is_a_warning_with_a_count(folder):
    grey = mask()
    grey[(grey == 128) & (np.arange(32) < 16)] = 255
    save(folder.mask("train", "g1"), grey)
    (warning,) = warnings_of_g1(folder)
    cup = np.argwhere(grey == 0)
    beside = [any(grey[r + i, c + j] == 255 for i, j in ((0, 1), (1, 0), (0, -1), (-1, 0))) for r, c in cup]
    assert warning == f"{folder.mask('train', 'g1')}: cup touches the outside of disc, {sum(beside)} pixels"


def test_stray_mask_values_are_a_warning_with_a_count(folder):
    grey = mask()
    grey[0, :7] = 250
    save(folder.mask("train", "g1"), grey)
    (warning,) = warnings_of_g1(folder)
    assert "7 pixels of other values than 0, 128, 255" in warning


def test_a_lonely_image_and_a_bad_mask_are_told_at_once(folder):
    folder.mask("train", "g1").unlink()
    save(folder.mask("test", "g3"), np.full((32, 32), 255, np.uint8))
    with pytest.raises(DataError) as caught:
        entries(folder)
    lonely, empty = caught.value.faults
    assert "train/ROIs/image/g1.png: expected the mask" in lonely
    assert "test/ROIs/mask/g3.png: expected cup (values 0 to 50) and disc (values 0 to 200), found none" in empty
