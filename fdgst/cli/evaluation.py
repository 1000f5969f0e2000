"""Verbs that measure and compare: score, collect, rescore, statistics, protocols."""

from pathlib import Path
from typing import Any

import click

from fdgst.cli.options import FILE, PROTOCOL, SHARE, TITLES, Variadic, parallel


@click.command()
@click.option("--predictions", type=FILE, required=True, help="Of one model on one domain, HDF5.")
@click.option("--rois", type=FILE, required=True, help="ROI file of that domain.")
@click.option(
    "--split",
    type=click.Choice(["train", "test", "all"]),
    default="all",
    show_default=True,
    help="Of what was predicted.",
)
@click.option("--out", type=FILE, required=True, help="One row per image and structure, CSV.")
def score(predictions: Path, rois: Path, split: str, out: Path) -> None:
    """Measure predictions: Dice, Hausdorff and surface distances, vertical cup-to-disc ratio.

    \b
    Examples:
      fdgst score --predictions results/runs/fdg/domain1/seed0/predictions.h5 --rois results/rois/domain1.h5 \\
        --out results/runs/fdg/domain1/seed0/scores.csv
    """
    from fdgst.evaluation.score import score

    score(predictions, rois, out, split=split)


@click.command()
@click.argument("scores", type=FILE, nargs=-1, required=True)
@click.option("--out", type=FILE, required=True, help="CSV.")
def collect(scores: tuple[Path, ...], out: Path) -> None:
    """Join files of scores, in an order that does not depend on theirs, and refuse what is incomplete or stands twice.

    \b
    Examples:
      fdgst collect results/runs/*/domain3/seed*/scores.csv --out results/unseen/domain3.csv
    """
    from fdgst.evaluation.score import collect

    collect(scores, out)


@click.command(cls=Variadic)
@click.option("--scores", type=FILE, multiple=True, required=True, help="scores.csv of all domains, or several files.")
@click.option("--methods", type=TITLES, default="[]", help="Which rows, in which order; by default all.")
@click.option("--domains", type=TITLES, default="[]", help="Which unseen domains, in which order; by default all.")
@click.option("--protocol", type=PROTOCOL, default="paper", show_default=True, help="Whose three metrics are tested.")
@click.option("--samples", type=click.IntRange(100), default=2000, show_default=True, help="Bootstrap resamples.")
@click.option(
    "--confidence", type=SHARE, default=0.95, show_default=True, help="Of intervals; the tests' level is the rest."
)
@click.option("--wins", type=FILE, help="Cells of the table that each row wins from each other, CSV.")
@click.option("--out", type=FILE, required=True, help="Every pair of rows in every cell, CSV.")
def statistics(
    scores: tuple[Path, ...], methods: list[dict[str, Any]], domains: list[dict[str, Any]], **options: Any
) -> None:
    """Compare rows: differences with intervals, Wilcoxon's signed-rank test, Holm's correction, effect sizes, wins.

    \b
    Examples:
      fdgst statistics --scores results/scores.csv --out results/significance.csv
    """
    from fdgst.evaluation.statistics import make_significance

    make_significance(scores, methods, domains, **options)


@click.command(cls=Variadic)
@click.option("--predictions", type=FILE, multiple=True, required=True, help="Of one model on one domain, HDF5.")
@click.option("--rois", type=FILE, multiple=True, required=True, help="ROI file of that domain.")
@click.option(
    "--snapshot",
    multiple=True,
    default=("last",),
    show_default=True,
    help="Which weights these are: last, or a name such as epoch0040.",
)
@click.option("--threshold", type=SHARE, multiple=True, required=True, help="One or several.")
@click.option(
    "--out",
    type=FILE,
    multiple=True,
    required=True,
    help="Scores with the columns snapshot and threshold in front, CSV.",
)
def rescore(threshold: tuple[float, ...], **files: tuple[Any, ...]) -> None:
    """Score stored logits again at other thresholds, for the comparison of protocols.

    Several in one go: --predictions, --rois, --snapshot and --out are read side by side; one given once serves all.

    \b
    Examples:
      fdgst rescore --predictions results/runs/fdg/domain1/seed0/predictions.h5 --rois results/rois/domain1.h5 \\
        --threshold .75 .5 --out results/protocols/fdg/domain1/seed0/last.csv
    """
    from fdgst.evaluation.rescore import rescore

    for predictions, rois, snapshot, out in parallel(
        **{key: files[key] for key in ("predictions", "rois", "snapshot", "out")}
    ):
        rescore(predictions, rois, out, snapshot=snapshot, thresholds=threshold)


@click.command()
@click.argument("scores", type=FILE, nargs=-1, required=True)
@click.option("--methods", type=TITLES, default="[]", help="Which rows, in which order; by default all.")
@click.option("--domains", type=TITLES, default="[]", help="Which unseen domains, in which order; by default all.")
@click.option("--threshold", type=SHARE, required=True, help="Of the reference that the others are measured from.")
@click.option("--out", type=FILE, required=True, help="Every row under every protocol, CSV.")
def protocols(
    scores: tuple[Path, ...], methods: list[dict[str, Any]], domains: list[dict[str, Any]], threshold: float, out: Path
) -> None:
    """Compare protocols on the same trainings: definitions, thresholds, checkpoints, the crop of the fourth domain.

    \b
    SCORES come from `fdgst rescore`. The checkpoints that can be compared follow from what they hold:
      last               the last weights on the unseen domain (must be there)
      source_validation  snapshots on the unseen domain and on the sources' test images
      oracle             snapshots on the unseen domain: an upper bound, since its labels choose

    \b
    Examples:
      fdgst protocols results/protocols/*/*/*/*.csv --threshold .75 --out results/protocols.csv
    """
    from fdgst.evaluation.protocols import make_protocols

    for line in make_protocols(scores, methods, domains, out=out, threshold=threshold):
        click.echo(line)
