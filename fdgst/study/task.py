"""The task: which structures are segmented in which images, how masks are read, and what is measured."""

from typing import Annotated, Literal

from pydantic import Field

from fdgst.study.strict import Id, Strict, Title

Level = Annotated[int, Field(ge=0, le=65535)]
Range = tuple[Level, Level]


class Structure(Strict):
    """One structure: a plane of the masks, an output of the network, a block of the table."""

    id: Id
    """Name in files and tables."""
    title: Title
    """Name as printed in tables and figures."""
    values: Annotated[tuple[Range, ...], Field(min_length=1)]
    """Grey values of the mask that belong to the structure: inclusive ranges [low, high]."""
    column: Annotated[str, Field(min_length=1)] = "mask"
    """Which mask file it is read from, of several: the column of the table that names the file."""
    regions: Literal["largest", "all"]
    """Which connected components of a prediction are kept: the largest one, or all."""
    holes: Literal["fill", "keep"]
    """What becomes of the holes of a prediction."""
    within: Id | None
    """Structure that holds this one: the truth is checked, and evaluation.nest cuts predictions to it; null: none."""
    optional: bool = False
    """Whether an image may be without it."""


class Measure(Strict):
    """A number that is derived from the masks of an image."""

    id: Id
    """Name in files and tables."""
    title: Title
    """Name as printed in tables and figures."""
    kind: Literal["height_ratio", "width_ratio", "area_ratio", "area", "rim_width"]
    """How it is computed: a ratio of `of` to `to`, the area of `of`, or the width of the rim of `to` around `of`."""
    of: Id
    """The structure that is measured."""
    to: Id | None = None
    """The structure that it is measured against; null for an area."""


class Task(Strict):
    """What is segmented, in which images."""

    channels: Literal[1, 3]
    """What images are brought to: 1 grey, 3 colour."""
    bits: Literal[8, 16]
    """Depth of the images: 8 for grey levels 0 to 255, 16 for 0 to 65535."""
    background: tuple[Range, ...]
    """Grey values of a mask that belong to no structure; a value in neither is refused."""
    around: Id | None
    """Structure that ROIs are cut around: located first in a new photograph; null: whole images."""
    structures: Annotated[tuple[Structure, ...], Field(min_length=1, max_length=8)]
    """The structures, in the order of masks, outputs and tables."""
    measures: tuple[Measure, ...]
    """Numbers derived from the masks; the report has a section for them, where there are any."""

    @property
    def white(self) -> int:
        """The largest grey level of an image."""
        return 2**self.bits - 1

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the structures, in order."""
        return tuple(structure.id for structure in self.structures)

    @property
    def columns(self) -> tuple[str, ...]:
        """The mask files of an image, in the order of first use."""
        return tuple(dict.fromkeys(structure.column for structure in self.structures))

    def place(self, structure: str) -> int:
        """Return the place of a structure among the planes of a mask."""
        return self.ids.index(structure)

    def holders(self, structure: str) -> tuple[str, ...]:
        """Return the structures that hold one, the nearest first; of a circle each once, so that one holds itself."""
        parents = {item.id: item.within for item in self.structures}
        found: list[str] = []
        holder = parents.get(structure)
        while holder is not None and holder not in found:
            found.append(holder)
            holder = parents.get(holder)
        return tuple(found)

    def untitled(self) -> "Task":
        """Return the same task with ids for titles: what a file may depend on before anything is printed."""
        structures = tuple(item.model_copy(update={"title": item.id}) for item in self.structures)
        measures = tuple(item.model_copy(update={"title": item.id}) for item in self.measures)
        return self.model_copy(update={"structures": structures, "measures": measures})
