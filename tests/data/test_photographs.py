import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from fdgst.data.photographs import read_grey_mask, read_photograph
from fdgst.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
GREY = PIXELS[..., 0]
DEEP = GREY.astype(np.uint16) * 257 + 3


def saved(path, pixels, **options):
    """Write pixels, or a picture, and return the path."""
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(path, **options)
    return path


def turned(path, picture, orientation):
    """Write a picture with an EXIF orientation."""
    exif = Image.Exif()
    exif[274] = orientation
    return saved(path, picture, exif=exif)


def deep_png(path, kind, channels):
    """Write a PNG of 16 bits per channel of a colour type that Pillow cannot write."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + bytes(2 * channels * 4) for _ in range(4))
    header = struct.pack(">IIBBBBB", 4, 4, 16, kind, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    return path


def fault_of(path, read=read_photograph, **how):
    """The one line that a file is refused with."""
    with pytest.raises(DataError) as caught:
        read(path, **({"channels": 3, "bits": 8} | how if read is read_photograph else {}))
    (fault,) = caught.value.faults
    assert fault.startswith(f"{path}: ")
    assert "\n" not in fault
    assert "BytesIO" not in fault
    return fault


@pytest.mark.parametrize("name", ["a.png", "a.PNG", "a.bmp", "a.TIF", "a.tiff"])
def test_colour_is_read_as_it_was_written(tmp_path, name):
    found = read_photograph(saved(tmp_path / name, PIXELS), channels=3, bits=8)
    np.testing.assert_array_equal(found.pixels, PIXELS)
    assert found.notes == ()


def test_a_jpeg_is_read_in_any_capitals(tmp_path):
    assert read_photograph(saved(tmp_path / "a.JpEg", PIXELS), channels=3, bits=8).pixels.shape == (20, 30, 3)


def test_grey_becomes_three_equal_channels_and_colour_one_and_both_are_noted(tmp_path):
    grey = read_photograph(saved(tmp_path / "grey.png", GREY), channels=3, bits=8)
    np.testing.assert_array_equal(grey.pixels, np.repeat(GREY[..., None], 3, axis=2))
    colour = read_photograph(saved(tmp_path / "colour.png", PIXELS), channels=1, bits=8)
    np.testing.assert_allclose(colour.pixels[..., 0], PIXELS @ [0.299, 0.587, 0.114], atol=0.51)
    assert grey.notes + colour.notes == (
        "grey, brought to three equal channels",
        "colour, brought to grey (ITU-R 601 luma)",
    )


def test_grey_stays_grey_and_equal_channels_lose_nothing(tmp_path):
    for pixels in (GREY, np.repeat(GREY[..., None], 3, axis=2)):
        found = read_photograph(saved(tmp_path / "a.png", pixels), channels=1, bits=8)
        np.testing.assert_array_equal(found.pixels, GREY[..., None])


@pytest.mark.parametrize("orientation", range(2, 9))
def test_every_exif_orientation_is_turned_upright_and_noted(tmp_path, orientation):
    back = {5: 5, 6: 8, 8: 6, 7: 7}.get(orientation, orientation)  # what a camera held so has stored
    codes = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
    stored = Image.fromarray(PIXELS).transpose(Image.Transpose(codes[back]))
    found = read_photograph(turned(tmp_path / "a.png", stored, orientation), channels=3, bits=8)
    np.testing.assert_array_equal(found.pixels, PIXELS)
    assert found.notes == (f"image turned upright (EXIF orientation {orientation})",)


def test_a_mask_is_turned_by_its_own_tag(tmp_path):
    stored = Image.fromarray(GREY).transpose(Image.Transpose.ROTATE_90)
    found = read_grey_mask(turned(tmp_path / "a.png", stored, 6))
    np.testing.assert_array_equal(found.pixels, GREY)
    assert found.notes == ("mask turned upright (EXIF orientation 6)",)


def test_a_palette_is_read_as_its_colours(tmp_path):
    picture = Image.fromarray(PIXELS).quantize(8)
    found = read_photograph(saved(tmp_path / "a.png", picture), channels=3, bits=8)
    np.testing.assert_array_equal(found.pixels, np.asarray(picture.convert("RGB")))
    assert found.notes == ("palette, read as its colours",)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_of_grey_are_read_whole(tmp_path, name, channels):
    found = read_photograph(saved(tmp_path / name, DEEP), channels=channels, bits=16)
    assert found.pixels.dtype == np.uint16
    np.testing.assert_array_equal(found.pixels, np.repeat(DEEP[..., None], channels, axis=2))


def test_an_opaque_alpha_is_dropped_and_noted(tmp_path):
    opaque = np.dstack([PIXELS, np.full((20, 30), 255, np.uint8)])
    found = read_photograph(saved(tmp_path / "a.png", opaque), channels=3, bits=8)
    np.testing.assert_array_equal(found.pixels, PIXELS)
    assert found.notes == ("image with an opaque alpha channel, which was dropped",)


def holed(path):
    return saved(path.with_suffix(".png"), np.dstack([PIXELS, GREY]))


def pages(path):
    picture = Image.fromarray(PIXELS)
    return saved(path.with_suffix(".tif"), picture, save_all=True, append_images=[picture])


REFUSED = {
    "transparent": (holed, {}, "found transparent pixels"),
    "CMYK": (lambda path: saved(path.with_suffix(".tif"), Image.new("CMYK", (9, 9))), {}, "found CMYK"),
    "floats": (lambda path: saved(path.with_suffix(".tif"), GREY.astype(np.float32)), {}, "found floating-point"),
    "32 bits": (lambda path: saved(path.with_suffix(".tif"), GREY.astype(np.int32)), {}, "found 32 bits"),
    "1 bit": (lambda path: saved(path.with_suffix(".png"), GREY > 99), {}, "found 1 bit per pixel"),
    "16 under 8": (lambda path: saved(path.with_suffix(".png"), DEEP), {}, "expected 8 bits per channel, found 16"),
    "8 under 16": (lambda path: saved(path.with_suffix(".png"), GREY), {"bits": 16}, "expected 16 bits per channel"),
    "16 in colour": (lambda path: deep_png(path, 2, 3), {"bits": 16}, "16 bits per channel in colour"),
    "16 with alpha": (lambda path: deep_png(path, 4, 2), {}, "16 bits per channel in colour or with transparency"),
    "pages": (pages, {}, "expected one image, found a file of 2 pages"),
    "GIF": (lambda path: saved(path.with_suffix(".gif"), GREY), {}, "found what is no PNG, JPEG, TIFF or BMP"),
    "none": (lambda path: path, {}, "no such file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_lose_or_invent_levels_is_refused_by_name(tmp_path, case):
    make, how, words = REFUSED[case]
    assert words in fault_of(make(tmp_path / "a"), **how)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "BMP"])
def test_a_file_cut_in_the_middle_is_one_line(tmp_path, form):
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, form)
    path = tmp_path / f"a.{form.lower()}"
    for length in (0, 1, 30, len(file.getvalue()) // 2):
        path.write_bytes(file.getvalue()[:length])
        assert "expected a whole" in fault_of(path)
        fault_of(path, read_grey_mask)


def test_a_file_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.png", PIXELS)
    for most in (599, 100):  # Pillow warns above, and fails above twice as much
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
        assert "million pixels, found 0 million; reduce it" in fault_of(path)


@pytest.mark.parametrize(
    "stored", [GREY, np.repeat(GREY[..., None], 3, axis=2), DEEP], ids=["grey", "equal channels", "16 bits"]
)
def test_a_mask_keeps_its_values(tmp_path, stored):
    found = read_grey_mask(saved(tmp_path / "a.png", stored)).pixels
    np.testing.assert_array_equal(found, stored[..., 0] if stored.ndim == 3 else stored)
    assert found.dtype == stored.dtype


def test_a_mask_of_one_bit_is_0_and_255(tmp_path):
    found = read_grey_mask(saved(tmp_path / "a.png", GREY > 99))
    np.testing.assert_array_equal(found.pixels, np.where(GREY > 99, 255, 0))
    assert found.notes == ("mask of 1 bit, read as 0 and 255",)


def test_a_coloured_mask_is_refused_with_the_number_of_its_pixels(tmp_path):
    coloured = np.repeat(GREY[..., None], 3, axis=2)
    coloured[0, :2, 1] ^= 1
    assert "found 2 pixels with channels that differ" in fault_of(saved(tmp_path / "a.png", coloured), read_grey_mask)


def test_a_colour_profile_is_told_and_not_applied(tmp_path):
    found = read_photograph(saved(tmp_path / "a.png", PIXELS, icc_profile=b"any"), channels=3, bits=8)
    np.testing.assert_array_equal(found.pixels, PIXELS)
    assert found.notes == ("image with a colour profile (ICC), which is not applied",)


@pytest.mark.parametrize(
    ("whose", "hint"), [("task.bits", "set task.bits: 16"), ("fdgst mix", "fdgst mix takes no other")]
)
def test_who_asks_for_a_depth_is_named(tmp_path, whose, hint):
    assert hint in fault_of(saved(tmp_path / "a.png", DEEP), whose=whose)
