"""Verbs that bring images in: rois, phantom, audit, import."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fdgst.cli.options import FILE, FOLDER, settings_option

if TYPE_CHECKING:
    from fdgst.study.slices import ReadingSettings


@click.command()
@settings_option("ReadingSettings")
@click.option("--title", required=True, help="The domain's printed name.")
@click.option("--manifest", type=FILE, required=True, help="List of the images, CSV.")
@click.option("--out", type=FILE, required=True, help="The ROI file, HDF5.")
def rois(settings: "ReadingSettings", title: str, manifest: Path, out: Path) -> None:
    """Read one domain's photographs and masks into a ROI file, and refuse what cannot be used.

    \b
    Examples:
      fdgst rois --settings domain1.json --title 'Clinic 1' \\
        --manifest results/rois/domain1.csv --out results/rois/domain1.h5
    """
    from fdgst.data.prepare import prepare

    for line in prepare(
        out,
        manifest,
        dataset=settings.dataset,
        domain=settings.domain,
        task=settings.task,
        title=title,
        number=settings.number,
        roi_size_px=settings.roi_size,
        network_size_px=settings.network_size,
        mask_resize=settings.mask_resize,
        compression=settings.compression,
    ):
        click.echo(line)


@click.command()
@click.option("--out", type=FOLDER, required=True, help="Folder to make; it must be new or empty.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the drawings.")
@click.option("--size-px", type=click.IntRange(48), default=800, show_default=True, help="Side of an image, pixels.")
@click.option("--height-px", type=click.IntRange(48), help="Height of an image, where it is not --size-px.")
@click.option("--width-px", type=click.IntRange(48), help="Width of an image, where it is not --size-px.")
@click.option("--train", type=click.IntRange(1), default=20, show_default=True, help="Training images per domain.")
@click.option("--test", type=click.IntRange(1), default=10, show_default=True, help="Test images per domain.")
@click.option("--domains", type=click.IntRange(1), default=4, show_default=True, help="Domains, each with a camera.")
@click.option(
    "--layout",
    type=click.Choice(["fundus", "table"]),
    default="fundus",
    show_default=True,
    help="Folders for the reader fundus, or images.csv with a mask for each of four structures.",
)
@click.option("--channels", type=click.Choice(["1", "3"]), default="3", show_default=True, help="Grey or colour.")
@click.option("--bits", type=click.Choice(["8", "16"]), default="8", show_default=True, help="Depth; 16 is for grey.")
@click.option("--lesions", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Share with a lesion.")
@click.option("--rgb-masks", type=click.IntRange(1), multiple=True, help="A domain whose masks are stored as RGB.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes to draw with.")
def phantom(
    out: Path, size_px: int, height_px: int | None, width_px: int | None, channels: str, bits: str, **options: Any
) -> None:
    """Draw phantom ROIs and masks as PNG files, for the reader fundus or the reader table.

    The same seed gives the same images, whatever their number; another size shows the same eyes.

    \b
    Examples:
      fdgst phantom --out data/Phantom
      fdgst phantom --out data/Small --size-px 192 --train 32 --test 16 --rgb-masks 2 --jobs 2
      fdgst phantom --out data/Four --layout table --height-px 160 --width-px 224 --lesions 0.5
      fdgst phantom --out data/Deep --channels 1 --bits 16
    """
    from fdgst.data.phantom.folder import write_folder
    from fdgst.progress import log_to_stderr
    from fdgst.study.strict import in_words

    log_to_stderr()
    size = (height_px or size_px, width_px or size_px)
    count = write_folder(out, size_px=size, channels=int(channels), bits=int(bits), **options)
    click.echo(f"{out}: {count} images of {in_words(size)} in {options['domains']} domains")


@click.command()
@click.argument("manifests", type=FILE, nargs=-1, required=True)
@click.option("--out", type=FILE, required=True, help="Images per domain and split, CSV.")
def audit(manifests: tuple[Path, ...], out: Path) -> None:
    """Count the images of all domains and refuse the same image in two domains or splits.

    \b
    Examples:
      fdgst audit results/rois/domain*.csv --out results/audit.csv
    """
    from fdgst.data.prepare import audit

    audit(manifests, out)


@click.command("import")
@click.argument("name", metavar="SET", type=click.Choice(["dsb2018"]))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=FILE, required=True, help="The table, CSV; masks that must be made go beside it.")
def import_set(name: str, folder: Path, out: Path) -> None:
    """Turn a public SET, as its makers publish it, into a table for the reader table.

    Says how many images it found, what it left out and why.

    \b
    Examples:
      fdgst import dsb2018 downloads/stage1_train --out data/nuclei.csv
    """
    from fdgst.data.importers import importer

    for line in importer(name)(folder, out):
        click.echo(line)
