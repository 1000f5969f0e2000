"""Verbs for whole photographs: locate."""

from pathlib import Path

import click

from fdgst.cli.options import FILE

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
