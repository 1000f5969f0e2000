import threading

import pytest

from fdgst.storage.behind import Behind


def test_calls_are_made_in_order_in_one_other_thread():
    behind, made = Behind(ahead=2), []
    for number in range(20):
        behind.call(lambda number: made.append((number, threading.current_thread())), number)
    behind.finish()
    behind.stop()
    assert [number for number, _ in made] == list(range(20))
    assert len({thread for _, thread in made} | {threading.current_thread()}) == 2


def test_no_more_calls_wait_than_may():
    behind, go = Behind(ahead=2), threading.Event()
    behind.call(go.wait)
    behind.call(go.wait)
    threading.Timer(0.1, go.set).start()
    behind.call(go.wait)  # has to wait for the first
    assert go.is_set()
    behind.stop()


@pytest.mark.parametrize("later", ["call", "finish"])
def test_what_a_call_raised_is_raised_later(later):
    behind = Behind(ahead=1)
    behind.call(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        behind.finish() if later == "finish" else behind.call(print)
    behind.stop()
