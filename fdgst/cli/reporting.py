"""Verbs that print and draw: table, versus-paper, figure, cases, report."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from fdgst.cli.options import FILE, FILE_OR_FOLDER, NEW_FILE, Variadic, settings_option


@click.command(cls=Variadic)
@click.argument("name")
@click.option("--rois", type=FILE, multiple=True, help="ROI files. fig2, fig3, released: content first, style second.")
@click.option("--photographs", type=FILE, multiple=True, help="Two whole photographs: content, style.")
@click.option(
    "--phantom", type=click.IntRange(0), help="Where there are none, draw them with this seed by cameras 1 and 2."
)
@click.option("--predictions", type=FILE, multiple=True, help="Predictions of one or more models on unseen domains.")
@click.option("--runs", type=FILE_OR_FOLDER, multiple=True, help="Runs' folders, or files in them.")
@click.option("--scores", type=FILE, multiple=True, help="scores.csv of all or of some runs.")
@click.option("--tables", type=FILE, multiple=True, help="The table of figures that need one, as below.")
@click.option("--out", type=NEW_FILE, required=True, help="PNG; PDF and SVG are written beside it.")
@settings_option("FigureSettings")
def figure(name: str, out: Path, phantom: int | None, settings: Any, **inputs: Any) -> None:
    """Draw a figure as PNG, PDF and SVG. An option that is given several files may be written once.

    \b
    NAME       needs                         shows
    fig1       --rois                        samples of every domain
    fig2       --rois [--photographs]        lambda, without and with threshold, and spectra
    fig3       --rois [--photographs]        alpha; instead of --photographs: --phantom, or ROIs alone
    released   --rois                        the paper's formulas beside what its scripts compute
    fig5       --rois --predictions --scores contours of truth and predictions
    gallery    --rois --predictions --scores each method's worst images
    boxes      --scores                      distributions by domain and method
    agreement  --scores                      the task's measures, Bland-Altman
    curves     --runs                        training losses
    ranks      --tables ranks.csv            which row comes first over all cells
    pairs      --scores --tables             row against row, image by image (significance.csv)
    protocols  --tables protocols.csv        how much the protocol alone moves each method
    ablation   --tables                      a study beside the table

    \b
    Examples:
      figure.json:
        {"methods": [{"id": "deepall", "title": "DeepAll"},
                     {"id": "fdg", "title": "FDG"}],
         "domains": [{"id": "a", "title": "Clinic A"}, {"id": "b", "title": "Clinic B"}],
         "task": {"channels": 3, "bits": 8, "background": [[0, 0]], "around": null, "measures": [],
                  "structures": [{"id": "cell", "title": "Cell", "values": [[1, 255]],
                                  "regions": "all", "holes": "fill", "within": null}]}}
      fdgst figure fig1 --settings figure.json --rois results/rois/*.h5 --out fig1.png
      fdgst figure fig2 --settings figure.json --rois results/rois/a.h5 results/rois/b.h5 \\
        --photographs a.jpg b.jpg --out fig2.png
      fdgst figure fig5 --settings figure.json --rois results/rois/*.h5 --scores results/scores.csv \\
        --predictions results/runs/*/a/seed0/predictions/last/whole/a.h5 --out fig5.png
    """
    from fdgst.reporting.figures import FIGURES, FigureInputs, make

    if name not in FIGURES:
        raise click.UsageError(f"figure {name!r} is none of {', '.join(FIGURES)}")
    drawn = phantom is not None and not inputs["photographs"]
    shown = {"methods": settings.methods, "domains": settings.domains, "task": settings.task}
    with TemporaryDirectory() as folder:
        if phantom is not None and drawn:
            inputs["photographs"] = _drawn_photographs(Path(folder), phantom)
        for line in make(name, out, FigureInputs(**inputs, **shown, drawn=drawn)):
            click.echo(f"warning: {line}", err=True)


def _drawn_photographs(folder: Path, seed: int) -> list[Path]:
    """Draw a content and a style photograph by the phantom's cameras 1 and 2."""
    from PIL import Image

    from fdgst.data.phantom.drawing import photograph

    paths = [folder / "content.png", folder / "style.png"]
    for number, path in enumerate(paths, start=1):
        Image.fromarray(photograph(seed=seed, number=number, index=0, height_px=480, width_px=640)).save(path)
    return paths


