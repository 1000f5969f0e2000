"""Verbs that generate: bank, shard."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fdgst.cli.options import FILE, NEW_FILE, settings_option

if TYPE_CHECKING:
    from fdgst.study.slices import ShardSettings


@click.command()
@click.option("--rois", type=FILE, required=True, help="ROI file of the domain.")
@click.option("--alpha", default="0", show_default=True, help="0 (dense), or 0.05, ac:0.05, energy:0.99 (soft).")
@click.option("--mixing", default="roi", show_default=True, help="Size whose spectra are banked: roi or network.")
@click.option("--out", type=NEW_FILE, required=True, help="The bank, HDF5.")
def bank(rois: Path, alpha: str, mixing: str, out: Path) -> None:
    """Bank the amplitudes of a domain's training images, dense or soft-thresholded.

    \b
    Examples:
      fdgst bank --rois results/rois/domain1.h5 --out results/banks/domain1/dense.h5
      fdgst bank --rois results/rois/domain1.h5 --alpha 0.05 --out results/banks/domain1/soft-0.05.h5
    """
    from fdgst.generation.banks import make_bank

    make_bank(rois, out, alpha=alpha, mixing=mixing)


@click.command()
@click.option("--content", type=FILE, required=True, help="ROI file of the content domain: phases and masks.")
@click.option("--style-bank", type=FILE, help="Bank of the style domain: amplitudes. None for contrast and jitter.")
@click.option("--content-bank", type=FILE, help="Soft bank of the content domain: spares its transforms.")
@settings_option("ShardSettings")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Threads of arithmetic; left out, one a core, up to 4, and 1 with --content-bank, which leaves little to"
    " compute. No byte depends on them.",
)
@click.option("--out", type=NEW_FILE, required=True, help="The shard, HDF5.")
def shard(
    content: Path,
    style_bank: Path | None,
    content_bank: Path | None,
    settings: "ShardSettings",
    jobs: int | None,
    out: Path,
) -> None:
    """Stylise one domain's training images like another's, for every lambda.

    The settings say which augmentation, which seed and which compression, for example {"augmentation": {"id": "fdg",
    "kind": "fourier", "window": "full", "alpha": 0, "lambda": [0.1, 0.5, 1.0], "encoding": "grid", "mixing": "roi"},
    "seed": 2024, "compression": "none"}.

    \b
    Examples:
      fdgst shard --content results/rois/domain1.h5 --style-bank results/banks/domain2/dense.h5 \\
        --settings fdg.json --out results/shards/fdg/domain1/domain2.h5
      fdgst shard --content results/rois/domain1.h5 --content-bank results/banks/domain1/soft-0.05.h5 \\
        --style-bank results/banks/domain2/soft-0.05.h5 --settings fdg_st.json \\
        --out results/shards/fdg_st/domain1/domain2.h5
    """
    from fdgst.generation.shards import ShardInputs, make_shard
    from fdgst.generation.threads import spare_cores

    make_shard(
        ShardInputs(content, style_bank, content_bank),
        out,
        augmentation=settings.augmentation,
        seed=settings.seed,
        compression=settings.compression,
        jobs=jobs or (1 if content_bank else spare_cores()),
    )
