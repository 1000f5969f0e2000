import threading

import pytest

from fdgst.generation.threads import in_order


@pytest.mark.parametrize("jobs", [0, 1, 2, 5])
def test_results_come_in_the_order_of_the_items(jobs):
    assert list(in_order(lambda item: item * item, range(40), jobs=jobs)) == [item * item for item in range(40)]


@pytest.mark.parametrize("jobs", [0, 1, 3])
def test_an_error_of_one_item_is_the_error_of_all(jobs):
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda item: 1 // (item - 7), range(20), jobs=jobs))


def test_without_threads_the_function_is_called_where_its_result_is_asked_for():
    names = set(in_order(lambda _: threading.current_thread().name, range(5), jobs=0))
    assert names == {threading.current_thread().name}


def test_items_are_asked_for_only_as_their_results_are():
    asked = []
    results = in_order(lambda item: item, (asked.append(item) or item for item in range(40)), jobs=2)
    assert [next(results) for _ in range(5)] == list(range(5))
    assert len(asked) == 7
    results.close()
    assert len(asked) == 7
