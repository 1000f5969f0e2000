"""The wheel alone in an empty environment: what needs little works there, and what needs more says what to install."""

import shutil
import subprocess
import sys
import tomllib

import numpy as np
import pytest
from PIL import Image

from fdgst.extras import EXTRAS
from tests.generation.files import write_domain
from tests.workflow.graph import HOUSE

PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))
needs_uv = pytest.mark.skipif(shutil.which("uv") is None, reason="building and installing the wheel needs uv")


def uv(*arguments):
    """Run uv."""
    subprocess.run(["uv", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    """The folder of commands of an environment with the wheel and what it brings."""
    folder = tmp_path_factory.mktemp("light")
    uv("build", "--quiet", "--wheel", "--out-dir", folder, HOUSE)
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(PROJECT["tool"]["uv"]["constraint-dependencies"]), encoding="utf-8")
    uv("venv", "--quiet", "--python", sys.executable, folder / "env")
    (wheel,) = folder.glob("*.whl")
    uv("pip", "install", "--quiet", "--python", folder / "env", "--constraint", constraints, wheel)
    return folder / "env/bin"


def run(command, *arguments, cwd):
    """Run a command there, away from the checkout."""
    arguments = [str(argument) for argument in arguments]
    return subprocess.run([command, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def photographs(tmp_path):
    """Two photographs in an empty folder."""
    for name, seed in (("mine.png", 1), ("yours.png", 2)):
        noise = np.random.default_rng(seed).integers(0, 256, (40, 48, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / name)
    return tmp_path


@needs_uv
def test_photographs_are_mixed_without_a_contact_sheet(light, photographs):
    done = run(light / "fdgst", "mix", "mine.png", "yours.png", "--lambda", "1", "--out", "mixed", cwd=photographs)
    assert (done.returncode, done.stderr) == (0, "")
    assert 'no contact sheet, which needs matplotlib: pip install "fdgst[report]"' in done.stdout
    assert (photographs / "mixed/mine_like_yours_1.png").is_file()


@needs_uv
def test_a_study_begins_and_says_what_it_needs_besides(light, photographs):
    done = run(light / "fdgst", "init", "study", cwd=photographs)
    assert 'pip install "fdgst[all]"' in done.stdout
    assert (photographs / "study/Snakefile").is_file()


@needs_uv
def test_roi_files_are_inspected_and_verified(light, photographs):
    rois = write_domain(photographs, "domain1")
    done = run(light / "fdgst", "inspect", rois, cwd=photographs)
    assert "network/image" in done.stdout
    done = run(light / "fdgst", "verify", rois, cwd=photographs)
    assert (done.returncode, done.stdout) == (0, "sound: 1 rois\n")


@needs_uv
def test_metrics_are_computed(light, photographs):
    code = "import numpy as np; from fdgst.core.metrics import dice; print(dice(np.eye(4) > 0, np.ones((4, 4)) > 0))"
    done = run(light / "python", "-c", code, cwd=photographs)
    assert (done.stdout, done.stderr) == ("0.4\n", "")


@needs_uv
def test_what_is_missing_is_told_as_the_extra_that_brings_it(light, photographs):
    done = run(light / "fdgst", "collect", "a.csv", "--out", "b.csv", cwd=photographs)
    said = 'fdgst: error: this needs pandas, which is not installed: pip install "fdgst[report]" brings it\n'
    assert (done.returncode, done.stderr) == (1, said)


def test_every_extra_is_known_with_what_it_brings():
    brought = {
        extra: {line.split(">")[0].replace("-", "_") for line in lines}
        for extra, lines in PROJECT["project"]["optional-dependencies"].items()
        if extra != "all"
    }
    assert brought == {extra: set(modules) for extra, modules in EXTRAS.items()}
