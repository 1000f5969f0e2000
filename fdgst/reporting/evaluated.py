"""Masks of any program, from folders to scores, tables, tests, figures and a report."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fdgst.data.foreign import ForeignMasks, find_masks
from fdgst.data.photographs import read_photograph
from fdgst.data.truth import ALL, Truth, Truths, cut_to, read_truths
from fdgst.errors import ConfigError, DataError
from fdgst.evaluation.foreign import score_masks
from fdgst.reporting.against import beside, read_printed
from fdgst.reporting.markdown import markdown
from fdgst.reporting.table import make_table
from fdgst.reporting.table import table as table_of
from fdgst.storage.apart import refuse_inputs
from fdgst.storage.atomic import write_text
from fdgst.storage.scores import read_csv, write_scores
from fdgst.study.contradictions import RESERVED
from fdgst.study.judging import Judging, read_judging
from fdgst.study.slices import Column, Row, TableSettings

MISSING = ("refuse", "miss")
WRITTEN = (
    "scores.csv", "table1.csv", "table1.tex", "table1.md", "against.csv", "significance.csv", "wins.csv", "ranks.csv",
    "cases.json", "report.html",
    *(f"figures/{name}.{end}" for name in ("boxes", "agreement", "ranks", "pairs") for end in ("png", "pdf", "svg")),
)  # fmt: skip


def evaluate(
    table: str | Path,
    methods: Mapping[str, str | Path],
    *,
    out: str | Path | None = None,
    config: str | Path | Mapping[str, Any] | None = None,
    against: str | Path | None = None,
    split: str | None = None,
    missing: str = "refuse",
    nsd_tolerance_px: Sequence[float] | None = None,
    compare: Sequence[tuple[str, str]] | None = None,
    tell: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Judge masks of any program, as they are: nothing is resized, cleaned or filled.

    Parameters
    ----------
    table : path
        Table of images, CSV: columns ``image`` and ``mask`` (or those that the task's structures name), and if need be
        ``domain``, ``split``, ``group``, ``name``, the four of a ROI, ``unit_per_px`` and ``unit``
        (docs/evaluating-masks.md).
    methods : mapping of str to path
        The folder of each method's masks by the method's name. ``{seed}`` and ``{domain}`` in it stand for the number
        of a training and for a domain: ``{"unet": "runs/unet/{domain}/seed{seed}"}``.
    out : path, optional
        Folder for all that follows from the scores: scores.csv, table1 (CSV, LaTeX, Markdown), significance.csv,
        wins.csv, ranks.csv, figures and report.html. None: nothing is written.
    config : path or mapping, optional
        The task, alone or in a study's configuration. None: one structure, all values above 0.
    against : path, optional
        Another's table in the form of table1.csv, to be put beside; needs `out`.
    split : {'train', 'test', 'all'}, optional
        What is scored; None: ``test`` where the table has such a row, else all.
    missing : {'refuse', 'miss'}
        What an image without a mask is: a fault, or a mask with nothing in it.
    nsd_tolerance_px : sequence of float, optional
        Tolerances of the normalised surface distance, pixels of the masks, in place of the configuration's.
    compare : sequence of (str, str), optional
        The comparisons that are declared: names of method and reference, in place of the configuration's.
    tell : callable, optional
        Takes each line that the user should know; None: they are printed as warnings of Python.

    Returns
    -------
    DataFrame
        The scores, one row per method, domain (``unseen``), seed, image and structure; the columns of scores.csv.

    Raises
    ------
    ConfigError, DataError, FormatError
        One line per fault of configuration, table, folders and files.

    Examples
    --------
    >>> import fdgst
    >>> scores = fdgst.evaluate("images.csv", {"unet": "runs/unet/seed{seed}"})  # doctest: +SKIP
    >>> scores.groupby(["method", "structure"])["dsc"].mean()  # doctest: +SKIP
    """
    if missing not in MISSING:
        raise ConfigError(f"missing: expected {' or '.join(MISSING)}, found {missing!r}")
    if against is not None and out is None:
        raise ConfigError("against: expected a folder in out, where the comparison is written, found none")
    rows_of = {name: _slug(name, f"method{number}") for number, name in enumerate(methods, 1)}
    given: dict[str, Any] = {
        "nsd_tolerance_px": nsd_tolerance_px,
        "compare": compare and [[rows_of.get(name, name) for name in pair] for pair in compare],
    }
    judging = read_judging(config if config is None or isinstance(config, Mapping) else Path(config), **given)
    truths = read_truths(Path(table), judging.task, split=split)
    rows, domains = _rows(rows_of, judging), _domains(truths, judging)
    compared = () if out is None else _pairs(judging, [row.id for row in rows])
    ids = {text: column.id for text, column in domains.items()}
    patterns = {rows_of[name]: str(pattern) for name, pattern in methods.items()}
    masks, extra = find_masks(patterns, truths, judging.task, ids=ids)
    if out is not None:
        _refuse_inputs(Path(out), truths, masks, table=table, config=config, against=against)
    printed = None if against is None else read_printed(Path(against))
    try:
        scored = score_masks(
            masks,
            truths,
            task=judging.task,
            ids=ids,
            tolerances_px=judging.nsd_tolerance_px,
            missing=missing,
        )
    except DataError as error:
        raise DataError(*error.faults, *extra) from error  # a mask that is called otherwise is both missing and extra
    notes = [*extra, *scored.notes]
    scores = scored.scores.sort_values(["method", "unseen", "seed", "image", "structure"], ignore_index=True)
    if out is not None:
        settings = TableSettings(
            methods=tuple(rows),
            domains=tuple(domains.values()),
            task=judging.task,
            protocol=judging.protocol,
            bootstrap_samples=judging.bootstrap_samples,
            confidence=judging.confidence,
            data=Path(table).name,
            tests="significance.csv" if len(rows) > 1 else "",
        )
        pixels = FolderPixels(masks, truths, judging, {text: domain for domain, text in ids.items()})
        other = None if against is None or printed is None else (Path(against), printed)
        notes += _write(Path(out), scores, settings, compared, pixels, against=other)
    _say(notes, tell)
    return scores


