"""Verbs that generate: bank, shard."""

from pathlib import Path
from typing import Any

import click

from fdgst.cli.options import FILE, YAML


@click.command()
@click.option("--rois", type=FILE, required=True, help="ROI file of the domain.")
@click.option("--alpha", default="0", show_default=True, help="0 (dense), or 0.05, ac:0.05, energy:0.99 (soft).")
@click.option("--mixing", default="roi", show_default=True, help="Size whose spectra are banked: roi or network.")
@click.option("--out", type=FILE, required=True, help="The bank, HDF5.")
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
@click.option("--content", type=FILE, required=True, help="ROI file of the content domain: phases and labels.")
@click.option("--style-bank", type=FILE, help="Bank of the style domain: amplitudes. None for contrast and jitter.")
@click.option("--content-bank", type=FILE, help="Soft bank of the content domain: spares its transforms.")
@click.option("--augmentation", required=True, help="Id of the augmentation.")
@click.option("--kind", default="fourier", show_default=True, help="fourier, contrast or jitter.")
@click.option("--window", default="full", show_default=True, help="full, released, dc, low:0.01; none with a control.")
@click.option("--alpha", default="0", show_default=True, help="0, 0.05, ac:0.05 or energy:0.99; none with a control.")
@click.option("--lambdas", type=YAML, required=True, help="[0.1, 0.5, 1], or {uniform: [0, 1], copies: 1}.")
@click.option("--encoding", default="grid", show_default=True, help="grid: every picture; residual: the change, once.")
@click.option("--mixing", default="roi", show_default=True, help="Size at which spectra are mixed: roi or network.")
@click.option("--seed", type=click.IntRange(0), required=True, help="Draws style images and lambdas.")
@click.option("--compression", type=click.Choice(["none", "gzip"]), default="none", show_default=True)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Threads; no byte depends on them.")
@click.option("--out", type=FILE, required=True, help="The shard, HDF5.")
def shard(
    content: Path,
    style_bank: Path | None,
    content_bank: Path | None,
    augmentation: str,
    kind: str,
    window: str,
    alpha: str,
    lambdas: Any,
    encoding: str,
    mixing: str,
    out: Path,
    **how: Any,
) -> None:
    """Stylise one domain's training images like another's, for every lambda.

    \b
    Examples:
      fdgst shard --content results/rois/domain1.h5 --style-bank results/banks/domain2/dense.h5 --augmentation fdg \\
        --lambdas '[0.1, 0.5, 1.0]' --seed 2024 --out results/shards/fdg/domain1/domain2.h5
      fdgst shard --content results/rois/domain1.h5 --content-bank results/banks/domain1/soft-0.05.h5 \\
        --style-bank results/banks/domain2/soft-0.05.h5 --augmentation fdg_st --alpha 0.05 \\
        --lambdas '{uniform: [0, 1], copies: 2}' --seed 2024 --out results/shards/fdg_st/domain1/domain2.h5
    """
    from fdgst.generation.augmentation import Augmentation
    from fdgst.generation.shards import Inputs, make_shard

    made = Augmentation(augmentation, kind, window, alpha, lambdas, encoding, mixing)
    make_shard(Inputs(content, style_bank, content_bank), out, augmentation=made, **how)
