import copy
from pathlib import Path

import pytest
import yaml

from fdgst.config import OF_PAIRS, check
from fdgst.errors import ConfigError

HOUSE = Path(__file__).parents[1]
SCHEMA = HOUSE / "workflow/schemas/config.schema.yaml"
DEMO = yaml.safe_load((HOUSE / "config.yaml").read_text())


def faults(*path, value):
    """The lines said when the demo's configuration has `value` at `path`."""
    config = copy.deepcopy(DEMO)
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ConfigError) as caught:
        check(config, SCHEMA)
    return list(caught.value.faults)


def test_the_demo_is_accepted():
    check(DEMO, SCHEMA)


@pytest.mark.parametrize("preset", sorted((HOUSE / "workflow/presets").rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_preset_is_accepted_on_top_of_the_demo(preset):
    from snakemake.utils import update_config

    config = copy.deepcopy(DEMO)
    update_config(config, yaml.safe_load(preset.read_text()))
    check(config, SCHEMA)


def test_a_misspelt_key_is_named_with_what_was_perhaps_meant():
    assert faults("training", "lerning_rate", value=1) == [
        "config: training.lerning_rate: unknown key; did you mean learning_rate?"
    ]


def test_a_missing_key_is_named():
    training = {key: value for key, value in DEMO["training"].items() if key != "batch"}
    assert faults("training", value=training) == ["config: training.batch: missing; see config.yaml for an example"]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("augmentations", 0, "lambda"), [0.1, 1.4], "augmentations[0].lambda[1]: expected at most 1, found 1.4"),
        (("augmentations", 0, "lambda"), [-0.1], "augmentations[0].lambda[0]: expected at least 0, found -0.1"),
        (("augmentations", 0, "alpha"), 7, "augmentations[0].alpha: expected at most 1, found 7"),
        (("augmentations", 0, "alpha"), "energy:x", "augmentations[0].alpha: expected text like"),
        (("methods", 0, "trainer"), "magic", "methods[0].trainer: expected one of plain, "),
        (("methods", 0, "augmentation"), "magic", "method deepall: augmentation: expected none or one of fdg, "),
        (("dataset", "reader"), "magic", "dataset.reader: expected one of phantom, fundus, found 'magic'"),
        (("domains", 0, "id"), "a b/..", "domains[0].id: expected text like ^[A-Za-z0-9_]+$, found 'a b/..'"),
        (("domains", 0, "id"), "domain2", "domains: expected ids that differ, found 'domain2' 2 times"),
        (("seeds",), "[0,1]", "seeds: expected array, found '[0,1]'"),
        (("dataset", "train"), "x", "dataset.train: expected integer or array, found 'x'"),
        (("dataset", "train"), [1, 2], "dataset.train: expected one number for each of 4 domains, found 2"),
        (("training", "images_per_step"), 20, "training.images_per_step: expected a multiple of 6"),
        (("dataset", "exclude"), ["D9/train/a.png"], "dataset.exclude: expected folder/split/file below Domain1, "),
        (("network_size",), 1000, "network_size: expected at most roi_size 192, found 1000"),
        (("figures", "photographs"), ["a.jpg"], "figures.photographs: expected a content and a style photograph"),
    ],
)
def test_a_value_out_of_range_is_named_with_its_key_and_what_was_expected(path, value, said):
    (line,) = faults(*path, value=value)
    assert line.startswith(f"config: {said}")


def test_several_faults_are_said_at_once():
    lines = faults("training", value=DEMO["training"] | {"batch": 0, "epochs": "x", "speed": 1})
    assert len(lines) == 3


def test_contradictions_of_a_study_are_named():
    study = {"id": "alpha", "title": "Alpha", "unseen": ["domain9"], "methods": ["fdg", "nothing"]}
    lines = faults("ablations", value=[study])
    assert lines == [
        "config: ablation alpha: methods: expected the id of a method, found 'nothing'",
        "config: ablation alpha: unseen: expected one of domain1, domain2, domain3, domain4, found 'domain9'",
    ]


@pytest.mark.parametrize(
    ("trainer", "augmentation", "said"),
    [
        ("fact", "none", "method x: trainer fact: expected an augmentation"),
        ("feddg", "none", "method x: trainer feddg: expected an augmentation"),
        ("intra", "fdg", "method x: trainer intra: expected augmentation none"),
        ("fact", "fdg", None),
        ("intra", "none", None),
    ],
)
def test_a_row_that_its_trainer_would_refuse_is_named(trainer, augmentation, said):
    row = {"id": "x", "title": "X", "trainer": trainer, "augmentation": augmentation, "options": {}}
    if said:
        assert said in faults("methods", value=[row])[0]
    else:
        check(DEMO | {"methods": [row]}, SCHEMA)


def test_dofe_on_another_decoder_is_named():
    (line,) = faults("training", "decoder", value="FPN")
    assert line == "config: method dofe: trainer dofe: expected training.decoder DeepLabV3Plus, found 'FPN'"


def test_the_trainers_of_pairs_are_known():
    from fdgst.training.methods import TRAINERS

    assert set(OF_PAIRS) <= {name for name, trainer in TRAINERS.items() if trainer.pairs}
