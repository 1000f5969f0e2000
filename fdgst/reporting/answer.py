"""The answer for a reader in a hurry: of each declared comparison what is better, by how much, and how sure that is.

How sure is said of images and of trainings: sure, not sure, or not known where there is one training of each row.
All of it is read off ``significance.csv``, whose columns `better` and `sure` are decided by the tests, here as
everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fdgst.evaluation.catalogue import AVERAGE, METRICS, Metric
from fdgst.reporting.printing import number

SURE, UNSURE, UNKNOWN = "sure", "not sure", "not known"
_REACH = 46.0  # percent of a bar's width from its middle to its end


@dataclass(frozen=True)
class Claim:
    """What one declared comparison finds in one structure and metric, averaged over the unseen domains.

    Attributes
    ----------
    row : mapping
        Of ``significance.csv``; numbers are text.
    reach : float
        Length of half a bar, in the metric's unit: bars of one metric share it.
    """

    row: Mapping[str, str]
    reach: float

    @property
    def metric(self) -> Metric:
        """The metric compared."""
        return METRICS[self.row["metric"]]

    @property
    def signed(self) -> str:
        """The difference as printed, with its sign."""
        text = number(self.row["difference"], 2)
        return text if text.startswith("−") else f"+{text}"

    @property
    def outcome(self) -> str:
        """``better`` or ``worse``, seen from the row that is compared, or ``open``."""
        if not self.row["better"]:
            return "open"
        return "better" if self.row["better"] == self.row["method"] else "worse"

    @property
    def images(self) -> str:
        """Whether other images would say the same: `SURE` or `UNSURE`."""
        return UNSURE if self.row["sure"] == "unknown" else SURE

    @property
    def trainings(self) -> str:
        """Whether other trainings would, too: `SURE`, `UNSURE` or `UNKNOWN`."""
        if int(self.row["seeds"]) < 2:
            return UNKNOWN
        return SURE if self.row["sure"] == "trainings" else UNSURE

    @cached_property
    def bar(self) -> dict[str, float]:
        """Places of the difference and of both intervals' ends in a picture: percent of its width, right is better."""
        places = {name: _number(self.row[name]) for name in ("difference", "units_low", "units_high", "low", "high")}
        return {
            name: 50 + _REACH * self.metric.better * value / self.reach
            for name, value in places.items()
            if value is not None
        }


@dataclass(frozen=True)
class Question:
    """A declared comparison: is `method` better than `reference`? With a claim for each structure and metric."""

    method: str
    reference: str
    claims: tuple[Claim, ...]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many claims there are of each outcome."""
        outcomes = [claim.outcome for claim in self.claims]
        return {name: outcomes.count(name) for name in ("better", "worse", "open")}

    @property
    def verdict(self) -> str:
        """``yes`` (in all claims), ``part`` (in some), ``no`` (the other is better), ``both``, or ``open``."""
        better, worse, undecided = self.counts.values()
        if better and worse:
            return "both"
        if better:
            return "part" if undecided else "yes"
        return "no" if worse else "open"

    def titles(self, outcome: str) -> list[str]:
        """Name the metrics of the claims with this outcome."""
        return [claim.metric.title for claim in self.claims if claim.outcome == outcome]

    def by_structure(self) -> dict[str, list[Claim]]:
        """Return the claims of each structure, by its id; structures of which something was found come first."""
        found: dict[str, list[Claim]] = {}
        for claim in sorted(self.claims, key=lambda claim: not self._decided(claim.row["structure"])):
            found.setdefault(claim.row["structure"], []).append(claim)
        return found

    def _decided(self, structure: str) -> bool:
        """Tell whether any claim about a structure finds one row better."""
        return any(claim.row["better"] for claim in self.claims if claim.row["structure"] == structure)

    def sure(self, about: str) -> int:
        """Count the claims that are sure about ``images`` or ``trainings``."""
        return [getattr(claim, about) for claim in self.claims].count(SURE)


def questions(rows: Sequence[Mapping[str, str]]) -> list[Question]:
    """Gather the declared comparisons of ``significance.csv``, whose numbers are text, in its order."""
    declared = [row for row in rows if row["family"] == "declared" and row["unseen"] == AVERAGE]
    reach: dict[str, float] = {}
    for row in declared:
        ends = [abs(_number(row[name]) or 0.0) for name in ("difference", "low", "high", "units_low", "units_high")]
        reach[row["metric"]] = max(reach.get(row["metric"], 0.0), *ends) or 1.0
    pairs = dict.fromkeys((row["method"], row["reference"]) for row in declared)
    return [
        Question(
            *pair,
            tuple(Claim(row, reach[row["metric"]]) for row in declared if (row["method"], row["reference"]) == pair),
        )
        for pair in pairs
    ]


def scale(found: Sequence[Question]) -> dict[str, Any]:
    """Return by metric what half a bar is long."""
    return {claim.row["metric"]: claim.reach / (_REACH / 50) for question in found for claim in question.claims}


def _number(text: str) -> float | None:
    """Read a number of a CSV file; none where the field is empty."""
    return float(text) if text else None
