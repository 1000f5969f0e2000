"""The command line: one verb per rule of the workflow, and a few for people. Each parses, imports and calls.

Nothing heavy is imported before a verb runs, so that `fdgst --help` answers at once.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from fdgst import __version__
from fdgst.errors import FdgstError

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


class Yaml(click.ParamType):
    """A value in inline YAML (JSON is YAML): ``[0.1, 0.5]`` or ``{uniform: [0, 1], copies: 1}``."""

    name = "yaml"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse `value`, or fail with click's usage error."""
        import yaml

        try:
            return yaml.safe_load(value)
        except yaml.YAMLError as error:
            self.fail(f"expected inline YAML, found {value!r} ({error})", param, ctx)


class Mapping(Yaml):
    """A mapping in inline YAML: ``{seed: 1, size_px: 96}``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Parse `value`, or fail with click's usage error."""
        parsed = super().convert(value, param, ctx)
        if not isinstance(parsed, dict):
            self.fail(f"expected a mapping such as '{{seed: 1}}', found {value!r}", param, ctx)
        return parsed


class Titles(Yaml):
    """A list of ids and titles in inline YAML: ``[{id: domain1, title: Camera 1}]``; other keys are kept."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[dict[str, Any]]:
        """Parse `value`, or fail with click's usage error."""
        try:
            items = super().convert(value, param, ctx)
            return [{**item, "id": str(item["id"]), "title": str(item["title"])} for item in items]
        except (TypeError, KeyError):
            self.fail(f"expected a list such as '[{{id: domain1, title: Camera 1}}]', found {value!r}", param, ctx)


class Numbers(click.ParamType):
    """Numbers with commas between: ``.1,.5,1``."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        """Parse `value`, or fail with click's usage error."""
        try:
            return [float(part) for part in str(value).split(",")]
        except ValueError:
            self.fail(f"expected numbers such as .1,.5,1, found {value!r}", param, ctx)


MAPPING = Mapping()
NUMBERS = Numbers()
YAML = Yaml()
TITLES = Titles()
PROTOCOL = click.Choice(["paper", "released"])
SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


class Variadic(click.Command):
    """A command whose repeatable options take several values: ``--rois a b`` is ``--rois a --rois b``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat an option before each value after its first."""
        repeatable = {flag for option in self.params if getattr(option, "multiple", False) for flag in option.opts}
        current, given = "", 0
        spread: list[str] = []
        for arg in args:
            if arg.startswith("-"):
                current, given = arg, 0
            elif current in repeatable:
                given += 1
                spread += [current] if given > 1 else []
            spread.append(arg)
        return super().parse_args(ctx, spread)


