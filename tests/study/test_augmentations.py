import json

import pytest
from pydantic import ValidationError

from fdgst.study.augmentations import Augmentation, Uniform
from fdgst.study.slices import ShardSettings

FDG = {"id": "fdg", "kind": "fourier", "window": "full", "alpha": 0, "lambda": [0.5, 1], "encoding": "grid"}
LIVE = FDG | {"encoding": "live", "mixing": "network"}
CONTROL = {"id": "c", "kind": "contrast", "lambda": [1], "encoding": "grid"}


def read(settings):
    return Augmentation.model_validate_json(json.dumps(settings))


@pytest.mark.parametrize(
    ("settings", "place", "message"),
    [
        (FDG | {"window": "half"}, "window", "expected full, released, dc, or low:beta"),
        (FDG | {"window": "none"}, "window", "expected full, released, dc, or low:beta"),
        ({key: FDG[key] for key in FDG if key != "alpha"}, "alpha", "expected a number in .*, found 'none'"),
        (FDG | {"alpha": 2}, "alpha", "expected a number in .*, found 2.0"),
        (FDG | {"alpha": True}, "alpha", "expected a number or text, found True"),
        (FDG | {"lambda": 0.5}, "lambda.grid", "valid array"),
        (FDG | {"lambda": []}, "lambda.grid", "found an empty list"),
        (FDG | {"lambda": [0.5, 1.5]}, "lambda.grid.1", "less than or equal to 1"),
        (FDG | {"lambda": {"uniform": [0, 1]}}, "lambda", "expected copies beside uniform, as encoding is grid"),
        (FDG | {"lambda": {"uniform": [0.5, 0.1], "copies": 1}}, "lambda.law.uniform", r"expected \[low, high\]"),
        (FDG | {"lambda": {"uniform": [0, 1], "copies": 0}}, "lambda.law.copies", "greater than or equal to 1"),
        (CONTROL | {"window": "full"}, "window", "expected none, as kind is contrast, found 'full'"),
        (CONTROL | {"alpha": 0.05}, "alpha", "expected none, as kind is contrast, found 0.05"),
        (CONTROL | {"kind": "jitter", "encoding": "residual"}, "encoding", "jitter is not affine"),
        (CONTROL | {"kind": "jitter", "encoding": "live"}, "encoding", "expected grid, found live: jitter is not"),
        (LIVE | {"lambda": {"uniform": [0, 1], "copies": 4}}, "lambda", "expected no copies, as encoding is live"),
        (LIVE | {"mixing": "roi"}, "mixing", "expected network, .* found roi with window full and no threshold"),
        (LIVE | {"mixing": "roi", "alpha": 0.1, "window": "dc"}, "mixing", "with window dc and alpha 0.1: .*; write"),
    ],
)
def test_an_impossible_augmentation_is_one_fault_at_its_place(settings, place, message):
    with pytest.raises(ValidationError, match=message) as caught:
        read(settings)
    assert [".".join(map(str, fault["loc"])) for fault in caught.value.errors()] == [place]


def test_a_control_needs_neither_window_nor_threshold():
    control = read(CONTROL)
    assert (control.window, control.alpha, control.mixing) == ("none", 0, "roi")
    assert read(CONTROL | {"window": "none", "alpha": "none"}) == control


@pytest.mark.parametrize(
    ("changes", "banks"),
    [
        ({"mixing": "network", "window": "released"}, False),
        ({"mixing": "roi", "alpha": 0.05}, True),
        ({"mixing": "network", "alpha": 0.05, "lambda": {"uniform": [0, 1]}}, False),
    ],
)
def test_live_needs_banks_at_roi_size_alone(changes, banks):
    assert read(LIVE | changes).needs_banks == banks


@pytest.mark.parametrize("alpha", [1e-5, "1e-5", "0.00001"])
def test_an_alpha_has_one_form_however_it_is_written(alpha):
    assert read(FDG | {"alpha": alpha}).alpha == 1e-5
    assert read(FDG | {"alpha": "ac:.050"}).alpha == "ac:0.05"


@pytest.mark.parametrize("settings", [FDG, CONTROL, FDG | {"lambda": {"uniform": [0, 1], "copies": 2}}])
def test_an_augmentation_comes_back_from_its_json(settings):
    assert Augmentation.model_validate_json(read(settings).model_dump_json(by_alias=True)) == read(settings)


def test_a_law_is_told_from_a_grid():
    drawn = read(FDG | {"lambda": {"uniform": [0.1, 0.4], "copies": 2}})
    assert drawn.lambda_ == Uniform(uniform=(0.1, 0.4), copies=2)
    assert (drawn.law, read(FDG).law) == ((0.1, 0.4), None)


def test_a_shard_of_a_live_augmentation_is_refused():
    with pytest.raises(ValidationError, match="expected encoding grid or residual, found live: fdg has no shards"):
        ShardSettings.model_validate_json(json.dumps({"augmentation": LIVE, "seed": 1, "compression": "none"}))
