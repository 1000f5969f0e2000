"""Verbs that bring images in: rois, phantom, audit."""

from pathlib import Path
from typing import Any

import click

from fdgst.cli.options import FILE, FOLDER, MAPPING


@click.command()
@click.option("--dataset", type=MAPPING, required=True, help="The configuration's dataset: reader and its keys.")
@click.option("--domain", required=True, help="Id of the domain.")
@click.option("--title", required=True, help="Its printed name.")
@click.option("--folder", required=True, help="Its folder below dataset.root (reader fundus).")
@click.option("--number", type=click.IntRange(1), required=True, help="Its place in the configuration, from 1.")
@click.option("--roi-size", type=click.IntRange(8), required=True, help="Side of the stored ROI, pixels.")
@click.option("--network-size", type=click.IntRange(8), required=True, help="Side of what the network sees, pixels.")
@click.option("--label-resize", type=click.Choice(["nearest", "released"]), required=True)
@click.option("--compression", type=click.Choice(["none", "gzip"]), required=True)
@click.option("--manifest", type=FILE, required=True, help="List of the images, CSV.")
@click.option("--out", type=FILE, required=True, help="The ROI file, HDF5.")
def rois(out: Path, roi_size: int, network_size: int, **options: Any) -> None:
    """Read one domain's photographs and masks into a ROI file, and refuse what cannot be used.

    \b
    Examples:
      fdgst rois --dataset '{reader: fundus, root: data/Fundus, exclude: []}' --domain domain1 --title Drishti-GS \\
        --folder Domain1 --number 1 --roi-size 800 --network-size 256 --label-resize nearest --compression none \\
        --manifest results/rois/domain1.csv --out results/rois/domain1.h5
    """
    from fdgst.data.prepare import prepare

    for line in prepare(out, roi_size_px=roi_size, network_size_px=network_size, **options):
        click.echo(line)


@click.command()
@click.option("--out", type=FOLDER, required=True, help="Folder to make; it must be new or empty.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the drawings.")
@click.option("--size-px", type=click.IntRange(48), default=800, show_default=True, help="Side of an image, pixels.")
@click.option("--train", type=click.IntRange(1), default=20, show_default=True, help="Training images per domain.")
@click.option("--test", type=click.IntRange(1), default=10, show_default=True, help="Test images per domain.")
@click.option("--domains", type=click.IntRange(1), default=4, show_default=True, help="Domains, each with a camera.")
@click.option("--rgb-masks", type=click.IntRange(1), multiple=True, help="A domain whose masks are stored as RGB.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes to draw with.")
def phantom(out: Path, **options: Any) -> None:
    """Draw phantom ROIs and masks as PNG files, in the folders that the reader fundus reads.

    The same seed gives the same images, whatever their number; another size shows the same eyes.

    \b
    Examples:
      fdgst phantom --out data/Phantom
      fdgst phantom --out data/Small --size-px 192 --train 32 --test 16 --rgb-masks 2 --jobs 2
    """
    from fdgst.data.phantom.folder import write_folder
    from fdgst.progress import log_to_stderr

    log_to_stderr()
    count = write_folder(out, **options)
    click.echo(f"{out}: {count} images of {options['size_px']} px in {options['domains']} domains")


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
