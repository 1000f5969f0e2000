"""Verbs that measure and compare: score, collect, rescore, statistics, protocols."""

from pathlib import Path
from typing import Any

import click

from fdgst.cli.options import FILE, Variadic, settings_option


@click.command()
@click.option("--predictions", type=FILE, required=True, help="Of one model on one domain, HDF5.")
@click.option("--rois", type=FILE, required=True, help="ROI file of that domain.")
@click.option("--out", type=FILE, required=True, help="One row per image and structure, CSV.")
@settings_option("ScoreSettings")
def score(predictions: Path, rois: Path, out: Path, settings: Any) -> None:
    """Measure predictions: Dice, Hausdorff and surface distances, and the task's own measures.

    Distances are in pixels; nsd_4 is the share of boundary pixels within 4 px of the other boundary, percent.

    \b
    Examples:
      score.json:
        {"nsd_tolerance_px": [4],
         "task": {"channels": 3, "bits": 8, "background": [[0, 0]], "around": null, "measures": [],
                  "structures": [{"id": "cell", "title": "Cell", "values": [[1, 255]],
                                  "regions": "all", "holes": "fill", "within": null}]}}
      fdgst score --settings score.json --rois results/rois/a.h5 --out scores.csv \\
        --predictions results/runs/fdg/a/seed0/predictions/last/whole/a.h5
    """
    from fdgst.evaluation.score import score

    score(predictions, rois, out, task=settings.task, tolerances_px=settings.nsd_tolerance_px)


@click.command()
@click.argument("scores", type=FILE, nargs=-1, required=True)
@click.option("--out", type=FILE, required=True, help="CSV.")
def collect(scores: tuple[Path, ...], out: Path) -> None:
    """Join files of scores, in an order that does not depend on theirs, and refuse what is incomplete or stands twice.

    \b
    Examples:
      fdgst collect results/runs/*/a/seed*/scores.csv --out results/unseen/a.csv
    """
    from fdgst.evaluation.score import collect

    collect(scores, out)


@click.command(cls=Variadic)
@click.option("--scores", type=FILE, multiple=True, required=True, help="scores.csv of all domains, or several files.")
@click.option("--wins", type=FILE, help="Cells of the table that each row wins from each other, CSV.")
@click.option("--out", type=FILE, required=True, help="Every pair of rows in every cell, CSV.")
@settings_option("StatisticsSettings")
def statistics(scores: tuple[Path, ...], wins: Path | None, out: Path, settings: Any) -> None:
    """Compare rows: differences with intervals, Wilcoxon's signed-rank test, Holm's correction, effect sizes, wins.

    \b
    Examples:
      statistics.json:
        {"methods": [{"id": "deepall", "title": "DeepAll"},
                     {"id": "fdg", "title": "FDG"}],
         "domains": [{"id": "a", "title": "Clinic A"}, {"id": "b", "title": "Clinic B"}],
         "protocol": "paper", "bootstrap_samples": 2000, "confidence": 0.95,
         "task": {"channels": 3, "bits": 8, "background": [[0, 0]], "around": null, "measures": [],
                  "structures": [{"id": "cell", "title": "Cell", "values": [[1, 255]],
                                  "regions": "all", "holes": "fill", "within": null}]}}
      fdgst statistics --settings statistics.json --scores results/scores.csv --out significance.csv
    """
    from fdgst.evaluation.statistics import make_significance

    make_significance(
        scores,
        settings.methods,
        settings.domains,
        task=settings.task,
        out=out,
        wins=wins,
        protocol=settings.protocol,
        samples=settings.bootstrap_samples,
        confidence=settings.confidence,
    )


@click.command(cls=Variadic)
@click.option("--predictions", type=FILE, multiple=True, required=True, help="Of one run: any weights, views, domains.")
@click.option("--rois", type=FILE, multiple=True, required=True, help="ROI files of the domains predicted.")
@click.option("--out", type=FILE, required=True, help="Scores with the columns snapshot and threshold in front, CSV.")
@settings_option("RescoreSettings")
def rescore(predictions: tuple[Path, ...], rois: tuple[Path, ...], out: Path, settings: Any) -> None:
    """Score the stored logits of one run again at other thresholds, for the comparison of protocols.

    \b
    Examples:
      rescore.json:
        {"thresholds": [0.75, 0.5], "nest": false,
         "task": {"channels": 3, "bits": 8, "background": [[0, 0]], "around": null, "measures": [],
                  "structures": [{"id": "cell", "title": "Cell", "values": [[1, 255]],
                                  "regions": "all", "holes": "fill", "within": null}]}}
      fdgst rescore --settings rescore.json --rois results/rois/*.h5 --out scores.csv \\
        --predictions results/runs/fdg/a/seed0/predictions/*/*/*.h5
    """
    from fdgst.evaluation.rescore import rescore

    rescore(predictions, rois, out, task=settings.task, thresholds=settings.thresholds, nest=settings.nest)


@click.command()
@click.argument("scores", type=FILE, nargs=-1, required=True)
@click.option("--out", type=FILE, required=True, help="Every row under every protocol, CSV.")
@settings_option("ProtocolsSettings")
def protocols(scores: tuple[Path, ...], out: Path, settings: Any) -> None:
    """Compare protocols on the same trainings: definitions, thresholds, checkpoints, the released crop.

    \b
    SCORES come from `fdgst rescore`. The checkpoints that can be compared follow from what they hold:
      last               the last weights on the unseen domain (must be there)
      source_validation  snapshots on the unseen domain and on the sources' test images
      oracle             snapshots on the unseen domain: an upper bound, since its masks choose

    \b
    Examples:
      protocols.json:
        {"methods": [{"id": "deepall", "title": "DeepAll"},
                     {"id": "fdg", "title": "FDG"}],
         "domains": [{"id": "a", "title": "Clinic A"}, {"id": "b", "title": "Clinic B"}], "threshold": 0.75,
         "task": {"channels": 3, "bits": 8, "background": [[0, 0]], "around": null, "measures": [],
                  "structures": [{"id": "cell", "title": "Cell", "values": [[1, 255]],
                                  "regions": "all", "holes": "fill", "within": null}]}}
      fdgst protocols results/protocols/*/*/*.csv --settings protocols.json --out protocols.csv
    """
    from fdgst.evaluation.protocols import make_protocols

    shown = {"task": settings.task, "threshold": settings.threshold}
    for line in make_protocols(scores, settings.methods, settings.domains, out=out, **shown):
        click.echo(line)
