"""Tasks, and readers for tests of this room."""

from fdgst.data.fundus import Fundus
from fdgst.data.phantom.reader import Phantom
from fdgst.data.table import Table
from fdgst.study.task import Structure, Task


def structure(name, values, **changes):
    """A structure; its column is `mask`, and it lies within none unless said otherwise."""
    settings = {"id": name, "title": name, "values": values, "regions": "largest", "holes": "fill", "within": None}
    return Structure(**settings | changes)


def task(*structures, background=((0, 127),), channels=3, bits=8, around=None):
    """A task of some structures."""
    return Task(channels=channels, bits=bits, background=background, around=around, structures=structures, measures=())


EYE = (structure("cup", ((0, 50),), within="disc"), structure("disc", ((0, 200),)))
FUNDUS = task(*EYE, background=((201, 255),), around="disc")
NUCLEI = task(structure("nucleus", ((128, 255),)))
COMMON = {"id": "domain1", "number": 1, "fit": "refuse"}


def fundus(root, folder, *, exclude=(), task=FUNDUS):
    """The reader of a folder."""
    own = Fundus.Dataset(root=str(root)), Fundus.Domain(folder=folder)
    return Fundus(*own, exclude=exclude, task=task, **COMMON)


def table(path, *, exclude=(), task=NUCLEI, value=None, test_fraction=None):
    """The reader of a table's rows of domain `domain1`."""
    own = Table.Dataset(table=str(path), test_fraction=test_fraction), Table.Domain(value=value)
    return Table(*own, exclude=exclude, task=task, **COMMON)


def phantom(*, exclude=(), task=FUNDUS, camera=None, number=1, **dataset):
    """The reader of a drawn domain, small unless said otherwise."""
    own = Phantom.Dataset(**{"seed": 7, "size_px": 64, "train": 3, "test": (1, 2)} | dataset)
    common = COMMON | {"id": f"domain{number}", "number": number}
    return Phantom(own, Phantom.Domain(camera=camera), exclude=exclude, task=task, **common)
