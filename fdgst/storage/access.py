"""Whether a file can be read at all, said before a library takes it for damage."""

import stat
from pathlib import Path

from fdgst.errors import FormatError


def expect_readable(path: Path, expected: str) -> None:
    """Raise what the system says of a file that cannot be opened, before a library takes it for damage.

    Raises
    ------
    FormatError
        If there is no such file, or it is a pipe or a device, which would be waited for without end.
    OSError
        If it may not be read, or its disk fails.
    """
    try:
        if not stat.S_ISREG(mode := path.stat().st_mode) and not stat.S_ISDIR(mode):
            raise FormatError(f"{path}: expected a file, found a pipe or a device; write what it gives to a file")
        with path.open("rb"):
            pass
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise FormatError(f"{path}: expected {expected}, found none; run snakemake to make it") from error
