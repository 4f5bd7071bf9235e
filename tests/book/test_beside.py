"""What works beside a notebook obeys in order, tells when nothing is left, survives a fault, and ends with Python."""

import threading

import pytest

from sl1lib.book.beside import Beside

PATIENCE = 60  # seconds


def test_commands_are_obeyed_in_order_and_what_is_left_is_done_between_them():
    done, left = [], [3]

    def obey(command):
        if command is None:
            left[0] -= 1
        done.append(command)

    beside = Beside("test", obey, busy=lambda: left[0] > 0)
    assert beside.idle
    for command in "ab":
        beside.do(command)
    assert beside.wait(PATIENCE)
    assert [command for command in done if command] == ["a", "b"]
    assert done.count(None) == 3
    beside.end()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_leaves_nobody_waiting_and_the_next_command_is_obeyed():
    done = []

    def obey(command):
        done.append(1 / command)

    beside = Beside("test", obey)
    beside.do(0)
    assert beside.wait(PATIENCE)
    beside.do(2)
    assert beside.wait(PATIENCE)
    assert done == [0.5]  # exact: a power of 2
    beside.end()


def test_its_end_stops_what_goes_on():
    asked = threading.Event()
    beside = Beside("test", lambda command: asked.wait(PATIENCE), stop=asked.set)
    beside.do("wait")
    beside.end()
    assert asked.is_set()
    assert beside.idle
