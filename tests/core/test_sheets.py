import numpy as np
import pytest

from fdgst.core.sheets import GAP_PX, contact_sheet


def picture(level, shape=(4, 6, 3), kind=np.uint8):
    return np.full(shape, level, kind)


def test_oblong_pictures_stand_in_rows_with_white_between_them():
    sheet = contact_sheet([[picture(1), picture(2)], [picture(3)]], tile_px=10)
    assert sheet.shape == (2 * 4 + GAP_PX, 2 * 6 + GAP_PX, 3)
    assert (sheet[0, 0] == 1).all()
    assert (sheet[0, 6 + GAP_PX] == 2).all()
    assert (sheet[4 + GAP_PX, 0] == 3).all()
    assert (sheet[4:6] == 255).all()
    assert (sheet[6:, 6:] == 255).all()


def test_large_pictures_are_reduced_by_a_whole_factor_of_their_longer_side():
    assert contact_sheet([[picture(7, (40, 90, 3))]], tile_px=30).shape == (14, 30, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_are_shown_by_their_upper_8_and_grey_in_all_three_channels(channels):
    sheet = contact_sheet([[picture(0x12FF, (4, 6, channels), np.uint16)]], tile_px=10)
    assert sheet.dtype == np.uint8
    assert (sheet == 0x12).all()
    assert sheet.shape == (4, 6, 3)
