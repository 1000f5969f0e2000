"""What qualifies an answer: misses, conventions that turn its sign, better rows that nobody asked about, weak tests.

All of it is read off the tables; nothing is tested here. A metric of a task's only structure is named without it.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fdgst.errors import ConfigError
from fdgst.evaluation.catalogue import AVERAGE, METRICS, PROTOCOLS
from fdgst.evaluation.permutation import DRAWS, EXACT_UNITS
from fdgst.evaluation.protocols import VARIANT
from fdgst.reporting.answer import Question
from fdgst.reporting.printing import probability

MANY_MISSED = 0.1  # share of the structures from which on misses are told beside a difference
NO_SIGN = 0.05  # ASSUME: a difference below it, points or px, has no sign that could turn
_CONVENTIONS = {
    ("definitions", "paper"): "by the paper’s definitions",
    ("definitions", "released"): "by the released definitions",
    ("checkpoint", "last"): "with the last checkpoint",
    ("checkpoint", "source_validation"): "with the checkpoint that does best on the sources",
    ("checkpoint", "oracle"): "with the checkpoint that does best on the unseen domain",
    ("released_crop", "0"): "without the released crop",
    ("released_crop", "1"): "with the released crop",
    ("normalisation", "running"): "normalised by running statistics",
    ("normalisation", "test_batch"): "normalised by the test batch",
}
Cells = Mapping[tuple[str, ...], Mapping[str, str]]
Rows = Sequence[Mapping[str, str]]


def misses(cells: Cells, method: str, structure: str) -> tuple[int, int] | None:
    """Count how often a structure was missed, and in how many predictions it should have been found.

    Parameters
    ----------
    cells : mapping
        Of ``table1.csv``, by method, structure, metric and unseen domain.
    method, structure : str
        Ids.

    Returns
    -------
    (int, int) or None
        Both over the images of all domains that have the structure, and seeds. None where the table does not say.
    """
    row = cells.get((method, structure, "missed", AVERAGE))
    if row is None:
        return None
    return int(row["missed"]), int(row["images"]) * int(row["seeds"]) - int(row["left_out"])


def many_missed(question: Question, cells: Cells) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    """Return the misses of both rows, by structure, where either misses more than `MANY_MISSED` of a structure."""
    found = {}
    for structure in dict.fromkeys(claim.row["structure"] for claim in question.claims):
        own, other = (misses(cells, method, structure) for method in (question.method, question.reference))
        if own and other and any(count > MANY_MISSED * of for count, of in (own, other)):
            found[structure] = (own, other)
    return found


def turned(question: Question, protocols: Rows, base: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """Say under which conventions, each changed alone, the sign of a difference is the other way.

    Parameters
    ----------
    question : Question
    protocols : sequence of mapping
        Rows of ``protocols.csv``; numbers are text.
    base : mapping
        The table's own protocol, by the names of `VARIANT`.
    names : mapping
        Titles of structures by id.

    Returns
    -------
    list of str
        As "at threshold 0.75 (DSC)"; empty where no sign turns.
    """
    means = {
        (_variant(row), row["method"], row["structure"], row["metric"]): float(row["mean"] or "nan")
        for row in protocols
        if row["unseen"] == AVERAGE
    }
    own, roles = _variant(base), {metric: role for role, metric in PROTOCOLS[str(base["definitions"])].items()}
    found = []
    for variant in dict.fromkeys(key[0] for key in means):
        changes = [place for place, value in enumerate(variant) if value != own[place]]
        if len(changes) != 1:
            continue
        labels = []
        for claim in question.claims:
            cell = claim.row["structure"], roles[claim.row["metric"]]
            mean, other = (
                means.get((variant, name, *cell), float("nan")) for name in (question.method, question.reference)
            )
            difference = float(claim.row["difference"] or "nan")
            if difference * (mean - other) < 0 and min(abs(difference), abs(mean - other)) >= NO_SIGN:
                labels.append(label(claim.row["structure"], claim.row["metric"], names))
        if labels:
            name, value = VARIANT[changes[0]], variant[changes[0]]
            words = _CONVENTIONS.get((name, value), f"at {name} {value}")
            found.append(f"{words} ({', '.join(labels)})")
    return found


def best_unasked(
    cells: Cells, rows: Sequence[str], asked: Sequence[Question], shown: Collection[str], names: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the rows with the best mean over the domains that no declared comparison names: in what, by id."""
    declared = {name for question in asked for name in (question.method, question.reference)}
    found: dict[str, list[str]] = {}
    for structure in names:
        for metric in shown:
            means = {name: cells.get((name, structure, metric, AVERAGE), {}).get("mean") for name in rows}
            known = {name: float(mean) for name, mean in means.items() if mean}
            if not known:
                continue
            best = max(known, key=lambda name: METRICS[metric].better * known[name])
            if best not in declared:
                found.setdefault(best, []).append(label(structure, metric, names))
    return found


