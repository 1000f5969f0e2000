"""Settings: strict, and the same after a round trip."""

import pytest

from fdgst.errors import ConfigError
from fdgst.training.settings import as_json, settings_from


@pytest.fixture
def mapping(settings):
    return as_json(settings())


def test_settings_survive_json(mapping):
    assert as_json(settings_from(mapping)) == mapping


def test_every_missing_and_misspelt_key_is_named_at_once(mapping):
    del mapping["epochs"]
    with pytest.raises(ConfigError) as caught:
        settings_from(mapping | {"epoches": 3})
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["training.epochs", "training.epoches"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", 1.5),
        ("epochs", True),
        ("learning_rate", "fast"),
        ("compile", 1),
        ("adam_betas", [0.9]),
        ("budget", None),
    ],
)
def test_a_value_of_another_type_is_refused(mapping, key, value):
    with pytest.raises(ConfigError, match=f"training.{key}: expected .* found"):
        settings_from(mapping | {key: value})


@pytest.mark.parametrize(("key", "value"), [("batch", 0), ("log_steps", 0), ("epochs", -1), ("budget", "relased")])
def test_a_value_out_of_range_is_refused(mapping, key, value):
    with pytest.raises(ConfigError, match=f"training.{key}: expected .*, found '?{value}"):
        settings_from(mapping | {key: value})


def test_a_whole_number_is_a_learning_rate_and_null_is_a_size_of_steps(mapping):
    settings = settings_from(mapping | {"learning_rate": 1, "images_per_step": None})
    assert (settings.learning_rate, settings.images_per_step) == (1, None)
