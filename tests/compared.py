"""Tasks, rows and columns for tests of tables and figures."""

from fdgst.study.slices import Column, Row
from fdgst.study.task import Measure, Structure, Task

RATIO = Measure(id="vcdr", title="Vertical cup-to-disc ratio", kind="height_ratio", of="cup", to="disc")


def structure(name: str, *, title: str = "", within: str | None = None, optional: bool = False) -> Structure:
    """Return a structure of grey value 0."""
    more = {"values": ((0, 0),), "regions": "largest", "holes": "fill"}
    return Structure(id=name, title=title or name, within=within, optional=optional, **more)


def task_of(*structures: Structure, measures: tuple[Measure, ...] = ()) -> Task:
    """Return a task of these structures, on white."""
    more = {"channels": 3, "bits": 8, "background": ((1, 255),), "around": None}
    return Task(structures=structures, measures=measures, **more)


CUP, DISC = structure("cup", title="Optic cup", within="disc"), structure("disc", title="Optic disc")
FUNDUS = task_of(CUP, DISC, measures=(RATIO,))
LESION = task_of(structure("organ"), structure("lesion", optional=True))  # a lesion is not in every image


def task_of_many(count: int) -> Task:
    """Return a task of so many structures, without measures."""
    return task_of(*(structure(f"part_{number}", title=f"Part {number} & more") for number in range(1, count + 1)))


def rows(**trainers: str) -> tuple[Row, ...]:
    """Return rows of a table by the trainer of each, of which `intra` is an upper bound; their titles are their ids."""
    return tuple(Row(id=name, title=name, upper_bound=trainer == "intra") for name, trainer in trainers.items())


def columns(*names: str) -> tuple[Column, ...]:
    """Return columns of a table; their titles are their ids."""
    return tuple(Column(id=name, title=name) for name in names)
