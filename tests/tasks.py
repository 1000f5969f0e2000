"""Tasks for tests: two structures of which one holds the other, and whatever else a test asks for."""

from fdgst.study.task import Structure, Task


def structure(identifier="inner", values=((0, 50),), **changes) -> Structure:
    """Return a structure whose mask pixels have the grey values of `values`."""
    settings = {"id": identifier, "title": identifier, "values": values, "regions": "largest", "holes": "fill"}
    return Structure(**(settings | {"within": None} | changes))


def task(*structures: Structure, channels=3, bits=8) -> Task:
    """Return a task; without structures given, `inner` (grey 0) within `outer` (grey 0 and 128) on white."""
    both = (structure("inner", ((0, 50),), within="outer"), structure("outer", ((0, 200),)))
    return Task(
        channels=channels, bits=bits, background=((201, 255),), around=None, structures=structures or both, measures=()
    )
