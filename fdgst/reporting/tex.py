r"""Table 1 in TeX, laid out as in the paper; compiles with ``\usepackage{booktabs,multirow}``."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from fdgst.evaluation.catalogue import (
    AVERAGE,
    METRICS,
    PROTOCOLS,
    RELEASED_MISS_PX,
    ROLES,
    Cells,
    cells_of,
    optional,
    upper_bounds,
    within,
)
from fdgst.study.slices import Column, Row
from fdgst.study.task import Structure, Task

_MATHEMATICAL = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "×": "times", "±": "pm", "≤": "leq", "≥": "geq",
}  # fmt: skip
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",  # of the usual encodings only T1 has straight quotes
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    **{sign: rf"\ensuremath{{\{name}}}" for sign, name in _MATHEMATICAL.items()},
}
_DEFINITIONS = {
    "paper": "DSC in percent; HD (maximum) and ASD (both directions) between boundaries, in {unit}.",
    "released": (
        "DSC in percent, 1 added in both terms; HD95 is the 95th percentile of the distances of both directions, ASD"
        " goes from prediction to truth only, both in {unit}."
    ),
}
LAST_LATIN = 0x24F  # the last letter of Latin with accents, which TeX reads as UTF-8
SIDE_BY_SIDE = 2  # so many structures stand beside each other; more have a block of rows each
LINES = 40  # of a page of the article class, below a caption of ten lines


def escape(text: str) -> str:
    r"""Write text so that TeX prints it as it is, white space as single spaces.

    Letters with accents are left as they are, which TeX reads as UTF-8; of other alphabets small Greek is known.

    Examples
    --------
    >>> print(escape("FDG_ST & α = 5 %"))
    FDG\_ST \& \ensuremath{\alpha} = 5 \%
    """
    return "".join(_SPECIAL.get(sign, sign) for sign in " ".join(text.split()))


def render(
    table: pd.DataFrame,
    methods: Sequence[Row],
    domains: Sequence[Column],
    *,
    task: Task,
    protocol: str,
    data: str,
    label: str,
    tests: str,
) -> str:
    """Lay out Table 1.

    Parameters
    ----------
    table : DataFrame
        From `fdgst.reporting.table.table`.
    methods, domains : sequence of Row, of Column
        In the order of rows and columns.
    task : Task
        Up to two structures stand side by side; more have a block of rows each.
    protocol : {'paper', 'released'}
    data : str
        What the scores were made on; empty: the caption names the domains only.
    label : str
        Behind ``tab:fdgst-``.
    tests : str
        File that tests the rows against each other; empty: there is none.

    Returns
    -------
    str
        A ``table*`` environment; several, with one number, where a page does not hold all structures. Two decimals,
        three of distances that are not in pixels; with several seeds their standard deviation behind the mean. The best
        mean of a column is bold among the compared rows (all that equal it in print), if there are at least two; upper
        bounds stand below a rule and are never bold.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("fdgst.reporting", "templates"),
        undefined=StrictUndefined,
        block_start_string="((*",
        block_end_string="*))",
        variable_start_string="(((",
        variable_end_string=")))",
        comment_start_string="((#",
        comment_end_string="#))",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    beside = task.structures if len(task.structures) <= SIDE_BY_SIDE else task.structures[:1]
    caption = "\n    ".join(_caption(table, methods, domains, task=task, protocol=protocol, data=data, tests=tests))
    titles = "".join([*(item.title for item in methods), *(item.title for item in task.structures)])
    return environment.get_template("table1.tex").render(
        note=_engine(caption + titles),
        caption=caption,
        label=label,
        domains=len(domains),
        header=" & ".join([*(str(number) for number in range(1, len(domains) + 1)), "Average"]),
        size=r"\footnotesize"
        if table["seeds"].max() == 1
        else r"\scriptsize",  # so that a page of two columns holds it
        separation="4pt" if table["seeds"].max() == 1 else "2pt",
        titles=[escape(item.title) for item in beside] if len(beside) == len(task.structures) else [],
        rules=_rules(len(beside), len(domains) + 1),
        groups=len(beside),
        parts=_parts(cells_of(table.to_dict("records")), methods, [item.id for item in domains], task, protocol),
    )