def label(structure: str, metric: str, names: Mapping[str, str]) -> str:
    """Name a metric of a structure; of a task's only structure by the metric alone."""
    return METRICS[metric].title if len(names) == 1 else f"{names[structure]} {METRICS[metric].title}"


def printed_p(rows: Rows, *, level: float, units: str) -> dict[tuple[str, ...], str]:
    """Print the corrected p of each test, or that it could not have found anything.

    Parameters
    ----------
    rows : sequence of mapping
        Of ``significance.csv``; numbers are text.
    level : float
        Below which p must be.
    units : str
        What is drawn: images or groups.

    Returns
    -------
    dict
        Text by method, reference, structure, metric and unseen domain. With n units no signed-rank or exact
        permutation test gives less than 2 / 2^n, and no drawn one less than 1 / (1 + draws). A test whose least p,
        corrected after Holm beside the other p of its family, is not below the level cannot be decided. "≤": a drawn
        test gave its least.
    """
    families: dict[str, list[float]] = {}
    for row in rows:
        families.setdefault(row["family"], []).append(float(row["p"]))
    for found in families.values():
        found.sort()
    texts: dict[tuple[str, ...], str] = {}
    for row in rows:
        count, family, p_holm = int(row["units"]), families[row["family"]], float(row["p_holm"])
        drawn = row["unseen"] == AVERAGE and count > EXACT_UNITS
        least = 1 / (DRAWS + 1) if drawn else min(2.0 ** (1 - count), 1.0)
        smaller = bisect_left(family, least * 0.999)  # the file has six digits
        if p_holm >= level and least * (len(family) - smaller) >= level:
            text = f"cannot be decided with {count} {units if count != 1 else units[:-1]}"
        else:
            text = probability(row["p_holm"], level)
            if drawn and float(row["p"]) <= least * 1.001:
                text = f"≤ {text.removeprefix('< ')}"
        texts[row["method"], row["reference"], row["structure"], row["metric"], row["unseen"]] = text
    return texts


def refuse_another_study(tables: Mapping[str, Rows], *, scored: Collection[frozenset[str]], configured: int) -> None:
    """Refuse tables that speak of another number of trainings than the scores or the configuration.

    Parameters
    ----------
    tables : mapping
        Rows by table.
    scored : collection of frozenset of str
        The seeds that were scored, of each method and unseen domain; empty where there are no scores.
    configured : int
        Seeds of the configuration; 0 where there is none.

    Raises
    ------
    ConfigError
        One line.
    """
    stated = {
        name: max(int(row["seeds"]) for row in tables[name])
        for name in ("table1", "significance", "protocols")
        if tables.get(name)
    }
    most = max((len(seeds) for seeds in scored), default=0)
    if not configured and not most:
        return
    expected = configured or most
    if most:
        stated = {"scores": most} | stated
    few = not configured and len({*scored}) > 1  # tests take the seeds that both rows have
    wrong = [name for name, found in stated.items() if (found > expected if few else found != expected)]
    if wrong:
        found = " and ".join(f"{stated[name]} in {name}.csv" for name in wrong)
        raise ConfigError(
            f"expected {expected} training{'s' if expected > 1 else ''} of each method and domain, as"
            f" {'the configuration' if configured else 'scores.csv'} says, found {found}: these are files of another"
            f" study; make tables and tests of these scores (fdgst table, fdgst statistics)"
        )


def _variant(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the protocol of a row as text, by `VARIANT`; older files were all normalised by running statistics."""
    return tuple(
        f"{float(row[name]):g}" if name in ("threshold", "released_crop") else str(row.get(name, "running"))
        for name in VARIANT
    )
