import numpy as np
import pytest
from PIL import Image

from fdgst.data.loading import load
from fdgst.data.source import Source
from fdgst.errors import DataError
from tests.data.folders import photograph
from tests.data.readers import NUCLEI
from tests.data.tables import spot

PIXELS, MASK = photograph(side=32)[:24], spot((24, 32), 4, 12)


def source(folder, *, image=1, mask=None, pixels=PIXELS, drawn=MASK):
    """An image with an EXIF orientation, and a mask with another or none."""
    for name, picture, orientation in (("a.png", pixels, image), ("m.png", drawn, mask)):
        exif = Image.Exif()
        if orientation:
            exif[274] = orientation
        Image.fromarray(picture).save(folder / name, exif=exif)
    return Source("a", "train", "a", folder / "a.png", {"mask": folder / "m.png"})


def test_image_and_mask_are_turned_each_by_its_own_tag(tmp_path):
    sample = load(source(tmp_path, image=6, mask=6), NUCLEI)
    np.testing.assert_array_equal(sample.image, np.rot90(PIXELS, -1))
    np.testing.assert_array_equal(sample.greys["mask"], np.rot90(MASK, -1))
    assert sample.warnings == ()


def test_a_mask_that_was_not_turned_as_its_image_is_warned_of(tmp_path):
    sample = load(source(tmp_path, image=3), NUCLEI)
    (warning,) = sample.warnings
    assert warning.endswith(
        "its image was turned upright (EXIF orientation 3), it has no such tag; see whether they fit"
    )


def test_a_mask_on_its_side_is_to_be_turned_and_not_resized(tmp_path):
    with pytest.raises(DataError, match=r"turn the mask as its image was turned \(.*\), and do not resize it"):
        load(source(tmp_path, image=6), NUCLEI)
    with pytest.raises(DataError, match="resize the mask"):
        load(source(tmp_path, drawn=MASK[:20]), NUCLEI)


@pytest.mark.parametrize("side", [48, 64, 96, 192])
@pytest.mark.parametrize("rule", ["BILINEAR", "BICUBIC", "LANCZOS", "BOX"])
def test_resampled_masks_are_read(tmp_path, side, rule):
    from tests.data.folders import mask
    from tests.data.readers import FUNDUS

    large = Image.fromarray(mask(400))
    drawn = np.asarray(large.resize((side, side), Image.Resampling[rule]))
    again = np.asarray(Image.fromarray(drawn).resize((96, 96), Image.Resampling[rule]))
    for grey in (drawn, again):
        found = load(source(tmp_path, pixels=photograph(side=len(grey)), drawn=grey), FUNDUS)
        (warning,) = found.warnings
        assert "of other values than" in warning
