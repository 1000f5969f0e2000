"""Verbs that bring images in: rois, phantom, audit, import."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fdgst.cli.options import FILE, FILE_OR_FOLDER, NAME, NEW_FILE, NEW_FOLDER, settings_option
from fdgst.data.importers import SETS

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from fdgst.data.source import Box
    from fdgst.study.slices import ReadingSettings


SIDE = "2"  # of a ROI, diameters, where --roi says no number


@click.command()
@settings_option("ReadingSettings")
@click.option("--title", required=True, help="The domain's printed name.")
@click.option("--manifest", type=NEW_FILE, required=True, help="List of the images, CSV.")
@click.option("--record", type=NEW_FILE, help="Record of the files that were read and of what was told, JSON.")
@click.option("--stamp", default="first", help="What the record is to say that the files are known by.")
@click.option("--out", type=NEW_FILE, required=True, help="The ROI file, HDF5.")
def rois(settings: "ReadingSettings", title: str, manifest: Path, record: Path | None, stamp: str, out: Path) -> None:
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
        record=record,
        stamp=stamp,
    ):
        click.echo(line)


@click.command()
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder to make; it must be new or empty.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the drawings.")
@click.option("--size-px", type=click.IntRange(48), default=800, show_default=True, help="Side of an image, pixels.")
@click.option("--height-px", type=click.IntRange(48), help="Height of an image, where it is not --size-px.")
@click.option("--width-px", type=click.IntRange(48), help="Width of an image, where it is not --size-px.")
@click.option("--train", type=click.IntRange(1), default=20, show_default=True, help="Training images per domain.")
@click.option("--test", type=click.IntRange(1), default=10, show_default=True, help="Test images per domain.")
@click.option("--domains", type=click.IntRange(1), default=4, show_default=True, help="Domains, each with a camera.")
@click.option(
    "--layout",
    type=click.Choice(["fundus", "table", *(name for name in SETS if name != "fundus")]),
    default="fundus",
    show_default=True,
    help="Folders for the reader fundus; images.csv with a mask for each of four structures; or a raw set's own.",
)
@click.option("--channels", type=click.Choice(["1", "3"]), default="3", show_default=True, help="Grey or colour.")
@click.option("--bits", type=click.Choice(["8", "16"]), default="8", show_default=True, help="Depth; 16 is for grey.")
@click.option("--lesions", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Share with a lesion.")
@click.option("--rgb-masks", type=click.IntRange(1), multiple=True, help="A domain whose masks are stored as RGB.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes to draw with.")
def phantom(
    out: Path, size_px: int, height_px: int | None, width_px: int | None, channels: str, bits: str, **options: Any
) -> None:
    """Draw phantom ROIs and masks as PNG files, for the reader fundus or the reader table; or a raw set.

    The same seed gives the same images, whatever their number; another size shows the same eyes. A raw set is written
    as its makers publish it (most with whole photographs), for fdgst import: --size-px is the height of a photograph,
    its width is the set's; domains and their cameras are the set's, too.

    \b
    Examples:
      fdgst phantom --out data/Phantom
      fdgst phantom --out data/Small --size-px 192 --train 32 --test 16 --rgb-masks 2 --jobs 2
      fdgst phantom --out data/Four --layout table --height-px 160 --width-px 224 --lesions 0.5
      fdgst phantom --out data/Deep --channels 1 --bits 16
      fdgst phantom --out raw/Drishti --layout drishti-gs --size-px 400 --train 20 --test 10
    """
    from fdgst.data.phantom.folder import write_folder
    from fdgst.data.phantom.raw import write_raw
    from fdgst.errors import ConfigError
    from fdgst.progress import log_to_stderr
    from fdgst.study.strict import in_words

    log_to_stderr()
    if options["layout"] not in ("fundus", "table"):
        if (channels, bits, options["rgb_masks"]) != ("3", "8", ()):
            raise ConfigError("--channels, --bits, --rgb-masks: expected none of them with the layout of a raw set")
        wanted = {key: value for key, value in options.items() if key not in ("rgb_masks", "domains")}
        count = write_raw(out, height_px=height_px or size_px, width_px=width_px, **wanted)
        click.echo(f"{out}: {count} images")
        return
    size = (height_px or size_px, width_px or size_px)
    count = write_folder(out, size_px=size, channels=int(channels), bits=int(bits), **options)
    click.echo(f"{out}: {count} images of {in_words(size)} in {options['domains']} domains")


@click.command()
@click.argument("manifests", type=FILE, nargs=-1, required=True)
@click.option("--out", type=NEW_FILE, required=True, help="Images per domain and split, CSV.")
def audit(manifests: tuple[Path, ...], out: Path) -> None:
    """Count the images of all domains and refuse the same image in two domains or splits.

    \b
    Examples:
      fdgst audit results/rois/domain*.csv --out results/audit.csv
    """
    from fdgst.data.prepare import audit

    audit(manifests, out)


class Roi(click.ParamType):
    """Where ROIs are cut: a number of diameters, ``none``, ``located`` or ``located:2.5``."""

    name = "roi"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float | None, bool]:
        """Return the side in diameters, and whether it is cut around what is located."""
        if isinstance(value, tuple):
            return value
        how, _, number = str(value).partition(":") if str(value).startswith("located") else ("", "", str(value))
        if str(value) == "none":
            return None, False
        try:
            side = float(number or SIDE)
        except ValueError:
            side = 0.0
        if how in ("", "located") and 1 <= side <= 100:
            return side, how == "located"
        return self.fail(
            f"expected a side of 1 to 100 diameters, none, located or located:2.5, found {value!r}", param, ctx
        )


@click.command("import")
@click.argument("name", metavar="SET", type=click.Choice(list(SETS)))
@click.argument("folder", type=FILE_OR_FOLDER)
@click.option(
    "--out", type=NEW_FILE, required=True, help="The table, CSV; masks that must be made go to masks/ beside it."
)
@click.option("--append", is_flag=True, help="Keep the other domains of a table that exists.")
@click.option(
    "--roi",
    type=Roi(),
    default="none",
    show_default=True,
    help="Side of the square ROI, in diameters of what the mask shows; located: around what fdgst locate finds, 2"
    " diameters, or located:2.5; none: whole images.",
)
@click.option(
    "--expert", type=NAME, help="Whose masks: 1, 2, ..., or mean, where several people drew them.  [default: mean]"
)
@click.option("--test", type=click.IntRange(1), help="Images of each domain drawn for test, in place of a split.")
@click.option("--domain", type=NAME, help="Id of the domain, of nnunet and folders.  [default: from the folder's name]")
@click.option("--leave-out", is_flag=True, help="Leave out damaged and ill-fitting files, which are refused otherwise.")
def import_(
    name: str,
    folder: Path,
    out: Path,
    append: bool,
    roi: tuple[float | None, bool],
    expert: str | None,
    test: int | None,
    domain: str | None,
    leave_out: bool,
) -> None:
    """Turn a public SET, as its makers publish it, into a table for the reader table.

    SET is one of drishti-gs, rim-one-r3, rim-one-dl, refuge, origa, papila, idrid, chaksu, fundus, dsb2018, nnunet, and
    folders (images and masks with equal names). Says how many images it found, what it left out and why. The folder is
    only read. docs/data.md tells what is looked for.

    \b
    Examples:
      fdgst import drishti-gs raw/Drishti-GS1_files --roi 2.0 --out data/images.csv
      fdgst import rim-one-r3 raw/RIM-ONE-r3 --roi 2.0 --test 60 --append --out data/images.csv
      fdgst import papila raw/PapilaDB --expert 1 --out data/papila.csv
      fdgst import folders mine --domain clinic --test 20 --out mine/images.csv
    """
    from fdgst.data.importers import import_set
    from fdgst.data.importers.kernel import Choice

    side, located = roi
    choice = Choice(expert, side, _locator() if located else None, test, domain, leave_out)
    for line in import_set(name, folder, out, choice, append=append):
        click.echo(line)


def _locator() -> "Callable[[np.ndarray], Box | None]":
    """Return what finds the box that ROIs are cut around."""
    from fdgst.inference.locating import locate

    def box(image: "np.ndarray") -> "Box | None":
        found = locate(image)
        if found is None:
            return None
        return round(found.left), round(found.top), round(found.width), round(found.height)

    return box