def _engine(text: str) -> str:
    """Say which TeX sets letters that pdfTeX does not know, as a comment; nothing of Latin letters."""
    strange = sorted({sign for sign in text if ord(sign) > LAST_LATIN and sign not in _MATHEMATICAL and sign.isalpha()})
    if not strange:
        return ""
    shown, font = "".join(strange[:5]), r"\usepackage{fontspec}\setmainfont{...}"
    return f"% The letters {shown} need LuaLaTeX or XeLaTeX and a font that has them: {font}"


def _rules(groups: int, columns: int) -> str:
    """Return the rules below the titles of structures that stand side by side, from the third column on."""
    ends = [(3 + columns * number, 2 + columns * (number + 1)) for number in range(groups)]
    return " ".join(rf"\cmidrule{'(r)' * (last != ends[-1][1])}{{{first}-{last}}}" for first, last in ends)


def _parts(
    cells: Cells, methods: Sequence[Row], domains: Sequence[str], task: Task, protocol: str
) -> list[list[dict[str, Any]]]:
    """Return the blocks of each table: one of all structures, or one for each, as many as a page holds."""
    if len(task.structures) <= SIDE_BY_SIDE:
        return [[{"title": "", "rows": _rows(cells, methods, domains, task.ids, protocol)}]]
    blocks = [
        {"title": escape(item.title), "rows": _rows(cells, methods, domains, [item.id], protocol)}
        for item in task.structures
    ]
    held = max(LINES // (len(ROLES) * len(methods) + 2), 1)
    return [blocks[first : first + held] for first in range(0, len(blocks), held)]


def _rows(
    cells: Cells, methods: Sequence[Row], domains: Sequence[str], structures: Sequence[str], protocol: str
) -> list[dict[str, Any]]:
    """Return what the template prints: compared rows first, then upper bounds, each with its lines of cells."""
    bounds = upper_bounds(methods)
    ordered = sorted(methods, key=lambda item: item.id in bounds)  # stable
    compared = [item.id for item in methods if item.id not in bounds]
    columns = [(structure, unseen) for structure in structures for unseen in (*domains, AVERAGE)]
    rows = []
    for number, item in enumerate(ordered):
        first = rf"\multirow{{{len(ROLES)}}}{{*}}{{{escape(item.title)}}}"
        lines = [
            {
                "first": "" if line else first,
                "metric": _metric(name),
                "cells": [_cell(cells, item.id, (structure, name, unseen), compared) for structure, unseen in columns],
            }
            for line, name in enumerate(PROTOCOLS[protocol].values())
        ]
        first_bound = item.id in bounds and number == len(compared)
        apart = "" if not number else r"\midrule" if first_bound else r"\addlinespace"
        rows.append({"lines": lines, "apart": apart})
    return rows


def _metric(name: str) -> str:
    """Print a metric's name with the direction in which it is better."""
    metric = METRICS[name]
    return escape(metric.title) + (r" $\uparrow$" if metric.better > 0 else r" $\downarrow$")


def _cell(cells: Cells, method: str, column: tuple[str, str, str], compared: Sequence[str]) -> str:
    """Print one number: bold if it is the best of its column in print, the seeds' spread behind it."""
    cell = cells[method, *column]
    if pd.isna(cell["mean"]):
        return "--"
    better = METRICS[column[1]].better
    # pixels and percent have two decimals; distances in millimetres are mostly below 1
    digits = 3 if METRICS[column[1]].distance and "unit" in cell else 2
    number = f"{cell['mean']:.{digits}f}"
    rivals = [mean for other in compared if pd.notna(mean := cells[other, *column]["mean"])]
    best = f"{better * max((better * rival for rival in rivals), default=0):.{digits}f}"
    if method in compared and len(rivals) > 1 and number == best:
        number = rf"\textbf{{{number}}}"
    return number if pd.isna(cell["sd"]) else rf"{number}$_{{{cell['sd']:.{digits}f}}}$"


def _caption(
    table: pd.DataFrame,
    methods: Sequence[Row],
    domains: Sequence[Column],
    *,
    task: Task,
    protocol: str,
    data: str,
    tests: str,
) -> list[str]:
    """Say what was measured, on what, by which rule a number is bold, and what is not known; TeX sentences."""
    seeds = int(table["seeds"].max())
    source = f" of the {escape(data)} data" if data else ""
    unit = escape(distance_unit(table)) if "unit" in table.columns else "pixels of the ROI"
    numbered = ", ".join(f"{number}: {escape(item.title)}" for number, item in enumerate(domains, 1))
    spread = f", the standard deviation over {seeds} training seeds as subscript" if seeds > 1 else ""
    sentences = [
        f"{escape(listed(task.structures))} on unseen domains{source} ({numbered}).",
        f"Mean over each domain's images{spread}; Average: unweighted mean over the domains.",
        f"Protocol \\emph{{{protocol}}}: {_DEFINITIONS[protocol].format(unit=unit)}",
        _cost_of_a_miss(task, protocol, f"{RELEASED_MISS_PX}{' pixels' * ('unit' in table.columns)}"),
        *_counted(table, methods, task),
    ]
    if cropped := [item.title for item in domains if table.loc[table["unseen"] == item.id, "cropped"].any()]:
        sentences.append(f"{escape(', '.join(cropped))}: predicted and scored on the centre 512/800 of the ROI only.")
    bounds = upper_bounds(methods)
    if len(methods) - len(bounds) > 1:
        sentences.append("Bold: the best mean of its column as printed, which is no test.")
    if bounds:
        sentences.append("Below the last rule: upper bounds, trained on the unseen domain itself, not compared.")
    if seeds == 1:
        sentences.append("One training seed: how far trainings vary is not known, and no difference is tested here.")
    elif tests and len(methods) - len(bounds) > 1:
        sentences.append(f"Differences between rows are tested in {escape(tests)}, over images and trainings.")
    return sentences


def distance_unit(table: pd.DataFrame) -> str:
    """Return what distances are in, of a table that says so in its column unit."""
    return str(table.loc[table["metric"] == "hd", "unit"].iloc[0])


def listed(structures: Sequence[Structure]) -> str:
    """Name structures in a sentence; first words that all titles share are said once: Left lung and heart."""
    words = [item.title.split() for item in structures]
    shared = 0
    while all(len(title) > shared + 1 and title[shared] == words[0][shared] for title in words):
        shared += 1
    names = [structures[0].title, *(" ".join(title[shared:]) for title in words[1:])]
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]


