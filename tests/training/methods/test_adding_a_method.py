"""The worked example of docs/adding-a-method.md, executed as it stands there."""

import re
import sys
from pathlib import Path

import pytest
import torch
import yaml

from fdgst.core.seeding import generator
from fdgst.errors import ConfigError
from fdgst.training import methods
from fdgst.training.methods.losses import cross_entropy

HOUSE = Path(__file__).parents[3]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (HOUSE / "docs/adding-a-method.md").read_text(), re.DOTALL)
SCHEMA = yaml.safe_load((HOUSE / "workflow/schemas/config.schema.yaml").read_text())


def block(language, word):
    """The one block of the document that holds a word."""
    (text,) = [text for kind, text in BLOCKS if kind == language and word in text]
    return text


@pytest.fixture
def added(tmp_path, monkeypatch):
    """Put the example's file beside the trainers for the time of a test."""
    (tmp_path / "mixup.py").write_text(block("python", "class Mixup"))
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    monkeypatch.setattr(methods, "TRAINERS", methods.discover())
    yield
    del sys.modules["fdgst.training.methods.mixup"]


def test_the_examples_file_is_found_by_its_name(added):
    assert set(methods.TRAINERS) == {"plain", "dofe", "fact", "feddg", "intra", "mixup"}


def test_the_examples_update_is_mixup(added, trainer, batch):
    (row,) = yaml.safe_load(block("yaml", "methods:"))["methods"]
    method, first = trainer(row["trainer"], **row["options"]), batch(step=4)
    share = generator("mixup", 0, 4).beta(0.2, 0.2)
    images, labels = (share * part + (1 - share) * part.roll(1, 0) for part in (first.images, first.labels))
    expected = cross_entropy(trainer("plain").logits(images), labels)
    torch.testing.assert_close(method.update(first), expected.detach())


def test_the_examples_options_are_checked(added, trainer):
    with pytest.raises(ConfigError, match=r"mixup: option strength: expected one of 0\.2, 1\.0, found 2"):
        trainer("mixup", strength=2)


def test_the_schema_names_every_trainer_and_the_example_adds_one():
    ours = SCHEMA["$defs"]["method"]["properties"]["trainer"]["enum"]
    assert set(ours) == set(methods.TRAINERS)
    assert yaml.safe_load(block("yaml", "enum"))["trainer"]["enum"] == [*ours, "mixup"]


def test_the_example_takes_a_dozen_lines():
    code = [line for line in block("python", "class Mixup").splitlines() if line.strip()]
    assert len(code) <= 14
