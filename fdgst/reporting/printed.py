"""The paper's own numbers: Table 1 as printed, and its errata. Data alone, so that the workflow may ask it, too."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

DOMAINS = 4  # of the paper: Drishti-GS, RIM-ONE-r3, REFUGE train, REFUGE validation

# unseen domain 1, 2, 3, 4, average; by row, metric and structure
PRINTED: Mapping[tuple[str, str, str], tuple[float, ...]] = {
    ("DoFE", "dsc", "cup"): (80.86, 77.97, 83.95, 87.67, 82.61),
    ("DoFE", "dsc", "disc"): (95.11, 89.05, 91.25, 93.50, 92.23),
    ("DoFE", "hd", "cup"): (37.47, 29.15, 21.42, 14.50, 25.64),
    ("DoFE", "hd", "disc"): (17.17, 31.10, 21.63, 14.86, 21.19),
    ("DoFE", "asd", "cup"): (19.67, 15.75, 11.17, 7.05, 13.41),
    ("DoFE", "asd", "disc"): (8.51, 16.96, 12.29, 7.16, 11.23),
    ("FDG", "dsc", "cup"): (80.75, 79.27, 83.62, 87.56, 82.80),
    ("FDG", "dsc", "disc"): (95.08, 88.71, 92.01, 93.39, 92.29),
    ("FDG", "hd", "cup"): (36.80, 27.10, 21.64, 14.77, 25.08),
    ("FDG", "hd", "disc"): (16.71, 29.25, 20.61, 14.50, 20.27),
    ("FDG", "asd", "cup"): (19.61, 14.25, 11.33, 7.02, 13.05),
    ("FDG", "asd", "disc"): (8.52, 17.19, 11.23, 7.29, 11.06),
    ("FDG+ST", "dsc", "cup"): (81.64, 78.93, 84.11, 86.83, 82.88),
    ("FDG+ST", "dsc", "disc"): (94.72, 89.20, 92.51, 92.91, 92.34),
    ("FDG+ST", "hd", "cup"): (35.36, 27.22, 21.29, 15.91, 24.95),
    ("FDG+ST", "hd", "disc"): (17.56, 27.40, 19.77, 15.05, 19.95),
    ("FDG+ST", "asd", "cup"): (18.80, 13.91, 11.04, 7.66, 12.85),
    ("FDG+ST", "asd", "disc"): (9.12, 16.05, 10.54, 7.79, 10.88),
}
# which printed row a method of ours stands beside: as written, and as the authors' scripts have it
PRINTED_AS = {
    "dofe": "DoFE",
    "dofe_frozen": "DoFE",
    "fdg": "FDG",
    "fdg_released": "FDG",
    "fdg_st": "FDG+ST",
    "fdg_st_released": "FDG+ST",
}

NOTES = {("FDG", "dsc", "disc", "average"): "the mean of the printed row is 92.30"}  # to numbers of the table


class Erratum(NamedTuple):
    """A slip of the paper: where it stands, what is printed, what is meant, and whether it is one of the table."""

    place: str
    printed: str
    meant: str
    of_table: bool = False


ERRATA = (
    Erratum("Eq. 3", "e^{-jP}", "e^{+jP}: the inverse needs the phase as it was taken"),
    Erratum("Eq. 6, 7", "a hat under S and max", "a tilde: the style image's amplitude is thresholded"),
    Erratum("Eq. 8", "the distance from a point to its own set", "to the other set"),
    Erratum("Eq. 9, 10", "sets that are regions", "boundaries: over regions ASD would be near 0, not 7 to 20"),
    Erratum("below Eq. 11", "TP, FP, FN: ... true negatives ...", "false positives"),
    Erratum("Table 1, disc, FDG, DSC", "average 92.29", "92.30, the mean of the row", of_table=True),
)


def incomparable(methods: Sequence[str], places: Sequence[int | None]) -> str:
    """Say why nothing of a table can be put beside the paper's; an empty text where something can.

    Parameters
    ----------
    methods : sequence of str
        Ids of the table's rows.
    places : sequence of int or None
        Of each unseen domain, which of the paper's it is: 1 to 4.
    """
    if not any(places):
        return f"no domain says which of the paper's it is (paper: 1 to {DOMAINS})"
    if not set(methods) & set(PRINTED_AS):
        return f"none of its methods is in the paper's table ({', '.join(PRINTED_AS)})"
    return ""
