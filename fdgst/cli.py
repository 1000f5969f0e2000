"""The command line: one verb per rule of the workflow, and a few for people. Each parses, imports and calls.

Nothing heavy is imported before a verb runs, so that `fdgst --help` answers at once.
"""

import sys
from pathlib import Path
from typing import Any

import click

from fdgst import __version__
from fdgst.errors import FdgstError

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


class Mapping(click.ParamType):
    """A mapping in inline YAML (JSON is YAML): ``{seed: 1, size_px: 96}``."""

    name = "yaml"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Parse `value`, or fail with click's usage error."""
        import yaml

        if isinstance(value, dict):
            return value
        try:
            parsed = yaml.safe_load(value)
        except yaml.YAMLError as error:
            self.fail(f"expected inline YAML, found {value!r} ({error})", param, ctx)
        if not isinstance(parsed, dict):
            self.fail(f"expected a mapping such as '{{seed: 1}}', found {value!r}", param, ctx)
        return parsed


MAPPING = Mapping()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fdgst")
def fdgst() -> None:
    """Fourier style augmentation with soft thresholding: ROIs, banks, shards, trainings, scores, tables.

    The workflow calls one verb per rule; `inspect`, `verify`, `mix` and `phantom` are for people.
    """


def main() -> None:
    """Run the command line; a user's fault is one line each and exit status 1, without a traceback."""
    try:
        fdgst.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        print("fdgst: interrupted", file=sys.stderr)
        sys.exit(130)
    except (FdgstError, FileNotFoundError, PermissionError) as error:
        faults = error.faults if isinstance(error, FdgstError) else (f"{error.filename}: {error.strerror}",)
        for fault in faults:
            print(f"fdgst: error: {fault}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
