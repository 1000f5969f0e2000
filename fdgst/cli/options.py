"""What the verbs share: types of options, lists side by side."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from fdgst.errors import ConfigError
from fdgst.storage.apart import is_same, refuse_inputs

PATHS = "fdgst.paths"  # where a context keeps the paths that were given to a command


def called(param: click.Parameter | None) -> str:
    """Return what a person calls a parameter: its long flag, or the word that stands for an argument."""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return "" if param is None else (param.metavar or str(param.name).upper()).rstrip(".")


def refuse_empty(value: Any, param: click.Parameter | None) -> None:
    """Refuse a name of no letters, which is what a shell makes of a variable that is not set."""
    if str(value) == "":
        raise ConfigError(f"{called(param)}: expected a name, found nothing (an empty variable?)")


class Name(click.ParamType):
    """A word that is not empty."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word."""
        refuse_empty(value, param)
        return str(value)


class Input(click.Path):
    """A file or folder that is read: none of those that the command writes."""

    def __init__(self, **more: Any) -> None:
        super().__init__(path_type=Path, **more)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or refuse one that is written, too."""
        refuse_empty(value, param)
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        note_input(path, param, ctx)
        return path


class BundleFolder(Input):
    """The folder of a bundle; its bundle.json, which is what the workflow is asked for, means the folder, too."""

    def __init__(self) -> None:
        super().__init__(file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the folder."""
        path = Path(os.fsdecode(value))
        return super().convert(path.parent if path.name == "bundle.json" and path.is_file() else value, param, ctx)


class Output(click.Path):
    """A file or folder that is written: none of those that the command reads, and no other's that it writes.

    Parameters
    ----------
    names : sequence of str
        What a folder is given besides other things: none of these may be read, either.
    endings : sequence of str
        One of which a file's name must have, where there are any.
    shared : bool
        Whether a folder may be one that is read from, too.
    """

    def __init__(self, *, names: Sequence[str] = (), endings: Sequence[str] = (), shared: bool = True, **more: Any):
        super().__init__(path_type=Path, **more)
        self.names, self.endings, self.shared = names, endings, shared

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or refuse one that is read, too, or written twice."""
        refuse_empty(value, param)
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if self.endings and path.suffix.lower() not in self.endings:
            expected = " or ".join(self.endings)
            raise ConfigError(f"{called(param)}: expected a file that ends in {expected}, found {path}")
        whole = [path] if self.file_okay or not self.shared else []
        for out in (*whole, *(path / name for name in self.names)):
            _note_output(out, param, ctx)
        return path


def note_input(path: Path, param: click.Parameter | None, ctx: click.Context | None) -> None:
    """Remember a path that is read, and refuse it where it is written, too."""
    if ctx is not None:
        inputs, outputs = ctx.meta.setdefault(PATHS, ([], []))
        inputs.append((called(param), path))
        for name, out in outputs:
            refuse_inputs(name, out, inputs[-1:])


def _note_output(out: Path, param: click.Parameter | None, ctx: click.Context | None) -> None:
    """Remember a path that is written, and refuse it where it is read or written twice."""
    if ctx is not None:
        inputs, outputs = ctx.meta.setdefault(PATHS, ([], []))
        refuse_inputs(called(param), out, inputs)
        for name, other in outputs:
            if is_same(out, other):
                raise ConfigError(
                    f"{called(param)}: {out}: expected another file than that of {name}, found the same; give another"
                    " name"
                )
        outputs.append((called(param), out))


NAME = Name()
FILE = Input(dir_okay=False)
FOLDER = Input(file_okay=False)
FILE_OR_FOLDER = Input()
BUNDLE = BundleFolder()
NEW_FILE = Output(dir_okay=False)
NEW_FOLDER = Output(file_okay=False)


class Numbers(click.ParamType):
    """Numbers with commas between: ``.1,.5,1``; of strengths, which are at most 1, ``0,5`` is a decimal comma."""

    name = "numbers"

    def __init__(self, *, strengths: bool = False) -> None:
        self._strengths = strengths

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        """Parse `value`, or fail with click's usage error."""
        parts = [part.strip() for part in str(value).split(",")]
        try:
            numbers = [float(part) for part in parts]
        except ValueError:
            self.fail(f"expected numbers such as .1,.5,1, found {value!r}", param, ctx)
        for before, part, number in zip(parts, parts[1:], numbers[1:], strict=False):
            if self._strengths and before == "0" and number > 1 and part.isdecimal():
                self.fail(f"expected strengths of at most 1, found {value!r}; write 0.{part} with a point", param, ctx)
        return numbers


NUMBERS, STRENGTHS = Numbers(), Numbers(strengths=True)


class Variadic(click.Command):
    """A command whose repeatable options take several values: ``--rois a b`` is ``--rois a --rois b``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat an option before each value after its first."""
        repeatable = {flag for option in self.params if getattr(option, "multiple", False) for flag in option.opts}
        current, given = "", 0
        spread: list[str] = []
        for arg in args:
            if arg.startswith("-"):
                current, given = arg, 0
            elif current in repeatable:
                given += 1
                spread += [current] if given > 1 else []
            spread.append(arg)
        return super().parse_args(ctx, spread)


class Settings(click.ParamType):
    """A file of settings, JSON, checked by a class of `fdgst.study.slices`; ``-`` is standard input."""

    name = "file"

    def __init__(self, cls: str) -> None:
        self.cls = cls

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read and check the file; a fault is a `ConfigError`, one line for each key."""
        from fdgst.study import slices

        refuse_empty(value, param)
        if value != "-":
            note_input(Path(value), param, ctx)
        return slices.read_settings(value, getattr(slices, self.cls))


def settings_option(cls: str) -> Callable[..., Any]:
    """Return the option ``--settings``, whose value is of a class of `fdgst.study.slices`."""
    return click.option(
        "--settings",
        type=Settings(cls),
        required=True,
        help="Settings of this verb, a file in JSON; - reads them from standard input.",
    )
