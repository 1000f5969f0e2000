"""The project's one reader of image files: photographs and grey masks, with everything that is done to them told.

A file is decoded whole, turned upright as its EXIF tag says, and brought to the channels that the task asks for. What
cannot be brought there without inventing or losing grey levels is refused by name: transparent pixels, CMYK, 16 bits
where the task has 8 and the other way round.
"""

import hashlib
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fdgst.data.names import look_alike
from fdgst.data.slices import is_slice, read_slice
from fdgst.errors import DataError

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
_SIGNATURE, _END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_DEPTH, _KIND = 24, 25  # places of IHDR's bit depth and colour type
_BITS_PER_SAMPLE = 258  # TIFF tag
_ORIENTATION = 274  # EXIF tag
_NAMES = {
    "1": "1 bit per pixel", "F": "floating-point levels", "I": "32 bits per channel", "CMYK": "CMYK, the inks of print",
    "LAB": "the colour space L*a*b*", "HSV": "the colour space HSV", "YCbCr": "the colour space YCbCr",
    "La": "premultiplied transparency", "RGBa": "premultiplied transparency",
}  # fmt: skip
NOT_READ = (".npy", ".npz", ".dcm", ".mha", ".nrrd", ".webp", ".gif")  # endings of images that must be converted
_CONVERTED = ("DICOM", "GIF", "WebP", "PDF", "NumPy")  # formats of images that are not read
_EIGHT = frozenset(("L", "LA", "RGB", "RGBA", "RGBX", "P", "PA"))
_SIXTEEN = frozenset(("I;16", "I;16B", "I;16L", "I;16N"))


@dataclass(frozen=True)
class Photograph:
    """What an image file holds, and what was done to it.

    Attributes
    ----------
    pixels : ndarray of uint8 or uint16, shape (height, width, C); of a mask (height, width)
        Upright.
    notes : tuple of str
        What was done, one phrase each, without the file's name: "turned upright (EXIF orientation 6)".
    sha256 : str
        Of the file's bytes.
    orientation : int
        EXIF tag by which it was turned upright; 1: it was not.
    """

    pixels: np.ndarray
    notes: tuple[str, ...]
    sha256: str
    orientation: int = 1


def read_photograph(path: Path, *, channels: int, bits: int, whose: str = "task.bits") -> Photograph:
    """Read a photograph.

    Parameters
    ----------
    path : Path
        PNG, JPEG, TIFF or BMP, whatever its name; grey, colour or with a palette.
    channels : {1, 3}
        Grey or colour; the other kind is converted (ITU-R 601 luma; equal channels), and a note says so.
    bits : {8, 16}
        Depth of the grey levels, which must be the file's own.
    whose : str
        Who says the depth: the setting of that name, or words such as ``fdgst mix``, which knows one alone.

    Returns
    -------
    Photograph
        Pixels uint8 or uint16 of shape (height, width, `channels`).

    Raises
    ------
    DataError
        One line: no image, damaged, more than one page, transparent, too large, or of another depth.

    Notes
    -----
    ASSUME: an 8-bit file under `bits` 16 is refused. Read as it is, it would be nearly black beside its fellows;
    stretched, it would pretend to a depth that it does not have.
    ASSUME: a grey photograph is a photograph; its equal channels are treated like any other.
    16-bit colour is refused: Pillow, which decodes, reduces it to 8 bits without a word.
    ASSUME: a colour profile (ICC) is not applied: networks are trained and used on the levels that the camera wrote.
    """
    picture, data, orientation, notes = _upright(path, "image")
    if picture.info.get("icc_profile"):
        notes.append("image with a colour profile (ICC), which is not applied")
    depth = _depth(picture)
    if depth != bits:
        hint = f"convert it, or set {whose}: {depth}" if whose == "task.bits" else f"convert it: {whose} takes no other"
        raise DataError(f"{path}: expected {bits} bits per channel, found {depth} bits; {hint}")
    if depth == 16:
        plane = np.asarray(picture).astype(np.uint16)
        pixels = np.repeat(plane[..., None], channels, axis=2)
        notes += ["grey, brought to three equal channels"] if channels == 3 else []
    else:
        pixels = _eight_bits(picture, channels, notes)
    return Photograph(np.ascontiguousarray(pixels), tuple(notes), hashlib.sha256(data).hexdigest(), orientation)


