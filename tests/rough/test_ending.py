"""How commands end that nobody could foresee: workers that die, memory that is full, faults of our own, Ctrl-C."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from fdgst.cli import ending, main
from fdgst.viewing import sheet
from tests.rough.place import EYE, READING


def ended(monkeypatch, capsys, fault):
    """What `fdgst sheet` says when it meets a fault, and its exit status."""

    def fails(*_):
        raise fault

    monkeypatch.setattr(sheet, "make_sheet", fails)
    with pytest.raises(SystemExit) as end:
        main(["sheet", "x", "--out", "y"])
    return capsys.readouterr().err.strip(), end.value.code


def test_a_fault_of_ours_is_one_line_that_names_the_file_of_its_details(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    said, status = ended(monkeypatch, capsys, ZeroDivisionError("by\nnothing"))
    (details,) = tmp_path.glob("fdgst-error-*.txt")
    expected = (
        f"fdgst: error: unexpected ZeroDivisionError (by nothing), a fault of fdgst; the details are in {details};"
    )
    assert said.startswith(expected)
    assert status == 1
    text = details.read_text()
    assert "Traceback" in text
    assert "fdgst 'sheet' 'x' '--out' 'y'" in text
    assert f"numpy {np.__version__}" in text


def test_in_a_study_the_details_lie_beside_the_logs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/logs").mkdir(parents=True)
    said, _ = ended(monkeypatch, capsys, KeyError("x"))
    (details,) = (tmp_path / "results/logs").iterdir()
    assert str(details) in said


def test_details_that_cannot_be_written_are_not_lost(monkeypatch, capsys):
    monkeypatch.setattr(ending, "_written", lambda *_: None)
    said, _ = ended(monkeypatch, capsys, KeyError("x"))
    assert "Traceback" in said
    assert said.splitlines()[-1].endswith("please report it with the lines above (SECURITY.md says how)")


def test_a_name_that_is_no_text_is_told_wherever_it_would_be_written(monkeypatch, capsys):
    with pytest.raises(UnicodeEncodeError) as caught:
        "eye\udcff.png".encode()
    said, _ = ended(monkeypatch, capsys, caught.value)
    assert said.startswith(r"fdgst: error: expected text (UTF-8), found other bytes in 'eye\udcff.png'; give the file,")


class OutOfMemoryError(RuntimeError):
    """What torch calls it on a GPU."""


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (MemoryError(), "the memory is full: close other programs, or run fewer jobs at once (snakemake --cores)"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
            "the memory is full",
        ),
        (OutOfMemoryError("CUDA out of memory"), "the GPU's memory is full: lower training.images_per_step"),
        (OSError(28, "No space left on device", "y.h5"), "y.h5: No space left on device"),
        (PermissionError(13, "Permission denied", "y.h5"), "y.h5: Permission denied"),
        (
            ModuleNotFoundError("x", name="torch.nn"),
            'this needs torch.nn, which is not installed: pip install "fdgst[train]"',
        ),
    ],
)
def test_what_the_machine_refuses_is_one_line_that_says_so(monkeypatch, capsys, fault, words):
    said, status = ended(monkeypatch, capsys, fault)
    assert said.startswith(f"fdgst: error: {words}")
    assert len(said.splitlines()) == 1
    assert status == 1


def test_too_large_an_array_is_full_memory(monkeypatch, capsys):
    with pytest.raises(MemoryError) as caught:
        np.empty(2**50, "u1")
    said, _ = ended(monkeypatch, capsys, caught.value)
    assert said.startswith("fdgst: error: the memory is full (Unable to allocate 1.00 PiB")


def _die(_):
    """End this process as the kernel does when memory is full."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_is_one_line(monkeypatch, capsys):
    def fails(*_):
        with ProcessPoolExecutor(1) as pool:
            list(pool.map(_die, [1]))

    monkeypatch.setattr(sheet, "make_sheet", fails)
    with pytest.raises(SystemExit):
        main(["sheet", "x", "--out", "y"])
    said = capsys.readouterr().err.strip()
    assert said.startswith("fdgst: error: expected every worker to live, found that one died")
    assert len(said.splitlines()) == 1


def test_an_interruption_is_one_line_and_status_130(monkeypatch, capsys):
    assert ended(monkeypatch, capsys, KeyboardInterrupt()) == ("fdgst: interrupted", 130)


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], None), (["sheet", "--help"], None), (["sheet"], 2)])
def test_clicks_own_ends_are_no_faults(capsys, arguments, status):
    if status is None:
        main(arguments)
    else:
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == status
    assert "unexpected" not in capsys.readouterr().err


def test_a_name_cannot_write_on_the_terminal(place, capsys):
    path = place.text("a\nfdgst: error: b\x1b[2J\u202e.h5", "no HDF5")
    with pytest.raises(SystemExit):
        main(["inspect", str(path)])
    (line,) = capsys.readouterr().err.splitlines()
    assert r"a\nfdgst: error: b\x1b[2J\u202e.h5: expected an HDF5 file" in line


@pytest.mark.parametrize("how", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}])
def test_a_terminal_without_the_letters_is_told_all_the_same(place, how):
    settings = READING | {
        "dataset": {"reader": "phantom", "seed": 1, "size_px": 48, "train": 1, "test": 1},
        "domain": {"id": "a"},
        "task": EYE | {"structures": [item | {"title": "視神経"} for item in EYE["structures"]]},
    }
    outs = ["--manifest", place / "東.csv", "--out", place / "東.h5"]
    commands = [
        ["rois", "--settings", place.json("s.json", settings), "--title", "東京 α", *outs],
        ["inspect", place / "東.h5"],
        ["inspect", place / "京.h5"],
    ]
    ends = [
        subprocess.run(
            [sys.executable, "-m", "fdgst.cli", *map(str, command)],
            capture_output=True, env=os.environ | how, check=False,
        )
        for command in commands
    ]  # fmt: skip
    assert [end.returncode for end in ends] == [0, 0, 1], [end.stderr for end in ends]
    assert b"Traceback" not in b"".join(end.stderr for end in ends)
    assert ends[2].stderr.startswith(b"fdgst: error: ")
