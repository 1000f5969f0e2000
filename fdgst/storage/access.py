"""Whether a file can be read at all, said before a library takes it for damage."""

from pathlib import Path

from fdgst.errors import FormatError


def expect_readable(path: Path, expected: str) -> None:
    """Raise what the system says of a file that cannot be opened, before a library takes it for damage.

    Raises
    ------
    FormatError
        If there is no such file.
    OSError
        If it may not be read, or its disk fails.
    """
    try:
        with path.open("rb"):
            pass
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise FormatError(f"{path}: expected {expected}, found none; run snakemake to make it") from error
