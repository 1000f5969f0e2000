import numpy as np
import pytest
from PIL import Image

from fdgst.errors import ConfigError, DataError
from fdgst.reporting.figures import stylisation
from fdgst.storage.rois import create_rois, open_rois


@pytest.fixture
def photographs(tmp_path):
    """A content and a style photograph of unequal sizes."""
    rng = np.random.default_rng(0)
    paths = [tmp_path / "content.png", tmp_path / "style.png"]
    for path, shape in zip(paths, [(40, 60, 3), (90, 64, 3)], strict=True):
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(path)
    return paths


def titles(figure):
    """What stands above the panels."""
    return [panel.get_title() for panel in figure.axes if panel.get_title()]


def test_lambda_zero_shows_the_content(given):
    pair = stylisation.pairs(given.rois, [], drawn=False)[0]
    np.testing.assert_array_equal(pair.mix(lam=0.0, window="full", alpha=0.0), pair.content)


def test_content_and_style_are_the_first_training_images_of_the_first_two_files(given):
    pair = stylisation.pairs(given.rois, [], drawn=False)[0]
    with open_rois(given.rois[0]) as content, open_rois(given.rois[1]) as style:
        np.testing.assert_array_equal(pair.content, content.image(0))
        np.testing.assert_array_equal(pair.style, style.image(0))


def test_the_style_photograph_takes_the_size_of_the_content(given, photographs):
    roi, whole = stylisation.pairs(given.rois, photographs, drawn=False)
    assert whole.content.shape == whole.style.shape == (40, 60, 3)
    assert roi.content.shape == (48, 48, 3)


def test_figure_2_has_three_rows_for_the_roi_and_three_for_the_photograph(given, photographs):
    of = stylisation.pairs(given.rois, photographs, drawn=False)
    assert len(stylisation.sweep(of).axes) == 6 * len(stylisation.LAMBDAS)
    assert len(stylisation.sweep(of[:1]).axes) == 3 * len(stylisation.LAMBDAS)


def test_figure_3_counts_fewer_survivors_for_a_larger_alpha(given):
    texts = titles(stylisation.thresholds(stylisation.pairs(given.rois, [], drawn=False)))
    left = [int(text.split("\n")[1].split()[0].replace(",", "")) for text in texts if "left" in text]
    assert len(left) == len(stylisation.ALPHAS)
    assert left == sorted(left, reverse=True)
    assert left[-1] >= 3  # the largest amplitude of each channel is above half of itself


def test_as_released_differs_from_as_written_and_has_a_row_for_each(given):
    of = stylisation.pairs(given.rois, [], drawn=False)
    written, released = (of[0].mix(lam=1.0, window=window, alpha=0.05) for window in ("full", "released"))
    assert np.abs(written.astype(int) - released).max() > 10
    labels = [text.get_text() for panel in stylisation.released(of).axes for text in panel.texts]
    for name in ("FDG\nas written", "FDG\nas released", "FDG+ST\nas written", "FDG+ST\nas released"):
        assert name in labels


def test_one_photograph_or_one_roi_file_is_refused(given, photographs):
    for rois, whole in ((given.rois[:1], []), (given.rois, photographs[:1])):
        with pytest.raises(ConfigError, match="expected at least two ROI files and two photographs or none"):
            stylisation.pairs(rois, whole, drawn=False)


def test_what_is_no_photograph_is_named(given, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"broken\.jpg"):
        stylisation.pairs(given.rois, [broken, broken], drawn=False)


def test_a_drawn_photograph_is_said_to_be_drawn(given, photographs):
    assert [pair.name for pair in stylisation.pairs(given.rois, photographs, drawn=True)] == ["ROI", "Whole (drawn)"]


def test_a_grey_image_of_16_bits_keeps_its_range():
    rng = np.random.default_rng(0)
    content, style = rng.integers(0, 65536, (2, 24, 32, 1), np.uint16)
    pair = stylisation.Pair("ROI", content, style, white=65535)
    mixed = pair.mix(lam=1.0, window="full", alpha=0.0)
    assert mixed.dtype == np.uint16
    assert mixed.max() > 255
    assert len(stylisation.sweep([pair]).axes) == 3 * len(stylisation.LAMBDAS)


def test_photographs_are_shown_at_the_depth_and_in_the_channels_of_the_study(tmp_path):
    from tests.tasks import task

    deep = task(channels=1, bits=16)
    rng, rois = np.random.default_rng(0), []
    for name in "ab":
        image = rng.integers(20_000, 40_000, (32, 32, 1)).astype(np.uint16)
        shape = {"count": 1, "roi_size_px": (32, 32), "network_size_px": (32, 32), "mask_resize": "nearest"}
        named = {"domain": name, "title": name, "settings": {}, "task": deep, "compression": "none"}
        with create_rois(tmp_path / f"{name}.h5", **shape, **named) as writer:
            mask = np.full((32, 32), 255, np.uint8)
            mask[8:20, 8:20] = 0
            writer.add(name=name, split="train", group=name, image=image, greys={"mask": mask}, sha256="")
        rois.append(tmp_path / f"{name}.h5")
        Image.fromarray(image[..., 0]).resize((70, 40), Image.Resampling.NEAREST).save(tmp_path / f"{name}.png")
    photographs = [tmp_path / "a.png", tmp_path / "b.png"]
    _, whole = stylisation.pairs(rois, photographs, drawn=False)
    assert whole.white == 65535
    assert whole.content.shape == whole.style.shape == (40, 70, 1)
    assert 20_000 <= whole.content.min() < whole.content.max() < 40_000
    Image.fromarray(np.zeros((40, 70), np.uint8)).save(photographs[0])
    with pytest.raises(DataError, match=r"expected 16 bits per channel, found 8 bits; convert it, or set task"):
        stylisation.pairs(rois, photographs, drawn=False)
