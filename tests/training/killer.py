"""Run a training again and again, killing each process but the last at a random moment. A program:

    killer.py CHECKPOINTS ROUNDS train ...

Two processes are killed in a round: one shortly after it has saved a checkpoint, one while it starts or soon after.

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


def after_a_checkpoint(folder, seconds):
    """Return a function that is true from so many seconds after a new checkpoint on."""
    before, seen = set(folder.rglob("*.pt")), []

    def over():
        if not seen and set(folder.rglob("*.pt")) - before:
            seen.append(after(seconds))
        return bool(seen) and seen[0]()

    return over


if __name__ == "__main__":
    checkpoints, rounds, command = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    moments, ended = random.Random(0), []
    for _ in range(rounds):
        begun = time.monotonic()
        ended.append(attempt(command, after_a_checkpoint(checkpoints, moments.uniform(0, 0.2))))
        ended.append(attempt(command, after(moments.uniform(0, 1) * (time.monotonic() - begun))))
    print(f"{ended.count(False)} killed")
    sys.exit(not attempt(command, after(600)))
