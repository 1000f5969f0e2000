"""Progress in a log, and on a terminal that is there or not."""

import logging
import os
import pty
import re
import subprocess
import sys
import termios
import time
from contextlib import suppress

from fdgst.progress import Progress, progress

COUNT = "from fdgst.progress import progress; list(progress(range(5), total=5, description='count', unit='sheep'))"


def test_items_pass_through_in_order():
    assert list(progress(iter("abc"), total=3, description="spell", unit="letter")) == ["a", "b", "c"]


def test_the_log_gets_a_line_when_it_is_time(caplog, monkeypatch):
    monkeypatch.setattr("fdgst.progress.LOG_SECONDS", 0.0)
    with caplog.at_level(logging.INFO), Progress(4, description="train", unit="step", initial=1) as shown:
        shown.advance(2, loss="0.5")
    assert re.fullmatch(r"train: step 3/4, loss 0.5, \d\d:\d\d left", caplog.messages[0])


def test_the_line_reaches_the_terminal_when_the_output_goes_to_a_file(tmp_path):
    terminal, other_end = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    own = f"import fcntl, termios; fcntl.ioctl({other_end}, termios.TIOCSCTTY, 0); "
    with (tmp_path / "log").open("w") as log:
        options = {"stdout": log, "stderr": log, "start_new_session": True, "pass_fds": [other_end]}
        subprocess.run([sys.executable, "-c", own + COUNT], check=True, **options)
    os.set_blocking(terminal, False)
    assert b"count:" in os.read(terminal, 1000)
    assert (tmp_path / "log").read_text() == ""


def test_without_a_terminal_nothing_is_shown_and_nothing_fails():
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, start_new_session=True, check=True)
    assert done.stdout + done.stderr == b""


TWO = """
import subprocess, sys
count = "import sys, time; from fdgst.progress import progress; list(progress(map(time.sleep, [float(sys.argv[2])] * 8)"
count += ", total=8, description=sys.argv[1], unit='sheep'))"
first = subprocess.Popen([sys.executable, "-c", count, "one", ".2"])
while b"one" not in open(sys.argv[1], "rb").read():
    pass
second = subprocess.Popen([sys.executable, "-c", count, "two", ".5"])
first.wait()
second.wait()
"""


def test_of_two_processes_at_one_terminal_one_at_a_time_paints_its_line(tmp_path):
    terminal, other_end = pty.openpty()
    termios.tcsetwinsize(other_end, (24, 80))
    seen = tmp_path / "seen"
    seen.touch()
    own = f"import fcntl, termios; fcntl.ioctl({other_end}, termios.TIOCSCTTY, 0)\n"
    with (tmp_path / "log").open("w") as log:
        options = {"stdout": log, "stderr": log, "start_new_session": True, "pass_fds": [other_end]}
        process = subprocess.Popen([sys.executable, "-c", own + TWO, seen], **options)
        os.set_blocking(terminal, False)
        while process.poll() is None:
            with suppress(BlockingIOError), seen.open("ab") as file:
                file.write(os.read(terminal, 10000))
            time.sleep(0.02)
    painted = re.findall("one|two", seen.read_text())
    assert process.returncode == 0, (tmp_path / "log").read_text()
    assert set(painted) == {"one", "two"}
    assert painted == sorted(painted)  # the second begins when the first has ended
