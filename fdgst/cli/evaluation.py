"""Verbs that measure and compare: evaluate, score, collect, rescore, statistics, protocols."""

from pathlib import Path
from typing import Any

import click

from fdgst.cli.options import FILE, NEW_FILE, NEW_FOLDER, NUMBERS, Variadic, settings_option


class Named(click.ParamType):
    """A name and what it stands for: ``unet=runs/unet``."""

    name = "name=folder"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split `value`, or fail with click's usage error."""
        if isinstance(value, tuple):
            return value
        name, sign, folder = str(value).partition("=")
        if not (name.strip() and sign and folder.strip()):
            self.fail(f"expected a name and a folder such as unet=runs/unet, found {value!r}", param, ctx)
        return name.strip(), folder.strip()


class TwoNames(click.ParamType):
    """Two names of methods: ``unet:baseline``."""

    name = "method:reference"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split `value`, or fail with click's usage error."""
        if isinstance(value, tuple):
            return value
        method, sign, reference = str(value).partition(":")
        if not (method and sign and reference):
            self.fail(f"expected two names such as unet:baseline, found {value!r}", param, ctx)
        return method, reference


@click.command(cls=Variadic)
@click.option("--table", type=FILE, required=True, help="Table of images and their true masks, CSV.")
@click.option(
    "--method",
    "methods",
    type=Named(),
    multiple=True,
    required=True,
    help="Name of a method and the folder of its masks; {seed} and {domain} stand for what they say.",
)
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder of the results; made if it is not there.")
@click.option("--config", type=FILE, help="Task, alone or in a study's configuration, YAML; none: all above 0.")
@click.option("--against", type=FILE, help="Another's table in the form of table1.csv, to be put beside.")
@click.option("--split", type=click.Choice(["train", "test", "all"]), help="What is scored.  [default: test, if any]")
@click.option(
    "--missing",
    type=click.Choice(["refuse", "miss"]),
    default="refuse",
    show_default=True,
    help="What an image without a mask is: a fault, or a mask with nothing in it.",
)
@click.option("--nsd", type=NUMBERS, help="Tolerances of the normalised surface distance, pixels: 2,4.")
@click.option("--compare", type=TwoNames(), multiple=True, help="A comparison that is declared beforehand.")
def evaluate(
    table: Path, methods: tuple[tuple[str, str], ...], out: Path, nsd: list[float] | None, **more: Any
) -> None:
    """Judge masks of any program, as they are: scores, table, tests, figures and a report.

    \b
    A mask's file is called as its image or as its true mask (PNG, TIFF, BMP, JPEG, or one slice as NIfTI), has the size
    of the true mask or of its ROI, and the grey values of the task. Nothing is resized, cleaned or filled. A missing
    file is a fault, one that is no image's is told; every fault is one line, and nothing is written then.

    \b
    Examples:
      fdgst evaluate --table images.csv --method unet=runs/unet --method nnunet=runs/nnunet --out judged
      fdgst evaluate --table images.csv --method "unet=runs/unet/{domain}/seed{seed}" --out judged \\
        --config task.yaml --nsd 2,4
      fdgst evaluate --table images.csv --method unet=a --method baseline=b --compare unet:baseline --out judged \\
        --against printed.csv

    \b
    task.yaml:
      task:
        {channels: 3, bits: 8, background: [[0, 0]], around: null, measures: [],
         structures: [{id: cell, title: Cell, values: [[1, 255]], regions: all, holes: keep, within: null}]}
    """
    from fdgst.errors import ConfigError
    from fdgst.progress import log_to_stderr
    from fdgst.reporting.evaluated import evaluate

    names = [name for name, _ in methods]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ConfigError(f"--method: expected each name once, found {', '.join(sorted(twice))} twice")
    log_to_stderr()
    more["compare"] = more["compare"] or None

    def tell(line: str) -> None:
        click.echo(f"warning: {line}", err=True)

    scores = evaluate(table, dict(methods), out=out, nsd_tolerance_px=nsd, tell=tell, **more)
    images = len(scores.drop_duplicates(["unseen", "image"]))
    click.echo(f"{len(names)} methods, {images} images: {out / 'report.html'}, {out / 'table1.md'}")


@click.command()
@click.option("--predictions", type=FILE, required=True, help="Of one model on one domain, HDF5.")
@click.option("--rois", type=FILE, required=True, help="ROI file of that domain.")
@click.option("--out", type=NEW_FILE, required=True, help="One row per image and structure, CSV.")
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
@click.option("--out", type=NEW_FILE, required=True, help="CSV.")
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
@click.option("--wins", type=NEW_FILE, help="Cells of the table that each row wins from each other, CSV.")
@click.option("--ranks", type=NEW_FILE, help="Mean rank of each row over all cells, CSV.")
@click.option("--out", type=NEW_FILE, required=True, help="Every pair of rows in every cell, CSV.")
@settings_option("StatisticsSettings")
def statistics(scores: tuple[Path, ...], wins: Path | None, ranks: Path | None, out: Path, settings: Any) -> None:
    """Compare rows: differences with intervals, tests, Holm's correction, effect sizes, how sure each is, wins, ranks.

    A row is called better only in a comparison that `compare` declares. Averages are tested by flipping signs, single
    domains by Wilcoxon's signed-rank test. What is flipped and resampled are images, or groups where the scores name
    them.

    \b
    Examples:
      statistics.json:
        {"methods": [{"id": "deepall", "title": "DeepAll"},
                     {"id": "fdg", "title": "FDG"}],
         "domains": [{"id": "a", "title": "Clinic A"}, {"id": "b", "title": "Clinic B"}],
         "protocol": "paper", "compare": [["fdg", "deepall"]],
         "bootstrap_samples": 2000, "confidence": 0.95,
         "task": {"channels": 3, "bits": 8, "background": [[0, 0]], "around": null, "measures": [],
                  "structures": [{"id": "cell", "title": "Cell", "values": [[1, 255]],
                                  "regions": "all", "holes": "fill", "within": null}]}}
      fdgst statistics --settings statistics.json --scores results/scores.csv \\
        --out significance.csv --wins wins.csv --ranks ranks.csv
    """
    from fdgst.evaluation.statistics import make_significance

    make_significance(
        scores,
        settings.methods,
        settings.domains,
        task=settings.task,
        out=out,
        wins=wins,
        ranks=ranks,
        protocol=settings.protocol,
        compare=settings.compare,
        samples=settings.bootstrap_samples,
        confidence=settings.confidence,
    )


@click.command(cls=Variadic)
@click.option("--predictions", type=FILE, multiple=True, required=True, help="Of one run: any weights, views, domains.")
@click.option("--rois", type=FILE, multiple=True, required=True, help="ROI files of the domains predicted.")
@click.option(
    "--out", type=NEW_FILE, required=True, help="Scores with the columns snapshot and threshold in front, CSV."
)
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
@click.option("--out", type=NEW_FILE, required=True, help="Every row under every protocol, CSV.")
@settings_option("ProtocolsSettings")
def protocols(scores: tuple[Path, ...], out: Path, settings: Any) -> None:
    """Compare protocols on the same trainings: definitions, thresholds, checkpoints, crop, normalisation.

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
