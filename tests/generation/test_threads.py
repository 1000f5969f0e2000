import threading

import pytest

from fdgst.generation.threads import in_order


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(jobs):
    assert list(in_order(lambda item: item * item, range(40), jobs=jobs)) == [item * item for item in range(40)]


@pytest.mark.parametrize("jobs", [1, 3])
def test_an_error_of_one_item_is_the_error_of_all(jobs):
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda item: 1 // (item - 7), range(20), jobs=jobs))


def test_one_job_calls_the_function_in_the_thread_that_asks():
    names = set(in_order(lambda _: threading.current_thread().name, range(5), jobs=1))
    assert names == {threading.current_thread().name}