def _refuse_inputs(out: Path, truths: Truths, masks: Iterable[ForeignMasks], **given: Any) -> None:
    """Refuse a folder in which a file of the results would take the place of one that is read."""
    inputs = [(f"--{name}", Path(path)) for name, path in given.items() if isinstance(path, str | Path)]
    inputs += [("of the table", path) for row in truths.rows for path in (row.image, *row.masks.values())]
    inputs += [("of a method", path) for method in masks for files in method.files.values() for path in files.values()]
    for name in WRITTEN:
        refuse_inputs("--out", out / name, inputs)


def _say(notes: Iterable[str], tell: Callable[[str], None] | None) -> None:
    """Hand the user what should be known."""
    import warnings

    for note in notes:
        if tell is None:
            warnings.warn(note, stacklevel=3)
        else:
            tell(note)


def _slug(name: str, otherwise: str) -> str:
    """Return the id of what has any name: letters, digits and underscores; another where a name has none of them."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or otherwise


def _rows(ids: Mapping[str, str], judging: Judging) -> list[Row]:
    """Return the rows of the table, with the titles that the configuration has for them."""
    if not ids:
        raise ConfigError("methods: expected at least one folder of masks, found none")
    titles = {item.id: item.title for item in judging.methods}
    for name in ids:
        others = [other for other in ids if ids[other] == ids[name]]
        if len(others) > 1:
            raise ConfigError(
                f"methods: expected names that differ in letters and digits, found {' and '.join(others)}"
            )
    return [Row(id=id, title=titles.get(id, name)) for name, id in ids.items()]


def _domains(truths: Truths, judging: Judging) -> dict[str, Column]:
    """Return the columns of the table by what the table of images calls them, in the configuration's order."""
    known = {item.value or item.id: Column(id=item.id, title=item.title) for item in judging.domains}
    order = [text for text in known if text in truths.domains]
    order += [text for text in truths.domains if text not in known]
    found = {
        text: known.get(text, Column(id=_slug(text, f"domain{number}"), title="All images" if text == ALL else text))
        for number, text in enumerate(order, 1)
    }
    ids = [column.id for column in found.values()]
    for text, column in found.items():
        if ids.count(column.id) > 1 or column.id in RESERVED["domains"]:
            raise ConfigError(
                f"domain {text!r}: expected a name of its own in letters and digits, found that {column.id!r} is"
                f" taken; give it an id in the configuration's domains"
            )
    return found