def read_grey_mask(path: Path) -> Photograph:
    """Read a mask's grey values.

    Parameters
    ----------
    path : Path
        PNG, TIFF, BMP or JPEG: grey of 8 or 16 bits, RGB with equal channels, or black and white of 1 bit (0 and 255);
        or one slice as NIfTI (`fdgst.data.slices`), which no EXIF tag turns.

    Returns
    -------
    Photograph
        Pixels uint8 or uint16 of shape (height, width).

    Raises
    ------
    DataError
        One line: as of `read_photograph`, or colour channels that differ.
    """
    if is_slice(path):
        data = _bytes(path)
        return Photograph(read_slice(path, data), (), hashlib.sha256(data).hexdigest())
    picture, data, orientation, notes = _upright(path, "mask", one_bit=True)
    if _depth(picture) == 16:
        grey = np.asarray(picture).astype(np.uint16)
    elif picture.mode in ("1", "L", "LA"):
        grey = np.asarray(picture.convert("L"))
        notes += ["mask of 1 bit, read as 0 and 255"] if picture.mode == "1" else []
    else:
        rgb = np.asarray(picture.convert("RGB"))
        coloured = int((rgb != rgb[..., :1]).any(axis=-1).sum())
        if coloured:
            palette = " (it has a palette)" if picture.mode == "P" else ""
            raise DataError(
                f"{path}: expected a grey mask or equal colour channels, found {pixels_of(coloured)} with channels that"
                f" differ{palette}; store it as 8-bit grey"
            )
        grey = rgb[..., 0]
    return Photograph(np.ascontiguousarray(grey), tuple(notes), hashlib.sha256(data).hexdigest(), orientation)


def pixels_of(count: int) -> str:
    """Write a number of pixels."""
    return f"{count} pixel{'s' * (count != 1)}"


def _upright(path: Path, what: str, *, one_bit: bool = False) -> tuple[Image.Image, bytes, int, list[str]]:
    """Decode a whole file and turn it upright; return it, its bytes, its EXIF orientation, and what was done."""
    data = _bytes(path)
    picture = _decoded(path, data, what)
    unfit = _unfit(picture, data, one_bit)
    if unfit:
        raise DataError(f"{path}: expected 8 bits per channel, grey or RGB, or 16-bit grey, found {unfit}")
    notes = []
    orientation = picture.getexif().get(_ORIENTATION, 1)
    orientation = orientation if orientation in range(1, 9) else 1
    if orientation > 1:
        picture = ImageOps.exif_transpose(picture)
        notes.append(f"{what} turned upright (EXIF orientation {orientation})")
    if picture.has_transparency_data:
        notes.append(f"{what} with an opaque alpha channel, which was dropped")
    return picture, data, orientation, notes


