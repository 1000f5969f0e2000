import numpy as np

from fdgst.generation.draws import ShardDraws
from tests.generation.files import augmentation

DRAWN = augmentation(lambdas={"uniform": [0.2, 0.4], "copies": 2})


def test_draws_depend_on_every_part_of_their_identity():
    names = [f"{i}.png" for i in range(50)]
    one = ShardDraws(1, "a", "b")
    for other in (ShardDraws(2, "a", "b"), ShardDraws(1, "c", "b"), ShardDraws(1, "a", "c")):
        assert [one.style(name, 50) for name in names] != [other.style(name, 50) for name in names]
        assert (one.lambdas(names[0], DRAWN) != other.lambdas(names[0], DRAWN)).all()


def test_augmentations_of_one_law_share_their_strengths():
    draws = ShardDraws(1, "a", "b")
    other = augmentation(id="other", alpha=0.05, lambdas={"uniform": [0.2, 0.4], "copies": 2})
    assert (draws.lambdas("x", DRAWN) == draws.lambdas("x", other)).all()


def test_a_grid_is_taken_as_it_is():
    assert ShardDraws(1, "a", "b").lambdas("x", augmentation()).tolist() == [0, 0.3, 1]


def test_styles_are_drawn_uniformly():
    drawn = [ShardDraws(1, "a", "b").style(f"{i}.png", 4) for i in range(4000)]
    assert abs(np.bincount(drawn) - 1000).max() < 120  # four standard deviations
