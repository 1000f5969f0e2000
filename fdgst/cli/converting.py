"""A verb for people who train with other programs: convert."""

from pathlib import Path

import click

from fdgst.cli.options import FILE, FOLDER, NEW_FOLDER


@click.command()
@click.argument("shards", type=FILE, nargs=-1, required=True)
@click.option(
    "--to", type=click.Choice(["png", "nnunet"]), required=True, help="PNGs with a table, or nnU-Net's layout."
)
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder to write, which must be empty: Dataset501_Fundus.")
@click.option("--rois", type=FOLDER, help="Folder of the ROI files; found by itself below results/.")
def convert(shards: tuple[Path, ...], to: str, out: Path, rois: Path | None) -> None:
    """Write the originals and stylised copies of shards as PNGs, for other trainers.

    \b
    png     images/*.png, masks/*.png, and images.csv: one line for each image
    nnunet  imagesTr, labelsTr, dataset.json, and splits_final.json, in which no copy of an image that a fold
            validates on is trained on

    \b
    Examples:
      fdgst convert results/shards/fdg/*/*.h5 --to nnunet --out nnUNet_raw/Dataset501_Fundus
      fdgst convert results/shards/fdg/domain1/domain2.h5 --to png --out copies
    """
    from fdgst.viewing.converting import convert_shards

    for line in convert_shards(shards, out, to=to, rois=rois):
        click.echo(line)
