"""The length of trainings and their learning rates: pure functions."""

from functools import partial

import pytest

from fdgst.errors import ConfigError
from fdgst.training.needs import needs
from fdgst.training.schedule import schedule, step_faults

plan = partial(schedule, stage="main", counts=[5, 33, 7], sources=3, copies=0, is_upper_bound=False)


def test_an_epoch_shows_as_many_images_as_the_largest_source_has(settings):
    assert plan(settings(batch=16)).steps_per_epoch == 3


def test_every_source_gives_a_batch_unless_the_images_of_a_step_are_set(settings):
    assert plan(settings(batch=16)).images_per_source == 16
    assert plan(settings(batch=16, images_per_step=18)).images_per_source == 6


step = partial(step_faults, row="mine", sources=2, network="Unet")


def test_pairs_need_an_even_number_of_images_of_each_source(settings):
    (fault,) = step(settings(batch=3), needs("fact"), least=1)
    assert fault.startswith("training.batch: expected an even number, since method mine (trainer fact) takes half")
    assert step(settings(batch=3), needs("plain"), least=1) == step(settings(batch=4), needs("fact"), least=1) == []


@pytest.mark.parametrize(("key", "value"), [("batch", 2), ("images_per_step", 4)])
def test_too_few_images_for_a_pass_are_blamed_on_the_key_that_sets_them(settings, key, value):
    (fault,) = step(settings(**{key: value}), needs("feddg"), least=3)
    assert fault.startswith(f"training.{key}: expected at least 6 images in a step, since batch normalisation of Unet")
    assert step(settings(**{key: value}), needs("plain"), least=3) == []


@pytest.mark.parametrize("images", [15, 16, 21])
def test_images_that_cannot_be_shared_evenly_are_refused(settings, images):
    with pytest.raises(ConfigError, match=f"images_per_step: expected a multiple of 6 .* found {images}"):
        plan(settings(images_per_step=images))


def test_the_rate_falls_once_when_the_first_epochs_are_over(settings):
    made = plan(settings(batch=16, epochs=2, final_epochs=1))
    assert [made.rate(step) for step in range(made.steps)] == [1e-3] * 6 + [2e-4] * 3


def test_pre_training_has_epochs_of_its_own(settings):
    made = plan(settings(batch=16, pretrain_epochs=4), stage="pretrain")
    assert (made.epochs, made.rate(made.steps - 1)) == (4, 1e-3)


def test_an_upper_bound_gets_all_stages_and_the_images_of_the_other_rows(settings):
    made = plan(settings(batch=16), sources=1, is_upper_bound=True)
    assert (made.epochs, made.steps_per_epoch, made.images_per_step) == (5, 3, 48)


def test_the_released_budget_gives_augmented_rows_the_multiple_of_the_scripts(settings):
    equal, released = (plan(settings(budget=budget), copies=3) for budget in ("equal", "released"))
    assert released.steps == 4 * equal.steps
    assert plan(settings(budget="released")).steps == equal.steps
