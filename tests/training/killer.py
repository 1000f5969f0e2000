"""Run a command of fdgst again and again, killing each process but the last at a random moment. A program.

Every attempt is a fork of one process that has imported everything, which saves the seconds of importing it each time;
nothing of torch has run before a fork.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import segmentation_models_pytorch  # noqa: F401 - before the forks

import fdgst.cli
import fdgst.training.run


def attempt(arguments, over):
    """Run the command in a process of its own; kill it when `over()` and return False, or True if it ended before."""
    child = os.fork()
    if not child:
        sys.argv = ["fdgst", *arguments]
        try:
            fdgst.cli.main()
        except SystemExit as end:
            os._exit(int(end.code or 0))
        os._exit(0)
    while not over():
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, status
            return True
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def after(seconds):
    """Return a function that is true from so many seconds on."""
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() >= deadline


if __name__ == "__main__":
    checkpoints, *command = sys.argv[1:]
    begun = time.monotonic()
    attempt(command, lambda: list(Path(checkpoints).rglob("*.pt")))
    to_the_first = time.monotonic() - begun  # checkpoint, on this machine and under its present load
    moments = random.Random(0)
    ended = [attempt(command, after(moments.uniform(0, 2) * to_the_first)) for _ in range(19)]
    print(f"{1 + ended.count(False)} killed")
    sys.exit(not attempt(command, after(300)))
