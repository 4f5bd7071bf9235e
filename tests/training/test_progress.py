"""The progress bar: quiet when asked, complete in a terminal of 80 columns, alive in a notebook."""

import io
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from support import PATIENCE

from sl1lib import Run, RunConfig, train, train_many

CONFIG = RunConfig(data="digits", epochs=100, lr=0.2)  # some seconds: long enough to be drawn many times
TRAIN = """
import json, sys
from sl1lib import RunConfig, train
run = train(RunConfig.from_dict(json.loads({config!r})))
print(f"final error {{100 * run.test_error:.2f}} %")
"""
SOURCE = TRAIN.format(config=json.dumps(CONFIG.to_dict()))
DRAWN = r"none \(table\) +(\d+)%\|.*\| +[\d.]+k?img/s, \d\d:\d\d left, error \d+\.\d\d %, E0 \d\.\d{4}"


def test_it_is_quiet_when_asked(small, capfd):
    train(small, progress=False)
    assert capfd.readouterr() == ("", "")


def test_a_pipe_gets_nothing_on_its_standard_output(small, capfd):
    train(small, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "img/s" in err


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals there")
def test_a_terminal_of_80_columns_shows_error_speed_and_time_left():
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen([sys.executable, "-c", SOURCE], stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # how Linux tells that the other side was closed
        pass
    os.close(ours)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert re.fullmatch(r"final error \d+\.\d\d %\n", out)
    lines = shown.decode().split("\r")
    assert max(map(len, lines)) <= 80
    percents = [int(found[1]) for line in lines if (found := re.match(DRAWN, line))]
    assert percents
    assert percents == sorted(percents)
    assert not lines[-1].strip()  # nothing is left standing


@pytest.fixture
def kernel():
    """Run code in a kernel of its own; give back the messages that a notebook would show."""
    manager = pytest.importorskip("jupyter_client.manager")
    km, kc = manager.start_new_kernel(
        startup_timeout=PATIENCE, env={**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    )

    def execute(source):
        messages = []
        kc.execute_interactive(source, timeout=PATIENCE, store_history=False, output_hook=messages.append)
        return [(message["msg_type"], message["content"]) for message in messages]

    yield execute
    kc.stop_channels()
    km.shutdown_kernel(now=True)
    km.cleanup_resources()
    km.context.destroy()


def text_of(messages, name):
    return "".join(content["text"] for kind, content in messages if kind == "stream" and content["name"] == name)


def test_a_notebook_without_ipywidgets_shows_a_line_of_text(kernel):
    messages = kernel(
        "import sys, warnings; warnings.simplefilter('error'); sys.modules['ipywidgets'] = None\n" + SOURCE
    )
    assert [content for kind, content in messages if kind == "error"] == []
    assert re.search(DRAWN, text_of(messages, "stderr"))
    assert "final error" in text_of(messages, "stdout")


@pytest.mark.skipif(find_spec("ipywidgets") is None, reason="ipywidgets is not installed")
def test_a_notebook_with_ipywidgets_shows_a_bar(kernel):
    messages = kernel(SOURCE)
    assert [content for kind, content in messages if kind == "error"] == []
    assert "img/s" not in text_of(messages, "stderr")
    assert any("widget-view" in key for kind, content in messages if kind == "display_data" for key in content["data"])
    updates = [str(content["data"].get("state", {}).get("value")) for kind, content in messages if kind == "comm_msg"]
    assert any("error" in value and "img/s" in value and "left" in value for value in updates)


class Dead(io.StringIO):
    """A standard error that takes nothing: a full disk, a pipe whose reader has gone, a closed stream."""

    def __init__(self, error):
        super().__init__()
        self._error = error

    def write(self, text):
        raise self._error


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), BrokenPipeError(32, "Broken pipe"), ValueError("closed file")]
)
def test_a_bar_that_cannot_be_drawn_costs_no_training(small, run, same, monkeypatch, error):
    monkeypatch.setattr(sys, "stderr", Dead(error))
    same(train(small, progress=True), run)
    pair = train_many([small, small.replace(penalty=None)], progress=True)  # a line before the bar, too
    assert all(each.complete for each in pair)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_under_standard_error_costs_no_run_and_no_exit_code(tmp_path):
    words = ["train", "--data", "digits", "--epochs", "2", "--save", str(tmp_path / "run")]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sl1lib", *words], stdout=subprocess.PIPE, stderr=full, timeout=PATIENCE
        )
    assert done.returncode == 0
    assert b"saved" in done.stdout
    assert Run.load(tmp_path / "run.npz").complete


@pytest.mark.skipif(os.name == "nt", reason="pipes work otherwise there")
@pytest.mark.parametrize("both", [False, True], ids=["standard error", "both streams"])
def test_a_reader_of_the_bar_that_has_gone_costs_no_run(tmp_path, both):
    reader, writer = os.pipe()
    os.close(reader)
    words = ["train", "--data", "digits", "--epochs", "2", "--save", str(tmp_path / "run")]
    stdout = writer if both else subprocess.DEVNULL
    done = subprocess.run([sys.executable, "-m", "sl1lib", *words], stdout=stdout, stderr=writer, timeout=PATIENCE)
    os.close(writer)
    assert done.returncode == (141 if both else 0)
    assert Run.load(tmp_path / "run.npz").complete
