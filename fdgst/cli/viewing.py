"""Verbs for people who look into files and photographs: inspect, verify, sheet, mix."""

from pathlib import Path

import click

from fdgst.cli.options import FILE, FOLDER, NEW_FILE, NEW_FOLDER, STRENGTHS, Input, Output


@click.command()
@click.argument("paths", type=Input(exists=True), nargs=-1, required=True)
def verify(paths: tuple[Path, ...]) -> None:
    """Re-read files, and all *.h5, models and bundles below folders, against their checksums and contracts.

    Prints one line for every damaged file and exits with status 1 if there is one.

    \b
    Examples:
      fdgst verify results
      fdgst verify results/shards/fdg/domain1/domain2.h5
      fdgst verify results/bundles/fdg_st/seed0
    """
    from fdgst.errors import FormatError
    from fdgst.storage.contracts import verify_all

    counts, faults = verify_all(paths)
    if counts:
        click.echo("sound: " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
    if faults:
        raise FormatError(*faults)


@click.command()
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--out", type=NEW_FILE, required=True, help="The sheet, CSV.")
def sheet(files: tuple[Path, ...], out: Path) -> None:
    """Sum up shards in a table: what each lambda does to the images of each pair of domains.

    Of an augmentation that trainers apply live there are no shards: given their records (run.json), it sums up which
    styles and lambdas they drew.

    \b
    Examples:
      fdgst sheet results/shards/fdg/*/*.h5 --out results/shards/fdg/sheet.csv
      fdgst sheet results/runs/fdg/*/*/run.json --out results/live/fdg/sheet.csv
    """
    from fdgst.viewing.sheet import make_sheet

    make_sheet(files, out)


@click.command()
@click.argument("file", type=FILE)
@click.option("--picture", type=Output(dir_okay=False, endings=(".png",)), help="Draw what it holds, PNG.")
@click.option("--rois", type=FOLDER, help="Folder of the ROI files, for pictures; found by itself below results/.")
def inspect(file: Path, picture: Path | None, rois: Path | None) -> None:
    """Say what an HDF5 file is, what made it and what it holds; with --picture, show it.

    \b
    Examples:
      fdgst inspect results/rois/domain1.h5 --picture rois.png
      fdgst inspect results/shards/fdg_st/domain1/domain2.h5 --picture shard.png
    """
    from fdgst.viewing.inspection import describe

    for line in describe(file):
        click.echo(line)
    if picture:
        from fdgst.viewing.showing import show

        for note in show(file, picture, rois=rois):
            click.echo(note)


@click.command()
@click.argument("content", type=FILE)
@click.argument("style", type=FILE)
@click.option("--lambda", "lambdas", type=STRENGTHS, required=True, help="Strengths in [0, 1]: .1,.5,1")
@click.option("--alpha", default="0", show_default=True, help="Threshold: 0, 0.05, ac:0.05 or energy:0.99.")
@click.option("--window", default="full", show_default=True, help="full, released, dc or low:0.01.")
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder for the pictures.")
def mix(content: Path, style: Path, lambdas: list[float], alpha: str, window: str, out: Path) -> None:
    """Show one photograph in the style of another, for every lambda: PNGs and a contact sheet.

    A style photograph of another size is resized to the content's.

    \b
    Examples:
      fdgst mix mine.jpg yours.jpg --lambda .1,.5,1 --alpha .05 --out mixed
    """
    from fdgst.viewing.mixing import mix_photographs

    for line in mix_photographs(content, style, out, lambdas=lambdas, window=window, alpha=alpha):
        click.echo(line)
