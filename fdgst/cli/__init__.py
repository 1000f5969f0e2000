"""The command line: one verb per rule of the workflow, and a few for people. Each parses, imports and calls.

Nothing heavy is imported before a verb runs, so that `fdgst --help` answers at once.
"""

import os
import sys

import click

from fdgst import __version__
from fdgst.cli import (
    converting,
    data,
    evaluation,
    generation,
    inference,
    reporting,
    segmenting,
    study,
    training,
    viewing,
)
from fdgst.errors import FdgstError
from fdgst.extras import extra_with

# pydantic would look through every installed distribution for plugins, .05 s of each job; none of ours needs any
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fdgst")
def fdgst() -> None:
    """Fourier style augmentation with soft thresholding: ROIs, banks, shards, trainings, scores, tables.

    The workflow calls one verb per rule; `init`, `import`, `phantom`, `inspect`, `verify`, `mix` and `convert` are for
    people.
    """


VERBS = (
    study.init,
    data.rois,
    data.phantom,
    data.audit,
    data.import_,
    generation.bank,
    generation.shard,
    viewing.verify,
    viewing.sheet,
    viewing.inspect,
    viewing.mix,
    converting.convert,
    segmenting.locate,
    segmenting.bundle,
    segmenting.segment,
    training.train,
    inference.predict,
    evaluation.evaluate,
    evaluation.score,
    evaluation.collect,
    evaluation.statistics,
    evaluation.rescore,
    evaluation.protocols,
    reporting.cases,
    reporting.figure,
    reporting.report,
    reporting.table,
    reporting.versus_paper,
)
for verb in VERBS:
    fdgst.add_command(verb)


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
    except ModuleNotFoundError as error:
        extra = extra_with(error.name)
        if extra is None:
            raise
        needed = f"this needs {error.name}, which is not installed"
        print(f'fdgst: error: {needed}: pip install "fdgst[{extra}]" brings it', file=sys.stderr)
        sys.exit(1)
    except (FdgstError, OSError) as error:  # a file that is missing or may not be read, a disk that is full
        faults = error.faults if isinstance(error, FdgstError) else (_system_fault(error),)
        for fault in faults:
            print(f"fdgst: error: {fault}", file=sys.stderr)
        sys.exit(1)


def _system_fault(error: OSError) -> str:
    """Say what the operating system refused, and of which file where it tells."""
    said = error.strerror or str(error)
    return f"{error.filename}: {said}" if error.filename else said
