"""Verbs that print and draw: table, versus-paper, figure, report."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from fdgst.cli.options import FILE, PROTOCOL, SHARE, TITLES, Variadic


@click.command(cls=Variadic)
@click.argument("name")
@click.option("--rois", type=FILE, multiple=True, help="ROI files. fig2, fig3, released: content first, style second.")
@click.option("--photographs", type=FILE, multiple=True, help="Two whole photographs: content, style.")
@click.option(
    "--phantom", type=click.IntRange(0), help="Where there are none, draw them with this seed by cameras 1 and 2."
)
@click.option("--runs", type=click.Path(path_type=Path), multiple=True, help="Runs' folders, or files in them.")
@click.option("--scores", type=FILE, multiple=True, help="scores.csv of all or of some runs.")
@click.option("--tables", type=FILE, multiple=True, help="protocols.csv, or tables of an ablation.")
@click.option("--methods", type=TITLES, default="[]", help="Which methods, in which order: [{id: .., title: ..}, ..]")
@click.option("--domains", type=TITLES, default="[]", help="Which domains, in which order, in the same way.")
@click.option("--out", type=FILE, required=True, help="PNG; a PDF is written beside it.")
def figure(name: str, out: Path, phantom: int | None, **inputs: Any) -> None:
    """Draw a figure as PNG and PDF. An option that is given several files may be written once.

    \b
    NAME       needs                    shows
    fig1       --rois                   samples of every domain
    fig2       --rois [--photographs]   lambda, without and with threshold, and spectra
    fig3       --rois [--photographs]   alpha; instead of --photographs: --phantom, or ROIs alone
    released   --rois                   the paper's formulas beside what its scripts compute
    fig5       --rois --runs --scores   predictions: truth red, cup blue, disc green
    gallery    --rois --runs --scores   each method's worst images
    boxes      --scores                 distributions by domain and method
    agreement  --scores                 vertical cup-to-disc ratio, Bland-Altman
    curves     --runs                   training losses
    protocols  --tables                 how much the protocol alone moves each method
    ablation   --tables                 a study beside the table

    \b
    Examples:
      fdgst figure fig1 --rois results/rois/domain*.h5 --out results/figures/fig1.png
      fdgst figure fig2 --rois results/rois/domain1.h5 results/rois/domain2.h5 --photographs a.jpg b.jpg \\
        --out results/figures/fig2.png
      fdgst figure fig5 --rois results/rois/domain*.h5 --runs results/runs/*/*/seed0 --scores results/scores.csv \\
        --methods '[{id: fdg, title: FDG}, {id: fdg_st, title: FDG+ST}]' --out results/figures/fig5.png
    """
    from fdgst.reporting.figures import FIGURES, Inputs, make

    if name not in FIGURES:
        raise click.UsageError(f"figure {name!r} is none of {', '.join(FIGURES)}")
    with TemporaryDirectory() as folder:
        if phantom is not None and not inputs["photographs"]:
            inputs["photographs"] = _drawn_photographs(Path(folder), phantom)
        make(name, out, Inputs(**inputs))


def _drawn_photographs(folder: Path, seed: int) -> list[Path]:
    """Draw a content and a style photograph by the phantom's cameras 1 and 2."""
    from PIL import Image

    from fdgst.data.phantom.reader import photograph

    paths = [folder / "content.png", folder / "style.png"]
    for number, path in enumerate(paths, start=1):
        Image.fromarray(photograph(seed=seed, number=number, index=0, height_px=480, width_px=640)).save(path)
    return paths


@click.command()
@click.argument("files", type=FILE, nargs=-1)
@click.option("--config", type=FILE, required=True, help="The configuration, YAML or JSON.")
@click.option("--out", type=FILE, required=True, help="The report, HTML.")
def report(files: tuple[Path, ...], config: Path, out: Path) -> None:
    """Write the report: one HTML file that needs no other and no network.

    FILES may be tables (table1.csv, significance.csv, wins.csv, protocols.csv, table1_vs_paper.csv, audit.csv),
    pictures (*.png), data sheets (AUGMENTATION/sheet.csv), studies (ablations/*.csv and *.png) and records of trainings
    (run.json). A section whose file is not given says how to make it.

    \b
    Examples:
      fdgst report --config config.yaml --out results/report.html results/*.csv results/figures/*.png \\
        results/shards/*/sheet.csv results/pretrained/*/*/run.json results/runs/*/*/*/run.json
    """
    from fdgst.reporting.report import write_report

    write_report(out, config=config, files=files)


@click.command(cls=Variadic)
@click.option("--scores", type=FILE, multiple=True, required=True, help="scores.csv of all domains, or several files.")
@click.option("--methods", type=TITLES, required=True, help="Rows: [{id: .., title: .., trainer: ..}, ..]")
@click.option("--domains", type=TITLES, required=True, help="Columns: [{id: .., title: ..}, ..]")
@click.option("--protocol", type=PROTOCOL, required=True, help="Whose definitions are shown.")
@click.option("--data", default="", help="What the scores were made on, for the caption.")
@click.option("--tests", default="", help="File that tests the rows against each other, for the caption.")
@click.option("--samples", type=click.IntRange(100), default=2000, show_default=True, help="Bootstrap resamples.")
@click.option("--confidence", type=SHARE, default=0.95, show_default=True, help="Of the intervals.")
@click.option("--csv", type=FILE, required=True, help="Every mean with its interval, tidy.")
@click.option("--tex", type=FILE, required=True, help="The paper's Table 1; needs booktabs and multirow.")
def table(
    scores: tuple[Path, ...], methods: list[dict[str, Any]], domains: list[dict[str, Any]], **options: Any
) -> None:
    """Make Table 1. A method whose trainer is intra is an upper bound: below a rule, never bold.

    \b
    Examples:
      fdgst table --scores results/scores.csv --methods '[{id: deepall, title: DeepAll}, {id: fdg, title: FDG}]' \\
        --domains '[{id: domain1, title: Camera 1}, {id: domain2, title: Camera 2}]' --protocol paper \\
        --csv results/table1.csv --tex results/table1.tex
    """
    from fdgst.reporting.table import make_table

    make_table(scores, methods, domains, **options)


@click.command()
@click.option("--table", type=FILE, required=True, help="table1.csv.")
@click.option("--out", type=FILE, required=True, help="CSV.")
def versus_paper(table: Path, out: Path) -> None:
    """Put our table beside the paper's. Means something for the paper's data alone.

    \b
    Examples:
      fdgst versus-paper --table results/table1.csv --out results/table1_vs_paper.csv
    """
    from fdgst.reporting.paper import versus_paper

    versus_paper(table, out)
