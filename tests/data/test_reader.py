import subprocess
import sys

import pytest

from fdgst.data import READERS, reader_class
from fdgst.data.reader import Reader, make_reader
from fdgst.errors import ConfigError
from tests.data.readers import FUNDUS


@pytest.mark.parametrize("name", READERS)
def test_a_reader_is_found_by_its_short_and_by_its_full_name(name):
    assert reader_class(name) is reader_class(READERS[name])
    assert issubclass(reader_class(name), Reader)


def test_only_the_phantom_is_drawn():
    assert [name for name in READERS if reader_class(name).drawn] == ["phantom"]


@pytest.mark.parametrize(
    "name",
    ["magic", "fdgst.data", "no.such.module:Name", "fdgst.data.table:Magic", ":", "os:sep", "fdgst.data.source:Source"],
)
def test_an_unknown_reader_is_refused(name):
    with pytest.raises(ConfigError, match=r"^dataset.reader: expected "):
        reader_class(name)


def test_readers_are_looked_up_without_arrays():
    code = "import sys, fdgst.data as d; [d.reader_class(n) for n in d.READERS]; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "h5py", "scipy", "PIL"} & set(found)


def test_a_reader_is_made_of_its_own_keys_and_no_others():
    dataset = {"reader": "fundus", "root": "data", "exclude": ["x.png"], "fit": "pad"}
    domain = {"id": "a", "folder": "A"}
    made = make_reader(dataset, domain, number=1, task=FUNDUS)
    assert (made.id, made.dataset.root, made.domain.folder) == ("a", "data", "A")
    assert (made.exclude, made.fit) == (("x.png",), "pad")
    with pytest.raises(ConfigError) as caught:
        make_reader(dataset | {"rot": 1, "root": 2}, domain, number=1, task=FUNDUS)
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["dataset.root", "dataset.rot"]
    with pytest.raises(ConfigError, match=r"^domain a\.flder: unknown key; did you mean folder\?"):
        make_reader(dataset, domain | {"flder": "B"}, number=1, task=FUNDUS)
