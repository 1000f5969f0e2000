"""The worked example of docs/adding-a-method.md, executed as it stands there."""

import re
import sys
from pathlib import Path

import pytest
import torch
import yaml

from fdgst.core.seeding import generator
from fdgst.errors import ConfigError
from fdgst.fingerprint import fingerprint
from fdgst.study.literals import tree_of
from fdgst.training import needs as module
from fdgst.training.methods.losses import cross_entropy
from fdgst.training.needs import NEEDS, needs, trainer_module

HOUSE = Path(__file__).parents[3]
DOCUMENT = (HOUSE / "docs/adding-a-method.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", DOCUMENT, re.DOTALL)


def block(language, word):
    """The one block of the document that holds a word."""
    (text,) = [text for kind, text in BLOCKS if kind == language and word in text]
    return text


(ROW,) = yaml.safe_load(block("yaml", "methods:"))["methods"]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Put the example's package where Python finds it, for the time of a test."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mypackage").mkdir()
    (tmp_path / "mypackage" / "__init__.py").touch()
    (tmp_path / "mypackage" / "mixup.py").write_text(block("python", "class Mixup"))
    yield tmp_path / "mypackage" / "mixup.py"
    for name in ("mypackage", "mypackage.mixup"):
        sys.modules.pop(name, None)
    for cached in (tree_of, module.needs):
        cached.cache_clear()


def test_the_examples_update_is_mixup(package, trainer, batch):
    method, first = trainer(ROW["trainer"], **ROW["options"]), batch(step=4)
    share = generator("mixup", 0, 4).beta(0.4, 0.4)
    images, masks = (share * part + (1 - share) * part.roll(1, 0) for part in (first.images, first.masks))
    expected = cross_entropy(trainer("plain").logits(images), masks)
    torch.testing.assert_close(method.update(first), expected.detach())


def test_the_examples_options_are_checked(package, trainer):
    with pytest.raises(ConfigError, match=r"mypackage\.mixup:Mixup: option strength: expected more than 0, found 0"):
        trainer(ROW["trainer"], strength=0)


def test_the_examples_code_is_in_its_fingerprint(package):
    before = fingerprint(trainer_module(ROW["trainer"]))
    assert before != fingerprint("fdgst.training.methods.plain")
    assert needs(ROW["trainer"]).augmentation == "free"


def test_the_example_takes_a_dozen_lines():
    code = [line for line in block("python", "class Mixup").splitlines() if line.strip()]
    assert len(code) <= 14


def test_every_need_is_described():
    assert all(f"| `{name}" in DOCUMENT for name in NEEDS)