def _bytes(path: Path) -> bytes:
    """Read a file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file{look_alike(path)}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def _decoded(path: Path, data: bytes, what: str) -> Image.Image:
    """Decode every byte of a file, checksums included."""
    kind = "PNG" if path.suffix.lower() == ".png" or data.startswith(_SIGNATURE) else "image"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as checked:
                checked.verify()  # checksums, which decoding does not look at
            if data.startswith(_SIGNATURE) and _END not in data:
                raise SyntaxError("no end mark")
            picture = Image.open(io.BytesIO(data), formats=_FORMATS)
            # cameras store a second picture in a JPEG (MPO), which is usual; an animated PNG has pages like a TIFF
            pages = getattr(picture, "n_frames", 1) if picture.format in ("TIFF", "PNG") else 1
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        most, number = Image.MAX_IMAGE_PIXELS or 0, re.search(r"\d+", str(error))
        count = f"{int(number[0]) / 1e6:.0f} million" if number else "more"
        raise DataError(
            f"{path}: expected at most {most / 1e6:.0f} million pixels, found {count}; reduce it"
        ) from error
    except UnidentifiedImageError as error:
        other = _other_format(data)
        found = "an empty file" if not data else f"what is no PNG, JPEG, TIFF or BMP{other}"
        advice = "convert it to PNG or TIFF" if any(name in other for name in _CONVERTED) else f"copy the {what} again"
        raise DataError(f"{path}: expected a whole {kind}, found {found}; {advice}") from error
    except MemoryError as error:
        raise DataError(
            f"{path}: expected a whole {kind}, found one that is damaged, or too large for the memory"
        ) from (error)
    except Exception as error:  # damaged bytes make Pillow's decoders fail in any way: struct, zlib, index, memory
        raise DataError(
            f"{path}: expected a whole {kind}, found one that cannot be decoded ({_reason(error)}); copy the {what}"
            f" again"
        ) from error
    if pages > 1:
        raise DataError(f"{path}: expected one image, found a file of {pages} pages; split it")
    return picture


def _other_format(data: bytes) -> str:
    """Say which kind of file bytes seem to be, where they are no image that is read."""
    known = {
        b"GIF8": "GIF",
        b"RIFF": "WebP",
        b"%PDF": "PDF",
        b"\x93NUMPY": "NumPy",
        b"PK": "a ZIP archive",
        b"\x1f\x8b": "gzip",
        b"<": "HTML or SVG",
    }
    dicom = data[128:132] == b"DICM"
    return next((f" ({name}?)" for start, name in known.items() if data.startswith(start)), " (DICOM?)" * dicom)


def _reason(error: Exception) -> str:
    """Say on one line what a decoder said, without the names of its objects."""
    text = " ".join(str(error).split())
    return type(error).__name__ if not text or "<" in text else text


def _depth(picture: Image.Image) -> int:
    """Return the bits per channel of a picture that is not `_unfit`; a palette's colours have 8."""
    return 16 if picture.mode in _SIXTEEN or picture.mode == "I" else 8


def _unfit(picture: Image.Image, data: bytes, one_bit: bool) -> str:
    """Say what is wrong with a picture's pixels, nothing if they can be used."""
    if data.startswith(_SIGNATURE) and data[_DEPTH] == 16 and data[_KIND] != 0:
        return "16 bits per channel in colour or with transparency; store it as 16-bit grey or as 8 bits"
    if picture.format == "TIFF":
        depths = picture.tag_v2.get(_BITS_PER_SAMPLE, (1,))  # type: ignore[attr-defined]
        if len(depths) > 1 and max(depths) > 8:
            return f"{max(depths)} bits per channel in colour; store it as 16-bit grey or as 8 bits"
    wide = picture.mode in _SIXTEEN or (picture.mode == "I" and data.startswith(_SIGNATURE))
    if not (picture.mode in _EIGHT or wide or (one_bit and picture.mode == "1")):
        return f"{_NAMES.get(picture.mode, 'other pixels')} (mode {picture.mode}); convert it"
    if picture.has_transparency_data and picture.convert("RGBA").getchannel("A").getextrema() != (255, 255):
        return "transparent pixels; say what is behind them: flatten it"
    return ""


def _eight_bits(picture: Image.Image, channels: int, notes: list[str]) -> np.ndarray:
    """Bring an 8-bit picture to (height, width, channels) and take note of how."""
    grey = picture.mode in ("L", "LA")
    if picture.mode in ("P", "PA"):
        notes.append("palette, read as its colours")
    if channels == 3:
        notes += ["grey, brought to three equal channels"] if grey else []
        return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
    if not grey:
        notes.append("colour, brought to grey (ITU-R 601 luma)")
    return np.asarray((picture if grey else picture.convert("RGB")).convert("L"))[..., None]
