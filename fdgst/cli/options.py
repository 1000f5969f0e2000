"""What the verbs share: types of options, lists side by side."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


class Yaml(click.ParamType):
    """A value in inline YAML (JSON is YAML): ``[0.1, 0.5]`` or ``{uniform: [0, 1], copies: 1}``."""

    name = "yaml"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse `value`, or fail with click's usage error."""
        import yaml

        try:
            return yaml.safe_load(value)
        except yaml.YAMLError as error:
            self.fail(f"expected inline YAML, found {value!r} ({error})", param, ctx)


class Mapping(Yaml):
    """A mapping in inline YAML: ``{seed: 1, size_px: 96}``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Parse `value`, or fail with click's usage error."""
        parsed = super().convert(value, param, ctx)
        if not isinstance(parsed, dict):
            self.fail(f"expected a mapping such as '{{seed: 1}}', found {value!r}", param, ctx)
        return parsed


class Titles(Yaml):
    """A list of ids and titles in inline YAML: ``[{id: domain1, title: Camera 1}]``; other keys are kept."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[dict[str, Any]]:
        """Parse `value`, or fail with click's usage error."""
        try:
            items = super().convert(value, param, ctx)
            return [{**item, "id": str(item["id"]), "title": str(item["title"])} for item in items]
        except (TypeError, KeyError):
            self.fail(f"expected a list such as '[{{id: domain1, title: Camera 1}}]', found {value!r}", param, ctx)


class Numbers(click.ParamType):
    """Numbers with commas between: ``.1,.5,1``."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        """Parse `value`, or fail with click's usage error."""
        try:
            return [float(part) for part in str(value).split(",")]
        except ValueError:
            self.fail(f"expected numbers such as .1,.5,1, found {value!r}", param, ctx)


MAPPING = Mapping()
NUMBERS = Numbers()
YAML = Yaml()
TITLES = Titles()
PROTOCOL = click.Choice(["paper", "released"])
SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


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


def parallel(**lists: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Go through options of several values side by side; an option given once serves all, one not given is None."""
    longest = max(len(values) for values in lists.values())
    for name, values in lists.items():
        if len(values) not in (0, 1, longest):
            raise click.UsageError(f"expected --{name} once or {longest} times, found {len(values)}")
    return list(
        zip(*((values or (None,)) * (longest if len(values) < 2 else 1) for values in lists.values()), strict=True)
    )


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
