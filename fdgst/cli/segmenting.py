"""Verbs for whole photographs, and for what segments them: locate, bundle, segment."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fdgst.cli.options import BUNDLE, FILE, FILE_OR_FOLDER, FOLDER, NAME, NEW_FILE, NEW_FOLDER, Output, Variadic

if TYPE_CHECKING:
    from fdgst.study.slices import BundleSettings

PHOTOS = click.argument("photos", metavar="PHOTO...", type=FILE_OR_FOLDER, nargs=-1, required=True)


@click.command()
@PHOTOS
@click.option("--out", type=NEW_FILE, required=True, help="The table of boxes, CSV.")
@click.option("--locator", type=BUNDLE, help="A bundle that locates, in place of the classical search.")
@click.option("--jobs", type=click.IntRange(1), help="Processes.  [default: one for each core]")
def locate(photos: tuple[Path, ...], out: Path, locator: Path | None, jobs: int | None) -> None:
    """Find the head of the optic nerve in whole photographs of the back of the eye.

    PHOTO is a file, or a folder of them. Writes image, left, top, width, height and confidence: the smallest upright
    rectangle around it, in pixels of the upright photograph. Where it is not found these five are empty. The
    confidence says how often a guess with that value was right (docs/segmenting.md). A photograph that cannot be
    read has such a row, too, and is named at the end.

    \b
    Examples:
      fdgst locate mine.jpg --out boxes.csv
      fdgst locate photographs/ --jobs 2 --out boxes.csv
      fdgst locate photographs/ --locator runs/locator/results/bundles/fdg_st/seed0 --out boxes.csv
    """
    from fdgst.inference.boxes import write_boxes
    from fdgst.progress import log_to_stderr

    log_to_stderr()
    for line in write_boxes(photos, out, locator=locator, jobs=jobs):
        click.echo(line)


@click.command(cls=Variadic)
@click.argument("run", type=FOLDER)
@click.option(
    "--out", type=Output(file_okay=False, shared=False), required=True, help="Folder of the bundle; another than RUN."
)
@click.option(
    "--settings", type=NAME, help="Settings of the bundle, JSON; - reads standard input.  [default: from config.json]"
)
@click.option("--rois", type=FILE, multiple=True, help="ROI files of the sources.  [default: rois/*.h5 of the results]")
@click.option("--table", type=FILE, help="Table of the study, for the card.  [default: table1.csv of the results]")
@click.option("--no-onnx", is_flag=True, help="Write no model.onnx, which is checked against torch.")
def bundle(
    run: Path, out: Path, settings: str | None, rois: tuple[Path, ...], table: Path | None, no_onnx: bool
) -> None:
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
    for line in make_bundle(run, out, settings=known, rois=found, table=table, onnx=not no_onnx):
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


class Place(click.ParamType):
    """Where to look in a photograph: ``auto``, ``whole``, or ``left,top,width,height`` in pixels."""

    name = "part"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word, or four whole numbers."""
        if not isinstance(value, str) or value in ("auto", "whole"):
            return value
        try:
            left, top, width, height = (int(side) for side in value.split(","))
        except ValueError:
            left = top = width = height = 0
        if width < 1 or height < 1:
            self.fail(f"expected auto, whole or left,top,width,height in pixels, found {value!r}", param, ctx)
        from fdgst.data.table import MOST_PIXELS

        if width * height > MOST_PIXELS:
            most = f"{MOST_PIXELS / 1e6:.0f} million pixels"
            self.fail(f"expected a part of at most {most}, found {width}x{height} px", param, ctx)
        return left, top, width, height


@click.command(cls=Variadic)
@click.argument("bundle", type=BUNDLE)
@PHOTOS
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder of masks, overlays, measures.csv and index.html.")
@click.option("--locator", type=BUNDLE, help="A bundle that locates, in place of the classical search.")
@click.option("--roi", type=Place(), default="auto", show_default=True, help="auto, whole, or left,top,width,height.")
@click.option("--also", type=BUNDLE, multiple=True, help="Bundles to ask, too: their mean, and their disagreement.")
@click.option(
    "--laterality",
    type=NAME,
    help="Which eye it is, right (OD) or left (OS), or a CSV with the columns image and eye: names the rim's sides.",
)
@click.option("--jobs", type=click.IntRange(1), help="Processes.  [default: one for each core]")
def segment(
    bundle: Path,
    photos: tuple[Path, ...],
    out: Path,
    locator: Path | None,
    roi: Any,
    also: tuple[Path, ...],
    laterality: str | None,
    jobs: int | None,
) -> None:
    """Segment photographs with a BUNDLE: masks at their size, pictures, a table of measures, and a gallery.

    PHOTO is a file, or a folder of them. What has been done is not done again, so that the same command goes on where
    it was stopped. A photograph that cannot be read, or whose masks are not to be trusted, is flagged with the reason
    (docs/segmenting.md).

    \b
    Examples:
      fdgst segment results/bundles/fdg_st/seed0 photographs/ --out segmented
      fdgst segment fdg_st mine.jpg --laterality left --out segmented
      fdgst segment fdg_st photographs/ --locator disc_locator --out segmented
      fdgst segment fdg_st photographs/ --also fdg dofe --out segmented
      fdgst segment fdg_st crop.png --roi whole --out segmented
    """
    from fdgst.inference.segmenting import Request
    from fdgst.inference.segmenting import segment as segment_all
    from fdgst.progress import log_to_stderr

    log_to_stderr()
    request = Request((bundle, *also), locator, roi, _eyes(laterality))
    for line in segment_all(photos, out, request, jobs=jobs):
        click.echo(line)


def _eyes(laterality: str | None) -> dict[str, str]:
    """Return which eye photographs show, by their names; ``*`` for all."""
    from fdgst.inference.listing import EYES, eyes_of

    if laterality is None or laterality.lower() in EYES:
        return {"*": EYES[laterality.lower()]} if laterality else {}
    return eyes_of(Path(laterality))
