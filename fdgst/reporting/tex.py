r"""Table 1 in TeX, laid out as in the paper; compiles with ``\usepackage{booktabs,multirow}``."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from fdgst.evaluation.measures import AVERAGE, METRICS, PROTOCOLS, RELEASED_MISS_PX, ROLES, Cells, by_cell, upper_bounds

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
    "paper": (
        "DSC in percent; HD (maximum) and ASD (both directions) between boundaries, in pixels of the ROI.",
        "A structure that is not predicted has DSC 0 and the ROI's diagonal as its distances.",
    ),
    "released": (
        "DSC in percent, 1 added in both terms; HD95 is the 95th percentile of the distances of both directions, ASD"
        " goes from prediction to truth only, both in pixels of the ROI.",
        f"Where no cup is predicted the distances of cup and disc are {RELEASED_MISS_PX}.",
    ),
}


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
    methods: Sequence[Mapping[str, Any]],
    domains: Sequence[Mapping[str, Any]],
    *,
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
    methods, domains : sequence of mapping
        `id`, `title` and, of methods, `trainer`, in the order of rows and columns.
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
        A ``table*`` environment. Two decimals; with several seeds their standard deviation behind the mean. The best
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
    cells = by_cell(table)
    return environment.get_template("table1.tex").render(
        caption="\n    ".join(_caption(table, methods, domains, protocol=protocol, data=data, tests=tests)),
        label=label,
        domains=len(domains),
        header=" & ".join([*(str(number) for number in range(1, len(domains) + 1)), "Average"]),
        size=r"\footnotesize"
        if table["seeds"].max() == 1
        else r"\scriptsize",  # so that a page of two columns holds it
        separation="4pt" if table["seeds"].max() == 1 else "2pt",
        rows=_rows(cells, methods, [item["id"] for item in domains], protocol),
    )


def _rows(
    cells: Cells, methods: Sequence[Mapping[str, Any]], domains: Sequence[str], protocol: str
) -> list[dict[str, Any]]:
    """Return what the template prints: compared rows first, then upper bounds, each with its lines of cells."""
    bounds = upper_bounds(methods)
    ordered = sorted(methods, key=lambda item: item["id"] in bounds)  # stable
    compared = [item["id"] for item in methods if item["id"] not in bounds]
    columns = [(structure, unseen) for structure in ("cup", "disc") for unseen in (*domains, AVERAGE)]
    rows = []
    for number, item in enumerate(ordered):
        first = rf"\multirow{{{len(ROLES)}}}{{*}}{{{escape(item['title'])}}}"
        lines = [
            {
                "first": "" if line else first,
                "metric": _metric(name),
                "cells": [
                    _cell(cells, item["id"], (structure, name, unseen), compared) for structure, unseen in columns
                ],
            }
            for line, name in enumerate(PROTOCOLS[protocol].values())
        ]
        first_bound = item["id"] in bounds and number == len(compared)
        apart = "" if not number else r"\midrule" if first_bound else r"\addlinespace"
        rows.append({"lines": lines, "apart": apart})
    return rows


def _metric(name: str) -> str:
    """Print a metric's name with the direction in which it is better."""
    metric = METRICS[name]
    return escape(metric.title) + (r" $\uparrow$" if metric.better > 0 else r" $\downarrow$")


def _cell(cells: Cells, method: str, column: tuple[str, str, str], compared: Sequence[str]) -> str:
    """Print one number: two decimals, bold if it is the best of its column in print, the seeds' spread behind it."""
    cell = cells[method, *column]
    if pd.isna(cell["mean"]):
        return "--"
    number = f"{cell['mean']:.2f}"
    better = METRICS[column[1]].better
    rivals = [mean for other in compared if pd.notna(mean := cells[other, *column]["mean"])]
    best = f"{better * max((better * rival for rival in rivals), default=0):.2f}"
    if method in compared and len(rivals) > 1 and number == best:
        number = rf"\textbf{{{number}}}"
    return number if pd.isna(cell["sd"]) else rf"{number}$_{{{cell['sd']:.2f}}}$"


def _caption(
    table: pd.DataFrame,
    methods: Sequence[Mapping[str, Any]],
    domains: Sequence[Mapping[str, Any]],
    *,
    protocol: str,
    data: str,
    tests: str,
) -> list[str]:
    """Say what was measured, on what, by which rule a number is bold, and what is not known; TeX sentences."""
    seeds, measures = int(table["seeds"].max()), _DEFINITIONS[protocol]
    of = f" of the {escape(data)} data" if data else ""
    numbered = ", ".join(f"{number}: {escape(item['title'])}" for number, item in enumerate(domains, 1))
    spread = f", the standard deviation over {seeds} training seeds as subscript" if seeds > 1 else ""
    sentences = [
        f"Optic cup and disc on unseen domains{of} ({numbered}).",
        f"Mean over each domain's images{spread}; Average: unweighted mean over the domains.",
        f"Protocol \\emph{{{protocol}}}: {measures[0]}",
        measures[1],
        _missed(table, methods),
    ]
    if cropped := [item["title"] for item in domains if table.loc[table["unseen"] == item["id"], "cropped"].any()]:
        sentences.append(f"{escape(', '.join(cropped))}: predicted and scored on the centre 512/800 of the ROI only.")
    bounds = upper_bounds(methods)
    if len(methods) - len(bounds) > 1:
        sentences.append("Bold: the best mean of its column as printed, which is no test.")
    if bounds:
        sentences.append("Below the last rule: upper bounds, trained on the unseen domain itself, not compared.")
    if seeds == 1:
        sentences.append("One training seed: how far trainings vary is not known, and no difference is tested here.")
    elif tests and len(methods) - len(bounds) > 1:
        sentences.append(f"Differences between rows are tested in {escape(tests)}, for these trainings.")
    return sentences


def _missed(table: pd.DataFrame, methods: Sequence[Mapping[str, Any]]) -> str:
    """Say how often nothing was predicted."""
    of = (table["metric"] == "missed") & (table["unseen"] == AVERAGE)
    misses = table[of].set_index(["method", "structure"])["missed"].astype(int).to_dict()
    counts = {item["title"]: (misses[item["id"], "cup"], misses[item["id"], "disc"]) for item in methods}
    total = int(table[of]["images"].iloc[0] * table[of]["seeds"].iloc[0])
    if not any(map(sum, counts.values())):
        return f"No structure was missed in {total} predictions per row."
    listed = ", ".join(f"{escape(title)} {cup}/{disc}" for title, (cup, disc) in counts.items())
    return f"Missed, cup/disc of {total} predictions each: {listed}."
