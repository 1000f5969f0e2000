import numpy as np
import pytest

from fdgst.errors import ConfigError
from fdgst.generation.augmentation import Draws, checked
from tests.generation.files import augmentation


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": "half"}, "augmentation fdg: window: "),
        ({"window": "none"}, "augmentation fdg: window: "),
        ({"alpha": 2}, "augmentation fdg: alpha: "),
        ({"kind": "blur"}, "kind: expected one of fourier, contrast, jitter, found 'blur'"),
        ({"kind": "jitter", "encoding": "residual"}, "jitter is not affine"),
        ({"lambdas": [0.5, 1.5]}, "lambda: expected a list of numbers in"),
        ({"lambdas": []}, "lambda: expected a list of numbers in"),
        ({"lambdas": 0.5}, "lambda: expected a list of numbers in .*, found 0.5"),
        ({"lambdas": ["half"]}, "lambda: expected a list of numbers in"),
        ({"lambdas": {"uniform": 1, "copies": 1}}, "lambda: expected uniform"),
        ({"lambdas": {"uniform": [0, 1]}}, "lambda: expected uniform"),
        ({"lambdas": {"uniform": [0.5, 0.1], "copies": 1}}, "lambda: expected uniform"),
        ({"lambdas": {"uniform": [0, 1], "copies": 0}}, "lambda: expected uniform"),
        ({"encoding": "png"}, "encoding: expected one of grid, residual, found 'png'"),
    ],
)
def test_an_impossible_augmentation_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        checked(augmentation(**changes))


def test_all_faults_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        checked(augmentation(window="half", alpha=3, encoding="png", lambdas=[2]))
    assert len(caught.value.faults) == 4


def test_a_control_has_neither_window_nor_threshold():
    control = checked(augmentation(kind="contrast", window="none", alpha="none"))
    assert (control.window, control.alpha) == ("none", 0)


def test_an_alpha_given_as_text_is_the_number():
    assert checked(augmentation(alpha="0.05")).alpha == 0.05
    assert checked(augmentation(alpha="0")).alpha == 0
    assert checked(augmentation(alpha="ac:.050")).alpha == "ac:0.05"


def test_draws_depend_on_every_part_of_their_identity():
    law, names = {"uniform": [0, 1], "copies": 2}, [f"{i}.png" for i in range(50)]
    one = Draws(1, "a", "b")
    for other in (Draws(2, "a", "b"), Draws(1, "c", "b"), Draws(1, "a", "c")):
        assert [one.style(name, 50) for name in names] != [other.style(name, 50) for name in names]
        assert (one.lambdas(names[0], law) != other.lambdas(names[0], law)).all()


def test_styles_are_drawn_uniformly():
    drawn = [Draws(1, "a", "b").style(f"{i}.png", 4) for i in range(4000)]
    assert abs(np.bincount(drawn) - 1000).max() < 120  # four standard deviations
