import inspect

import pytest

from fdgst.data import READERS, reader
from fdgst.errors import ConfigError


@pytest.mark.parametrize("name", READERS)
def test_every_reader_has_the_same_two_functions(name):
    module = reader(name)
    assert list(inspect.signature(module.files).parameters) == ["dataset", "folder"]
    assert list(inspect.signature(module.entries).parameters) == ["dataset", "folder", "number"]


def test_an_unknown_reader_is_refused_and_the_known_ones_are_named():
    with pytest.raises(ConfigError, match=r"dataset.reader: expected one of fundus, phantom, found 'magic'"):
        reader("magic")
