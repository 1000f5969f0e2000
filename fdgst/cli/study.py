"""The verb that begins a study."""

from pathlib import Path

import click

from fdgst.cli.options import FILE, FOLDER, NEW_FOLDER


@click.command()
@click.argument("folder", type=NEW_FOLDER)
@click.option(
    "--preset",
    type=click.Choice(["demo", "paper", "table", "raw-fundus", "raw-locator"]),
    help="What config.yaml begins with; left out, what goes with the data.",
)
@click.option("--table", type=FILE, help="A table of images, CSV, whose domains are written into config.yaml.")
@click.option("--fundus", type=FOLDER, help="A folder of domains in the layout of the public set, likewise.")
def init(folder: Path, preset: str | None, table: Path | None, fundus: Path | None) -> None:
    """Make FOLDER a study: Snakefile, config.yaml and README.md, run by the installed package alone.

    Without data the study is the demo: a phantom that needs no download and no GPU. In the folder,
    `snakemake --cores 8` makes the table and the report.

    \b
    Examples:
      fdgst init study
      fdgst init mine --table data/images.csv
      fdgst init eyes --table data/raw.csv --preset raw-fundus
      fdgst init fundus --fundus data/Fundus
    """
    from fdgst.data.founding import found_study
    from fdgst.extras import EXTRAS, missing

    for line in found_study(folder, preset=preset, table=table, fundus=fundus):
        click.echo(line)
    if lacking := [module for extra in EXTRAS for module in missing(extra)]:
        click.echo(f'before that: pip install "fdgst[all]", as a study needs more ({", ".join(lacking)})')
