"""Which rows are compared: said before the first training, so that a row added afterwards weakens nothing."""

from collections.abc import Collection, Sequence
from typing import Literal

AUTO = (("fdg_st", "fdg"), ("fdg", "deepall"), ("fdg_st", "deepall"))  # the paper's own claims


def pairs_of(
    compare: Literal["auto"] | Sequence[tuple[str, str]], rows: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """Return the declared comparisons.

    Parameters
    ----------
    compare : 'auto' or sequence of (str, str)
        The configuration's `evaluation.compare`.
    rows : collection of str
        Ids of the rows that may be compared.

    Returns
    -------
    tuple of (str, str)
        Method and reference. Of `auto` those of `AUTO` whose rows are both there.
    """
    if compare == "auto":
        return tuple(pair for pair in AUTO if set(pair) <= set(rows))
    return tuple((method, reference) for method, reference in compare)
