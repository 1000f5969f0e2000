"""The command line: one verb per rule of the workflow, and a few for people. Each parses, imports and calls.

Nothing heavy is imported before a verb runs, so that `fdgst --help` answers at once.
"""

import os
import sys
from collections.abc import Sequence

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
from fdgst.cli.ending import readable_anywhere, said_of

# pydantic would look through every installed distribution for plugins, .05 s of each job; none of ours needs any
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fdgst")
def fdgst() -> None:
    """Fourier style augmentation with soft thresholding: ROIs, banks, shards, trainings, scores, tables.

    The workflow calls one verb per rule. `init`, `import`, `phantom`, `inspect`, `verify`, `mix`, `convert`, `segment`,
    `locate`, `bundle` and `evaluate` are for people.
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a fault is one line and exit status 1, without a traceback.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of this process where none are given.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    readable_anywhere()
    try:
        fdgst.main(given, prog_name="fdgst", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("fdgst: interrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        for fault in said_of(error, given):
            print(f"fdgst: error: {fault}", file=sys.stderr)
        sys.exit(1)
