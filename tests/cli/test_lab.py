"""``sl1 lab`` serves the laboratory, and nothing else, to this machine."""

import json
import re
import signal
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest

from sl1lib import cli
from sl1lib.book.laboratory.explorer import laboratory_page
from sl1lib.book.laboratory.stored import _unpack


def state_of(page):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[1])


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches whole groups of processes there")
def test_the_page_is_served_until_ctrl_c():
    command = [sys.executable, "-m", "sl1lib", "lab", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())[0]
            with urlopen(address) as answer:
                page = answer.read().decode()
            assert page == laboratory_page()
            with pytest.raises(HTTPError, match="404") as refused:
                urlopen(f"{address}book")
            refused.value.close()
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_a_run_s_weights_are_shown_to_16_bits(run):
    state = state_of(laboratory_page(run))
    assert state["stored"]["name"] == "the run’s weights"
    found = _unpack(state["stored"]["weights"])
    for name, array in run.params.items():
        np.testing.assert_allclose(found[name], array, rtol=2**-10, atol=1e-7)  # 11 bits, or the smallest number
    assert (state["strength"], state["eps"], state["lr"]) == (0.02, 0.05, 0.2)


def test_links_to_chapters_that_are_not_there_are_left_out():
    assert {each["page"] for each in state_of(laboratory_page())["experiments"]} == {None}


def test_a_file_that_is_not_there_is_said(capsys):
    assert cli.main(["lab", "nothing.npz", "--no-browser"]) == 2
    assert "nothing.npz" in capsys.readouterr().err
