"""What the verbs share: types of options, lists side by side."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


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

        return slices.read_settings(value, getattr(slices, self.cls))


def settings_option(cls: str) -> Callable[..., Any]:
    """Return the option ``--settings``, whose value is of a class of `fdgst.study.slices`."""
    return click.option(
        "--settings",
        type=Settings(cls),
        required=True,
        help="Settings of this verb, a file in JSON; - reads them from standard input.",
    )
