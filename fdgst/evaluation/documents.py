"""The list of metrics in docs/evaluation.md, written from where they are declared.

python -m fdgst.evaluation.documents            writes it
python -m fdgst.evaluation.documents --check    says whether it is as it would be written, and exits with 1 if not

What stands between the marks ``<!-- metrics -->`` and ``<!-- end -->`` is replaced.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from fdgst.evaluation.catalogue import METRICS, Metric, nsd
from fdgst.storage.atomic import write_text

PAGE = Path(__file__).parents[2] / "docs" / "evaluation.md"
_MARKED = re.compile(r"(<!-- metrics -->\n).*?(<!-- end -->)", re.DOTALL)
_EXAMPLE_PX = 4  # of the normalised surface distance, whose column names its tolerance


def fill(text: str) -> str:
    """Return a page with its list of metrics made anew."""
    return _MARKED.sub(lambda found: f"{found[1]}{listed()}\n{found[2]}", text)


def listed() -> str:
    """Return the list of metrics as Markdown: a row for each."""
    declared = {**METRICS, f"nsd_{_EXAMPLE_PX}": nsd(_EXAMPLE_PX)}
    heads = ["column", "printed", "unit", "better", "what", "nothing predicted", "nothing there"]
    lines = [heads, ["---"] * len(heads), *(_row(name, metric) for name, metric in declared.items())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(name: str, metric: Metric) -> list[str]:
    """Lay out one metric."""
    direction = "more" if metric.better > 0 else "less"
    return [f"`{name}`", metric.title, metric.unit, direction, metric.what, metric.missed or "–", metric.absent or "–"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the list, or check it."""
    parser = argparse.ArgumentParser(
        prog="python -m fdgst.evaluation.documents", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="Write nothing; exit with 1 where something would change.")
    given = parser.parse_args(arguments)
    found = PAGE.read_text(encoding="utf-8")
    made = fill(found)
    if not given.check:
        write_text(PAGE, made)
    elif made != found:
        parser.exit(
            1, f"{PAGE.name}: its list of metrics is not as declared; run python -m fdgst.evaluation.documents\n"
        )


if __name__ == "__main__":
    main()
