"""What a task tells of its structures."""

import pytest

from tests.tasks import structure, task

CHAIN = [structure("a", within="b"), structure("b", within="c"), structure("c")]


@pytest.mark.parametrize("order", [1, -1])
def test_the_holders_of_a_structure_are_told_the_nearest_first(order):
    chain = task(*CHAIN[::order])
    assert [chain.holders(name) for name in "abc"] == [("b", "c"), ("c",), ()]


def test_a_structure_of_a_circle_holds_itself():
    circle = task(*CHAIN[:2], structure("c", within="b"))
    assert [name in circle.holders(name) for name in "abc"] == [False, True, True]
