import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from fdgst.cli import fdgst

FDGST = Path(sys.executable).with_name("fdgst")


def run(*arguments):
    """Run the installed command."""
    return subprocess.run([FDGST, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("verb", sorted(fdgst.commands))
def test_every_verb_explains_itself_with_an_example_that_names_its_own_options(verb):
    said = CliRunner().invoke(fdgst, [verb, "--help"])
    assert said.exit_code == 0
    example = said.output.split("Examples:")[1].split("Options:")[0]
    assert f"fdgst {verb} " in example
    flags = {word for word in example.replace("\\", " ").split() if word.startswith("--")}
    assert flags <= {flag for option in fdgst.commands[verb].params for flag in option.opts}


def test_a_fault_is_one_line_without_a_traceback(tmp_path):
    (tmp_path / "text.h5").write_text("no HDF5")
    failed = run("verify", str(tmp_path / "text.h5"))
    assert failed.returncode == 1
    assert failed.stderr.startswith("fdgst: error: ")
    assert len(failed.stderr.strip().splitlines()) == 1


def test_what_the_operating_system_refuses_is_one_line_too(tmp_path):
    (tmp_path / "file").write_text("no folder")
    failed = run("phantom", "--out", str(tmp_path / "file" / "below"))
    assert failed.returncode == 1
    (line,) = (line for line in failed.stderr.splitlines() if "error" in line)
    assert line.startswith(f"fdgst: error: {tmp_path / 'file'}")
    assert line.endswith(": Not a directory")
    assert "Traceback" not in failed.stderr


def test_a_wrong_option_is_told_with_the_usage():
    failed = run("phantom", "--out", "x", "--train", "many")
    assert failed.returncode == 2
    assert "Invalid value for '--train'" in failed.stderr
