"""A package outside the checkout, made of the examples in docs/, and Snakefiles of somebody else's."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.graph import HOUSE, environment

EXTENDING = (HOUSE / "docs/extending.md").read_text(encoding="utf-8")
METHOD = (HOUSE / "docs/adding-a-method.md").read_text(encoding="utf-8")
MODULE = """
configfile: "mine.yaml"
module fdgst:
    snakefile: {snakefile!r}
    config: config
{prefix}
use rule * from fdgst
"""


def block(document, language, word):
    """The one block of a document that holds a word."""
    blocks = re.findall(r"```(\w+)\n(.*?)```", document, re.DOTALL)
    (text,) = [text for kind, text in blocks if kind == language and word in text]
    return text


def install(folder):
    """Write the package of the documents' examples into a folder and return the package's own."""
    package = folder / "mypackage"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "arrays.py").write_text(block(EXTENDING, "python", "class Arrays"))
    (package / "small.py").write_text(block(EXTENDING, "python", "class Small"))
    (package / "mixup.py").write_text(block(METHOD, "python", "class Mixup"))
    return package


def surroundings(*folders):
    """The environment of a process that finds packages in some folders, too."""
    found = environment()
    return found | {"PYTHONPATH": os.pathsep.join([found["PYTHONPATH"], *map(str, folders)])}


def foreign(folder, overlay, prefix=""):
    """Make a folder a foreign workflow that uses ours as a module."""
    folder.mkdir(exist_ok=True)
    (folder / "mine.yaml").write_text(overlay, encoding="utf-8")
    line = f"    prefix: {prefix!r}" if prefix else ""
    (folder / "Snakefile").write_text(MODULE.format(snakefile=str(HOUSE / "workflow/Snakefile"), prefix=line))
    return folder


def run(folder, *arguments, packages=()):
    """Run Snakemake in a folder as its owner does."""
    command = [Path(sys.executable).with_name("snakemake"), "--cores", "2", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=surroundings(*packages))


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A function that writes a module of a package `mine`, which is found until the test ends."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine").mkdir()
    _forget()

    def write(text, name="net"):
        (tmp_path / "mine" / f"{name}.py").write_text(text)
        _forget()

    yield write
    _forget()


def _forget():
    """Drop what was read of a test's package."""
    from fdgst import fingerprint
    from fdgst.study.literals import tree_of
    from fdgst.study.own_network import network_needs
    from fdgst.training.needs import needs

    for cached in (fingerprint._read, tree_of, network_needs, needs):
        cached.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] == "mine"]:
        del sys.modules[name]