def _pairs(judging: Judging, rows: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the declared comparisons, all of whose rows there are."""
    from fdgst.study.comparisons import pairs_of

    pairs = pairs_of(judging.compare, rows)
    faults = [
        f"compare: expected two of {', '.join(rows)}, found {method} and {reference}"
        for method, reference in pairs
        if method == reference or not {method, reference} <= set(rows)
    ]
    if faults:
        raise ConfigError(*faults)
    return pairs


def _write(
    out: Path,
    scores: pd.DataFrame,
    settings: TableSettings,
    compared: tuple[tuple[str, str], ...],
    pixels: "FolderPixels",
    *,
    against: tuple[Path, pd.DataFrame] | None,
) -> list[str]:
    """Write everything that follows from scores; return what the user should know of it.

    `against`: another's table and what it holds. Whether it has numbers of ours is known before anything is written.
    """
    from fdgst.evaluation.statistics import make_significance
    from fdgst.reporting.cases import make_cases
    from fdgst.reporting.figures import FigureInputs, make
    from fdgst.reporting.report import write_report

    if against:
        ids = [item.id for item in settings.methods], [item.id for item in settings.domains]
        limits: dict[str, Any] = {"samples": 1, "confidence": settings.confidence}
        beside(table_of(scores, *ids, task=settings.task, protocol=settings.protocol, **limits), *against)
    (out / "figures").mkdir(parents=True, exist_ok=True)
    path, rows, domains = out / "scores.csv", settings.methods, settings.domains
    shown: dict[str, Any] = {"task": settings.task, "protocol": settings.protocol}
    judged = shown | {"samples": settings.bootstrap_samples, "confidence": settings.confidence}
    write_scores(path, scores)
    files = [path, out / "table1.csv"]
    printed: dict[str, Any] = {"data": settings.data, "tests": settings.tests}
    make_table([path], rows, domains, csv=files[1], tex=out / "table1.tex", **judged, **printed)
    table, notes, other = read_csv(files[1]), list[str](), None
    if against:
        other, notes = beside(table, *against)
        files.append(out / "against.csv")
        write_text(files[-1], other.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    text = markdown(table, rows, domains, **shown, confidence=settings.confidence, against=other)
    write_text(out / "table1.md", text)
    figures: dict[str, list[Path]] = {"boxes": [], "agreement": []} if settings.task.measures else {"boxes": []}
    if len(rows) > 1:
        tests = {name: out / f"{name}.csv" for name in ("significance", "wins", "ranks")}
        others: dict[str, Any] = {"wins": tests["wins"], "ranks": tests["ranks"], "compare": compared}
        make_significance([path], rows, domains, out=tests["significance"], **judged, **others)
        files += tests.values()
        figures |= {"ranks": [tests["ranks"]], "pairs": [tests["significance"]]}
    for name, tables in figures.items():
        nothing: dict[str, Any] = dict.fromkeys(("rois", "photographs", "predictions", "runs"), ())
        inputs: dict[str, Any] = {
            "scores": [path],
            "tables": tables,
            "methods": rows,
            "domains": domains,
            "task": settings.task,
        }
        notes += make(name, out / "figures" / f"{name}.png", FigureInputs(**nothing, **inputs))
        files.append(out / "figures" / f"{name}.svg")
    make_cases(out / "cases.json", settings=settings, scores=[path], pixels=pixels)
    write_report(out / "report.html", settings=settings, files=[*files, out / "cases.json"])
    return [*dict.fromkeys(notes)]


class FolderPixels:
    """Images and masks for the report (`fdgst.reporting.cases.Pixels`).

    Parameters
    ----------
    masks : sequence of ForeignMasks
    truths : Truths
    judging : Judging
    texts : mapping of str to str
        What the table of images calls each domain, by id.
    """

    def __init__(
        self, masks: Sequence[ForeignMasks], truths: Truths, judging: Judging, texts: Mapping[str, str]
    ) -> None:
        self._masks = {(found.method, found.seed): found for found in masks}
        self._truths = {(truth.domain, truth.name): truth for truth in truths.scored}
        self._task, self._texts = judging.task, texts

    def picture(self, unseen: str, image: str) -> np.ndarray | None:
        """Return an image, uint8 (height, width, 3), or None where there is none that can be shown."""
        truth = self._truth(unseen, image)
        try:
            pixels = read_photograph(truth.image, channels=3, bits=8).pixels
        except DataError:
            return None  # scores need no image, and 16 bits have no picture
        return cut_to({"image": pixels}, truth.box, self._task, fill=0)["image"]

    def truth(self, unseen: str, image: str) -> np.ndarray:
        """Return its true masks, bool (K, height, width)."""
        truth = self._truth(unseen, image)
        return truth.planes(truth.greys(self._task), self._task)

    def predicted(self, method: str, unseen: str, seed: int, image: str) -> np.ndarray:
        """Return the masks that a method predicts, bool (K, height, width); nothing where there is no file."""
        truth, found = self._truth(unseen, image), self._masks[method, seed]
        whole = truth.greys(self._task)
        if (truth.domain, truth.name) not in found.files:
            return np.zeros_like(truth.planes(whole, self._task))
        size_px = next(iter(whole.values())).shape
        return truth.planes(found.greys(truth, size_px, self._task), self._task)

    def _truth(self, unseen: str, image: str) -> Truth:
        """Return the row of the table that an image is."""
        return self._truths[self._texts[unseen], image]
