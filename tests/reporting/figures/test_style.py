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


def test_only_the_contours_of_figure_5_have_the_papers_colours():
    assert (style.TRUTH, style.CUP, style.DISC) == ("#FF0000", "#0000FF", "#00FF00")
    assert not {style.TRUTH, style.CUP, style.DISC} & set(style.COLOURS)
