"""What is read from a trainer's file is what its class says, and no torch is loaded to read it."""

import subprocess
import sys
import textwrap

import pytest

from fdgst.errors import ConfigError
from fdgst.study.literals import tree_of
from fdgst.training import methods
from fdgst.training import needs as module
from fdgst.training.needs import (
    NEEDS,
    augmentation_faults,
    complete,
    needs,
    option_faults,
    trainer_module,
    trainer_names,
)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that writes a module of a package outside fdgst."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "house_of_mine").mkdir()
    (tmp_path / "house_of_mine" / "__init__.py").write_text("raise RuntimeError('imported')")

    def write(name, text):
        (tmp_path / "house_of_mine" / f"{name}.py").write_text(textwrap.dedent(text))
        for cached in (tree_of, module.needs):
            cached.cache_clear()

    return write


@pytest.mark.parametrize("name", trainer_names())
def test_what_is_read_is_what_the_class_says(name):
    read, cls = needs(name), methods.load(name)
    assert (read.module, read.name) == (cls.__module__, cls.__name__)
    assert all(getattr(read, key) == getattr(cls, key) for key in NEEDS if key != "options")
    assert {option: schema["enum"] for option, schema in read.options.items()} == cls.options


def test_the_trainers_are_those_of_the_folder():
    assert trainer_names() == ["dofe", "fact", "feddg", "intra", "plain"]


def test_needs_are_inherited_through_modules_and_nearest_first(package):
    package(
        "base",
        """
        from fdgst.training.methods import fact
        class Base(fact.FACT):
            passes: int = 3
            options = {"strength": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.2}}
        """,
    )
    package("mine", "from .base import Base as Other\nclass Mine(Other):\n    passes = 4\n")
    read = needs("house_of_mine.mine:Mine")
    assert (read.passes, read.pairs, read.augmentation, read.options["strength"]["default"]) == (4, True, "needed", 0.2)
    assert trainer_module("house_of_mine.mine:Mine") == "house_of_mine.mine"


def test_a_need_that_is_no_literal_is_refused(package):
    package(
        "computed", "from fdgst.training.methods.plain import Plain\nclass Mine(Plain):\n    passes = 1 + len('a')\n"
    )
    with pytest.raises(ConfigError, match="passes: expected a literal, found an expression"):
        needs("house_of_mine.computed:Mine")


@pytest.mark.parametrize("name", ["house_of_mine.none:Mine", "nowhere:Mine", "fdgst.training.batch:Batch", "a.b:"])
def test_what_is_no_trainer_is_refused(package, name):
    with pytest.raises(ConfigError, match=r"trainer: .*"):
        needs(name)


def test_an_unknown_trainer_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match=r"trainer: expected the name of .*, found 'fakt'; did you mean fact\?"):
        needs("fakt")


RANGES = {
    "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 0.5},
    "count": {"type": "integer", "minimum": 1, "default": 2},
    "hard": {"type": "boolean", "default": False},
    "name": {"type": "string", "default": "a"},
}


@pytest.fixture
def ranged(package):
    package("ranged", f"from fdgst.training.methods.plain import Plain\nclass Mine(Plain):\n    options = {RANGES}\n")
    return "house_of_mine.ranged:Mine"


@pytest.mark.parametrize(
    "given", [{"share": 1}, {"share": 0.1}, {"count": 7}, {"hard": True}, {"name": "b"}, {"share": 1.0, "count": 1}]
)
def test_values_of_their_type_within_their_range_are_taken(ranged, given):
    assert complete(ranged, given) == {"share": 0.5, "count": 2, "hard": False, "name": "a"} | given


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"share": 0}, "option share: expected more than 0, found 0"),
        ({"share": 1.5}, "option share: expected at most 1, found 1.5"),
        ({"share": "1"}, "option share: expected a number, found '1'"),
        ({"share": True}, "option share: expected a number, found True"),
        ({"count": 2.0}, "option count: expected a whole number, found 2.0"),
        ({"hard": 1}, "option hard: expected true or false, found 1"),
        ({"cuont": 1}, "unknown option 'cuont'; did you mean count?"),
    ],
)
def test_other_values_are_refused_in_one_line(ranged, given, fault):
    assert option_faults(ranged, given) == [f"trainer {ranged}: {fault}"]


def test_every_option_of_a_trainer_is_looked_at():
    assert option_faults("dofe", {"memory": "ema"}) == []
    assert option_faults("dofe", {"memory": "frosen", "teacher": 1}) == [
        "trainer dofe: option memory: expected one of ema, frozen, found 'frosen'",
        "trainer dofe: unknown option 'teacher'; known are memory",
    ]
    assert option_faults("plain", {"memory": "ema"}) == ["trainer plain: unknown option 'memory'; it has none"]


@pytest.mark.parametrize(
    ("trainer", "refused", "taken"), [("fact", ["none"], ["fdg"]), ("intra", ["fdg"], ["none"]), ("plain", [], ["fdg"])]
)
def test_a_trainer_says_which_augmentations_its_row_may_name(trainer, refused, taken):
    assert all(trainer in line for name in refused for line in augmentation_faults(trainer, name))
    assert [len(augmentation_faults(trainer, name)) for name in (*refused, *taken)] == [1] * len(refused) + [0]


def test_reading_needs_loads_no_torch():
    code = "import sys; from fdgst.training.needs import *; [needs(name) for name in trainer_names()]"
    subprocess.run([sys.executable, "-c", f"{code}; assert 'torch' not in sys.modules"], check=True)