def parallel(**lists: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Go through options of several values side by side; an option given once serves all, one not given is None."""
    longest = max(len(values) for values in lists.values())
    for name, values in lists.items():
        if len(values) not in (0, 1, longest):
            raise click.UsageError(f"expected --{name} once or {longest} times, found {len(values)}")
    return list(
        zip(*((values or (None,)) * (longest if len(values) < 2 else 1) for values in lists.values()), strict=True)
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fdgst")
def fdgst() -> None:
    """Fourier style augmentation with soft thresholding: ROIs, banks, shards, trainings, scores, tables.

    The workflow calls one verb per rule; `inspect`, `verify`, `mix` and `phantom` are for people.
    """


@fdgst.command()
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


@fdgst.command()
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
    from fdgst.data.phantom_folder import write_folder
    from fdgst.progress import log_to_stderr

    log_to_stderr()
    count = write_folder(out, **options)
    click.echo(f"{out}: {count} images of {options['size_px']} px in {options['domains']} domains")


@fdgst.command()
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


@fdgst.command()
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


@fdgst.command()
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


@fdgst.command()
@click.argument("paths", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True)
def verify(paths: tuple[Path, ...]) -> None:
    """Re-read files, and all *.h5 below folders, against their checksums and their kind's contract.

    Prints one line for every damaged file and exits with status 1 if there is one.

    \b
    Examples:
      fdgst verify results
      fdgst verify results/shards/fdg/domain1/domain2.h5
    """
    from fdgst.errors import FormatError
    from fdgst.storage.contracts import verify_all

    counts, faults = verify_all(paths)
    if counts:
        click.echo("sound: " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
    if faults:
        raise FormatError(*faults)


@fdgst.command()
@click.argument("shards", type=FILE, nargs=-1, required=True)
@click.option("--out", type=FILE, required=True, help="The sheet, CSV.")
def sheet(shards: tuple[Path, ...], out: Path) -> None:
    """Sum up shards in a table: what each lambda does to the images of each pair of domains.

    \b
    Examples:
      fdgst sheet results/shards/fdg/*/*.h5 --out results/shards/fdg/sheet.csv
    """
    from fdgst.generation.sheet import make_sheet

    make_sheet(shards, out)


@fdgst.command()
@click.argument("file", type=FILE)
@click.option("--picture", type=FILE, help="Draw what it holds, PNG.")
@click.option("--rois", type=FOLDER, help="Folder of the ROI files, for pictures; found by itself below results/.")
def inspect(file: Path, picture: Path | None, rois: Path | None) -> None:
    """Say what an HDF5 file is, what made it and what it holds; with --picture, show it.

    \b
    Examples:
      fdgst inspect results/rois/domain1.h5 --picture rois.png
      fdgst inspect results/shards/fdg_st/domain1/domain2.h5 --picture shard.png
    """
    from fdgst.generation.inspection import describe

    for line in describe(file):
        click.echo(line)
    if picture:
        from fdgst.generation.showing import show

        for note in show(file, picture, rois=rois):
            click.echo(note)


@fdgst.command()
@click.argument("content", type=FILE)
@click.argument("style", type=FILE)
@click.option("--lambda", "lambdas", type=NUMBERS, required=True, help="Strengths in [0, 1]: .1,.5,1")
@click.option("--alpha", default="0", show_default=True, help="Threshold: 0, 0.05, ac:0.05 or energy:0.99.")
@click.option("--window", default="full", show_default=True, help="full, released, dc or low:0.01.")
@click.option("--out", type=FOLDER, required=True, help="Folder for the pictures.")
def mix(content: Path, style: Path, lambdas: list[float], alpha: str, window: str, out: Path) -> None:
    """Show one photograph in the style of another, for every lambda: PNGs and a contact sheet.

    A style photograph of another size is resized to the content's.

    \b
    Examples:
      fdgst mix mine.jpg yours.jpg --lambda .1,.5,1 --alpha .05 --out mixed
    """
    from fdgst.generation.photographs import mix_photographs

    for line in mix_photographs(content, style, out, lambdas=lambdas, window=window, alpha=alpha):
        click.echo(line)


@fdgst.command(cls=Variadic)
@click.option("--stage", type=click.Choice(["pretrain", "main"]), required=True)
@click.option("--method", required=True, help="Id of the row; names the run.")
@click.option("--trainer", required=True, help="plain, dofe, fact, feddg or intra.")
@click.option("--options", type=MAPPING, default="{}", help="Of the trainer.")
@click.option("--unseen", required=True, help="Id of the domain held out; refused among the inputs.")
@click.option("--seed", type=click.IntRange(0), required=True)
@click.option("--training", type=MAPPING, required=True, help="The configuration's training, without how to run.")
@click.option("--rois", type=FILE, multiple=True, required=True, help="ROI files, one per source domain.")
@click.option("--shard", "shards", type=FILE, multiple=True, help="Stylised copies, one file per pair of sources.")
@click.option("--reference", type=FILE, multiple=True, help="ROI files that lend their number of images (intra).")
@click.option("--start", type=FILE, help="Weights to begin with, safetensors.")
@click.option("--checkpoints", type=FOLDER, required=True, help="Where the state to resume from is kept.")
@click.option("--out", type=FOLDER, required=True, help="Where model.safetensors, run.json, history.csv go.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="At most the CPUs at hand.")
@click.option("--checkpoint-seconds", type=click.FloatRange(0, min_open=True), default=300, show_default=True)
@click.option("--resident-gib", type=click.FloatRange(0), default=8, show_default=True, help="Pixels kept in memory.")
@click.option("--tensorboard/--no-tensorboard", default=False, show_default=True)
def train(
    training: dict[str, Any],
    device: str,
    threads: int,
    checkpoint_seconds: float,
    resident_gib: float,
    tensorboard: bool,
    **identity: Any,
) -> None:
    """Train a network; SIGTERM or Ctrl-C saves and stops, and the same command again goes on to the same weights.

    \b
    Examples:
      fdgst train --stage main --method fdg --trainer plain --unseen domain3 --seed 0 --training '{decoder: ..}' \\
        --rois results/rois/domain1.h5 results/rois/domain2.h5 --shard results/shards/fdg/domain[12]/domain[12].h5 \\
        --start results/pretrained/domain3/seed0/model.safetensors \\
        --checkpoints results/checkpoints/runs/fdg/domain3/seed0 --out results/runs/fdg/domain3/seed0
    """
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a thread that waits leaves its CPU to a neighbour's training
    from fdgst.progress import log_to_stderr
    from fdgst.training.interruption import Interrupted
    from fdgst.training.run import train
    from fdgst.training.settings import Execution, Run, settings_from

    log_to_stderr()
    execution = Execution(device, threads, checkpoint_seconds, resident_gib, tensorboard)
    try:
        train(Run(**identity), settings_from(training), execution)
    except Interrupted as told:
        click.echo(told, err=True)
        sys.exit(told.status)


@fdgst.command(cls=Variadic)
@click.option("--run", type=FOLDER, multiple=True, required=True, help="Folder of a finished training.")
@click.option("--rois", type=FILE, multiple=True, required=True, help="ROI file of the domain to predict.")
@click.option("--split", type=click.Choice(["train", "test", "all"]), required=True)
@click.option("--threshold", type=click.FloatRange(0, 1, min_open=True, max_open=True), required=True)
@click.option("--cup-in-disc", is_flag=True, help="Cut the cup to the disc.")
@click.option("--crop-centre", is_flag=True, help="Show the network the centre 512/800 of the ROI only (as released).")
@click.option("--weights", type=FILE, multiple=True, help="A snapshot of the run to use instead of its final weights.")
@click.option("--out", type=FILE, multiple=True, required=True, help="Predictions, HDF5.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="At most the CPUs at hand.")
def predict(
    run: tuple[Path, ...],
    rois: tuple[Path, ...],
    weights: tuple[Path, ...],
    out: tuple[Path, ...],
    device: str,
    threads: int,
    **options: Any,
) -> None:
    """Predict a domain's images with a finished training: masks at ROI size, and logits.

    Several predictions in one go: --run, --rois, --weights and --out are read side by side; one given once serves all.

    \b
    Examples:
      fdgst predict --run results/runs/fdg/domain3/seed0 --rois results/rois/domain3.h5 --split test \\
        --threshold 0.75 --out results/runs/fdg/domain3/seed0/predictions.h5
    """
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from fdgst.evaluation.predict import predict
    from fdgst.progress import log_to_stderr
    from fdgst.training.predictor import Predictor

    log_to_stderr()
    for folder, images, snapshot, path in parallel(run=run, rois=rois, weights=weights, out=out):
        predictor = Predictor(folder, weights=snapshot, device=device, threads=threads)
        model = {key: predictor.record[key] for key in ("method", "unseen", "seed")}
        predict(predictor, rois=images, out=path, model=model, **options)


@fdgst.command(cls=Variadic)
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

    from fdgst.data.phantom import photograph

    paths = [folder / "content.png", folder / "style.png"]
    for number, path in enumerate(paths, start=1):
        Image.fromarray(photograph(seed=seed, number=number, index=0, height_px=480, width_px=640)).save(path)
    return paths


@fdgst.command()
@click.option("--predictions", type=FILE, required=True, help="Of one model on one domain, HDF5.")
@click.option("--rois", type=FILE, required=True, help="ROI file of that domain.")
@click.option(
    "--split",
    type=click.Choice(["train", "test", "all"]),
    default="all",
    show_default=True,
    help="Of what was predicted.",
)
@click.option("--out", type=FILE, required=True, help="One row per image and structure, CSV.")
def score(predictions: Path, rois: Path, split: str, out: Path) -> None:
    """Measure predictions: Dice, Hausdorff and surface distances, vertical cup-to-disc ratio.

    \b
    Examples:
      fdgst score --predictions results/runs/fdg/domain1/seed0/predictions.h5 --rois results/rois/domain1.h5 \\
        --out results/runs/fdg/domain1/seed0/scores.csv
    """
    from fdgst.evaluation.score import score

    score(predictions, rois, out, split=split)


@fdgst.command()
@click.argument("scores", type=FILE, nargs=-1, required=True)
@click.option("--out", type=FILE, required=True, help="CSV.")
def collect(scores: tuple[Path, ...], out: Path) -> None:
    """Join files of scores, in an order that does not depend on theirs, and refuse what is incomplete or stands twice.

    \b
    Examples:
      fdgst collect results/runs/*/domain3/seed*/scores.csv --out results/unseen/domain3.csv
    """
    from fdgst.evaluation.score import collect

    collect(scores, out)


@fdgst.command()
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


@fdgst.command(cls=Variadic)
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


@fdgst.command(cls=Variadic)
@click.option("--scores", type=FILE, multiple=True, required=True, help="scores.csv of all domains, or several files.")
@click.option("--methods", type=TITLES, default="[]", help="Which rows, in which order; by default all.")
@click.option("--domains", type=TITLES, default="[]", help="Which unseen domains, in which order; by default all.")
@click.option("--protocol", type=PROTOCOL, default="paper", show_default=True, help="Whose three metrics are tested.")
@click.option("--samples", type=click.IntRange(100), default=2000, show_default=True, help="Bootstrap resamples.")
@click.option(
    "--confidence", type=SHARE, default=0.95, show_default=True, help="Of intervals; the tests' level is the rest."
)
@click.option("--wins", type=FILE, help="Cells of the table that each row wins from each other, CSV.")
@click.option("--out", type=FILE, required=True, help="Every pair of rows in every cell, CSV.")
def statistics(
    scores: tuple[Path, ...], methods: list[dict[str, Any]], domains: list[dict[str, Any]], **options: Any
) -> None:
    """Compare rows: differences with intervals, Wilcoxon's signed-rank test, Holm's correction, effect sizes, wins.

    \b
    Examples:
      fdgst statistics --scores results/scores.csv --out results/significance.csv
    """
    from fdgst.reporting.statistics import make_significance

    make_significance(scores, methods, domains, **options)


@fdgst.command(cls=Variadic)
@click.option("--predictions", type=FILE, multiple=True, required=True, help="Of one model on one domain, HDF5.")
@click.option("--rois", type=FILE, multiple=True, required=True, help="ROI file of that domain.")
@click.option(
    "--snapshot",
    multiple=True,
    default=("last",),
    show_default=True,
    help="Which weights these are: last, or a name such as epoch0040.",
)
@click.option("--threshold", type=SHARE, multiple=True, required=True, help="One or several.")
@click.option(
    "--out",
    type=FILE,
    multiple=True,
    required=True,
    help="Scores with the columns snapshot and threshold in front, CSV.",
)
def rescore(threshold: tuple[float, ...], **files: tuple[Any, ...]) -> None:
    """Score stored logits again at other thresholds, for the comparison of protocols.

    Several in one go: --predictions, --rois, --snapshot and --out are read side by side; one given once serves all.

    \b
    Examples:
      fdgst rescore --predictions results/runs/fdg/domain1/seed0/predictions.h5 --rois results/rois/domain1.h5 \\
        --threshold .75 .5 --out results/protocols/fdg/domain1/seed0/last.csv
    """
    from fdgst.evaluation.rescore import rescore

    for predictions, rois, snapshot, out in parallel(
        **{key: files[key] for key in ("predictions", "rois", "snapshot", "out")}
    ):
        rescore(predictions, rois, out, snapshot=snapshot, thresholds=threshold)


@fdgst.command()
@click.argument("scores", type=FILE, nargs=-1, required=True)
@click.option("--methods", type=TITLES, default="[]", help="Which rows, in which order; by default all.")
@click.option("--domains", type=TITLES, default="[]", help="Which unseen domains, in which order; by default all.")
@click.option("--threshold", type=SHARE, required=True, help="Of the reference that the others are measured from.")
@click.option("--out", type=FILE, required=True, help="Every row under every protocol, CSV.")
def protocols(
    scores: tuple[Path, ...], methods: list[dict[str, Any]], domains: list[dict[str, Any]], threshold: float, out: Path
) -> None:
    """Compare protocols on the same trainings: definitions, thresholds, checkpoints, the crop of the fourth domain.

    \b
    SCORES come from `fdgst rescore`. The checkpoints that can be compared follow from what they hold:
      last               the last weights on the unseen domain (must be there)
      source_validation  snapshots on the unseen domain and on the sources' test images
      oracle             snapshots on the unseen domain: an upper bound, since its labels choose

    \b
    Examples:
      fdgst protocols results/protocols/*/*/*/*.csv --threshold .75 --out results/protocols.csv
    """
    from fdgst.reporting.protocols import make_protocols

    for line in make_protocols(scores, methods, domains, out=out, threshold=threshold):
        click.echo(line)


@fdgst.command()
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


def main() -> None:
    """Run the command line; a user's fault is one line each and exit status 1, without a traceback."""
    try:
        fdgst.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        print("fdgst: interrupted", file=sys.stderr)
        sys.exit(130)
    except (FdgstError, OSError) as error:  # a file that is missing or may not be read, a disk that is full
        faults = error.faults if isinstance(error, FdgstError) else (_system_fault(error),)
        for fault in faults:
            print(f"fdgst: error: {fault}", file=sys.stderr)
        sys.exit(1)


def _system_fault(error: OSError) -> str:
    """Say what the operating system refused, and of which file where it tells."""
    said = error.strerror or str(error)
    return f"{error.filename}: {said}" if error.filename else said


if __name__ == "__main__":
    main()