def _cost_of_a_miss(task: Task, protocol: str, released: str) -> str:
    """Say what a structure costs that is not predicted, and what images count without one."""
    absent = (
        " An image without the structure has no distances; its DSC is 100 where none is predicted, else 0."
        if optional(task)
        else ""
    )
    if protocol == "paper":
        return "A structure that is not predicted has DSC 0 and the ROI's diagonal as its distances." + absent
    nested = [
        f"Where no {escape(inner)} is predicted the distances of {escape(inner)} and {escape(outer)} are {released}."
        for inner, outer in within(task).items()
    ]
    alone = f"Where a structure is not predicted its distances are {released}."
    return (" ".join(nested) or alone) + absent


def _counted(table: pd.DataFrame, methods: Sequence[Row], task: Task) -> list[str]:
    """Say how often a structure was not predicted, and how often one was that is not there."""
    of_misses = (table["metric"] == "missed") & (table["unseen"] == AVERAGE)
    misses = table[of_misses].set_index(["method", "structure"])["missed"].astype(int).to_dict()
    total = int(table[of_misses]["images"].iloc[0] * table[of_misses]["seeds"].iloc[0])
    counts = {item.title: [misses[item.id, name] for name in task.ids] for item in methods}
    if not any(map(sum, counts.values())):
        sentences = [f"No structure was missed in {total} predictions per row."]
    else:
        rows = ", ".join(f"{escape(title)} {'/'.join(map(str, found))}" for title, found in counts.items())
        sentences = [f"Missed, {escape('/'.join(task.ids))} of {total} predictions each: {rows}."]
    alarms = table[(table["metric"] == "false_alarm") & (table["unseen"] == AVERAGE)]
    rates = alarms.set_index(["method", "structure"])["mean"]
    for name in optional(task):
        shares = {item.title: float(rates[item.id, name]) for item in methods}
        rows = ", ".join(f"{escape(title)} {share:.1f}" for title, share in shares.items() if pd.notna(share))
        if rows:
            sentences.append(f"False alarms, percent of the images without {escape(name)}: {rows}.")
    return sentences
