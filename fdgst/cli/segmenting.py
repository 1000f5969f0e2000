"""Verbs for whole photographs, and for what segments them: locate, bundle."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fdgst.cli.options import FILE, FOLDER, Variadic

if TYPE_CHECKING:
    from fdgst.study.slices import BundleSettings

PHOTOS = click.argument("photos", metavar="PHOTO...", type=click.Path(path_type=Path), nargs=-1, required=True)


@click.command()
@PHOTOS
@click.option("--out", type=FILE, required=True, help="The table of boxes, CSV.")
@click.option("--jobs", type=click.IntRange(1), help="Processes.  [default: one for each core]")
def locate(photos: tuple[Path, ...], out: Path, jobs: int | None) -> None:
    """Find the head of the optic nerve in whole photographs of the back of the eye.

    PHOTO is a file, or a folder of them. Writes image, left, top, width, height and confidence: the smallest upright
    rectangle around it, in pixels of the upright photograph. Where it is not found these five are empty. The
    confidence says how often a guess with that value was right (docs/segmenting.md). A photograph that cannot be
    read has such a row, too, and is named at the end.

    \b
    Examples:
      fdgst locate mine.jpg --out boxes.csv
      fdgst locate photographs/ --jobs 2 --out boxes.csv
    """
    from fdgst.inference.boxes import write_boxes
    from fdgst.progress import log_to_stderr

    log_to_stderr()
    for line in write_boxes(photos, out, jobs=jobs):
        click.echo(line)


@click.command(cls=Variadic)
@click.argument("run", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="Folder of the bundle.")
@click.option("--settings", help="Settings of the bundle, JSON; - reads standard input.  [default: from config.json]")
@click.option("--rois", type=FILE, multiple=True, help="ROI files of the sources.  [default: rois/*.h5 of the results]")
@click.option("--table", type=FILE, help="Table of the study, for the card.  [default: table1.csv of the results]")
@click.option("--onnx/--no-onnx", default=True, show_default=True, help="Whether to write and check model.onnx, too.")
def bundle(run: Path, out: Path, settings: str | None, rois: tuple[Path, ...], table: Path | None, onnx: bool) -> None:
    """Make a model to pass on of a finished training RUN: weights, ONNX, what they need to know, and a card.

    What is not given is looked for in the results that RUN lies in. The folder is what `fdgst segment` takes. The
    workflow makes one of a training on all domains: results/bundles/METHOD/seed0/bundle.json.

    \b
    Examples:
      fdgst bundle results/runs/fdg_st/domain1/seed0 --out fdg_st
      fdgst bundle results/runs/fdg_st/domain1/seed0 --out fdg_st --no-onnx
    """
    from fdgst.inference.bundling import make_bundle
    from fdgst.progress import log_to_stderr

    log_to_stderr()
    results = _results(run)
    known = _settings(settings, run, results)
    found = rois or tuple(sorted((results or run).glob("rois/*.h5")))
    if table is None and results and (results / "table1.csv").is_file():
        table = results / "table1.csv"
    for line in make_bundle(run, out, settings=known, rois=found, table=table, onnx=onnx):
        click.echo(line)


def _results(run: Path) -> Path | None:
    """Return the folder of results that a training lies in: the nearest one above it with ROI files."""
    return next((folder for folder in run.absolute().parents if (folder / "rois").is_dir()), None)


def _settings(source: str | None, run: Path, results: Path | None) -> "BundleSettings":
    """Read the settings of a bundle, from where the user says or from the study's configuration."""
    from fdgst.errors import ConfigError
    from fdgst.study.bundles import settings_of
    from fdgst.study.slices import BundleSettings, read_settings

    if source:
        return read_settings(source, BundleSettings)
    if results is None or not (results / "config.json").is_file():
        where = results or run
        raise ConfigError(
            f"{where}: expected config.json of the study, found none; make it (snakemake results/config.json), or give"
            " --settings"
        )
    return settings_of(results / "config.json")
