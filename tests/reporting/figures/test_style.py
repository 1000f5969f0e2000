import numpy as np
import pytest
from matplotlib.colors import to_rgb

from fdgst.reporting.figures import style


def test_no_two_colours_of_the_cycle_look_alike_to_the_colour_blind():
    # Machado, Oliveira and Fernandes (2009), deuteranomaly and protanomaly of full severity, in linear RGB
    deutan = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])
    protan = np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]])
    linear = np.array([to_rgb(colour) for colour in style.COLOURS]) ** 2.2
    for view in (np.eye(3), deutan, protan):
        seen = np.clip(linear @ view.T, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=2) + np.eye(len(seen))
        assert apart.min() > 0.1


def test_rows_of_any_number_are_told_apart_by_more_than_colour():
    for sign in (style.marker, style.dashes, style.hatch):
        assert len({(style.colour(row), sign(row)) for row in range(24)}) == 24


def test_a_picture_is_reduced_to_its_longer_side_and_never_enlarged():
    picture = np.zeros((300, 600, 3), np.uint8)
    assert style.fit(picture, 200).shape == (100, 200, 3)
    assert style.fit(picture, 600) is picture


@pytest.mark.parametrize("columns", [1, 4])
def test_a_sheet_keeps_the_shape_of_its_pictures_and_stays_on_the_page(columns):
    figure, axes = style.sheet([(1.0, 0.1), (0.66, 0.0)], columns, label_in=0.2, head_in=0.1)
    width, height = figure.get_size_inches()
    for row, aspect in zip(axes, (1.0, 0.66), strict=True):
        for panel in row:
            box = panel.get_position()
            assert box.height * height == pytest.approx(aspect * box.width * width)
            assert 0 <= box.x0 < box.x1 <= 1
            assert 0 <= box.y0 < box.y1 <= 1


def test_only_the_contours_have_the_papers_colours():
    assert (style.TRUTH, style.predicted(0), style.predicted(1)) == ("#FF0000", "#0000FF", "#00FF00")
    assert not {style.TRUTH, style.predicted(0), style.predicted(1)} & set(style.COLOURS)


def test_eight_structures_and_the_truth_have_colours_that_differ():
    colours = np.array([to_rgb(colour) for colour in (style.TRUTH, *map(style.predicted, range(8)))])
    apart = np.abs(colours[:, None] - colours[None]).sum(axis=2) + 9 * np.eye(9)
    assert apart.min() > 0.9


@pytest.mark.parametrize(("kind", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_black_and_white_are_shown_as_such_at_any_depth(kind, white):
    image = np.array([[[0], [white]]], kind)
    shown = style.picture(image, white)
    assert shown.dtype == np.uint8
    assert shown.tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_a_dollar_in_a_title_is_a_dollar(tmp_path):
    with style.styled():
        figure = style.sheet([(1.0, 0.2)], 1, label_in=0.2)[0]
        figure.axes[0].set_title("5 $ and \\frac{ 10 $")  # as mathematics this does not parse
        style.save(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").is_file()