@click.command(cls=Variadic)
@click.option("--scores", type=FILE, multiple=True, required=True, help="scores.csv of all domains, or several files.")
@click.option("--rois", type=FILE, multiple=True, required=True, help="ROI files of the domains.")
@click.option("--predictions", type=FILE, multiple=True, required=True, help="Predictions on the unseen domains.")
@click.option("--out", type=NEW_FILE, required=True, help="JSON, for the report.")
@settings_option("TableSettings")
def cases(scores: tuple[Path, ...], rois: Any, predictions: Any, out: Path, settings: Any) -> None:
    """Choose the best, the median and the worst image of each cell of the table, and outline what is in them.

    The report shows them when a cell is clicked. The settings are those of `fdgst table`.

    \b
    Examples:
      fdgst cases --settings table.json --scores results/scores.csv --rois results/rois/*.h5 \\
        --predictions results/runs/*/*/seed0/predictions/last/whole/*.h5 --out results/cases.json
    """
    from fdgst.reporting.cases import make_cases
    from fdgst.reporting.figures.contours import Pictures, models

    with Pictures(rois, models(predictions), settings.task) as pixels:
        make_cases(out, settings=settings, scores=scores, pixels=pixels)


@click.command()
@click.argument("files", type=FILE, nargs=-1)
@click.option("--config", type=FILE, required=True, help="The whole configuration, JSON: results/config.json.")
@click.option("--out", type=NEW_FILE, required=True, help="The report, HTML.")
def report(files: tuple[Path, ...], config: Path, out: Path) -> None:
    """Write the report: one HTML file that needs no other and no network.

    FILES may be tables (table1.csv, significance.csv, wins.csv, ranks.csv, scores.csv, protocols.csv,
    table1_vs_paper.csv, audit.csv), pictures (*.svg, *.png; of one name the SVG), cases.json, data sheets
    (AUGMENTATION/sheet.csv), studies (ablations/*.csv and their pictures) and records of trainings (run.json). A
    section without a file is left out.

    \b
    Examples:
      fdgst report --config results/config.json --out report.html results/*.csv results/cases.json \\
        results/figures/*.png results/figures/*.svg results/shards/*/sheet.csv results/runs/*/*/*/run.json
    """
    from fdgst.reporting.report import study_of, write_report

    settings, whole = study_of(config)
    write_report(out, settings=settings, files=files, config=whole)


@click.command(cls=Variadic)
@click.option("--scores", type=FILE, multiple=True, required=True, help="scores.csv of all domains, or several files.")
@click.option("--csv", type=NEW_FILE, required=True, help="Every mean with its interval, tidy.")
@click.option("--tex", type=NEW_FILE, required=True, help="The paper's Table 1; needs booktabs and multirow.")
@settings_option("TableSettings")
def table(scores: tuple[Path, ...], csv: Path, tex: Path, settings: Any) -> None:
    """Make Table 1. Upper bounds stand below a rule and are never bold.

    \b
    Examples:
      table.json:
        {"methods": [{"id": "deepall", "title": "DeepAll"},
                     {"id": "fdg", "title": "FDG"}],
         "domains": [{"id": "a", "title": "Clinic A"}, {"id": "b", "title": "Clinic B"}],
         "protocol": "paper", "bootstrap_samples": 2000, "confidence": 0.95, "data": "", "tests": "",
         "task": {"channels": 3, "bits": 8, "background": [[0, 0]], "around": null, "measures": [],
                  "structures": [{"id": "cell", "title": "Cell", "values": [[1, 255]],
                                  "regions": "all", "holes": "fill", "within": null}]}}
      fdgst table --settings table.json --scores results/scores.csv --csv table1.csv --tex table1.tex
    """
    from fdgst.reporting.table import make_table

    make_table(
        scores,
        settings.methods,
        settings.domains,
        task=settings.task,
        csv=csv,
        tex=tex,
        protocol=settings.protocol,
        samples=settings.bootstrap_samples,
        confidence=settings.confidence,
        data=settings.data,
        tests=settings.tests,
    )


@click.command()
@click.option("--table", type=FILE, required=True, help="table1.csv.")
@click.option("--out", type=NEW_FILE, required=True, help="CSV.")
@settings_option("PaperSettings")
def versus_paper(table: Path, out: Path, settings: Any) -> None:
    """Put our table beside the paper's. Means something for the paper's data alone.

    \b
    Examples:
      paper.json:
        {"domains": [{"id": "a", "title": "Clinic A", "paper": 1}, {"id": "b", "title": "Clinic B", "paper": null}]}
      fdgst versus-paper --settings paper.json --table results/table1.csv --out table1_vs_paper.csv
    """
    from fdgst.reporting.paper import versus_paper

    versus_paper(table, out, domains=settings.domains)
