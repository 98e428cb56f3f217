"""What the bench reads from processes and `make run`, and its pictures."""

import io
import os
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest

from bench.picture import bars
from bench.processes import children, cpu_seconds_by_part
from bench.start_up import _watched


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, as the bench does")
def test_cpu_time_counts_for_the_nearest_part() -> None:
    spin = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    process = subprocess.Popen(
        [sys.executable, "-c", spin], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert "time.process_time" in children(os.getpid())[process.pid]
        parts = cpu_seconds_by_part(os.getpid(), {process.pid: "spinner"}, "the rest")
        assert 0.25 <= parts["spinner"] < 2.0
        assert parts["the rest"] > 0.0
        whole = cpu_seconds_by_part(os.getpid(), {os.getpid(): "all"}, "the rest")
        assert whole["the rest"] == 0.0
        assert whole["all"] >= parts["spinner"]
    finally:
        process.kill()
        process.communicate()


_PRINTED = """\
  setting up .venv
  installing the Node packages
  sam build …
  sam build: built (12.1 s)
  one process per region …
  one process per region (3.1 s)

  Ctrl-C ends it.
not read
"""


def test_the_phases_of_make_run() -> None:
    seconds, phases = _watched(io.StringIO(_PRINTED), time.monotonic() - 70.0)
    assert 70.0 <= seconds < 80.0
    assert phases == [
        "set-up (70.0 s)",
        "sam build: built (12.1 s)",
        "one process per region (3.1 s)",
    ]


def test_a_make_run_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="port 4566 is busy"):
        _watched(io.StringIO("make run: port 4566 is busy\n"), time.monotonic())


def test_bars_share_one_scale() -> None:
    picture = bars("A & B", {"one": {"a": 1.0, "b": 1.0}, "two": {"a": 3.0, "b": 1.0}}, "µs")
    root = ElementTree.fromstring(picture)  # noqa: S314 - our own
    widths = [float(each.get("width", "0")) for each in root if each.get("height") == "26"]
    assert widths == pytest.approx([widths[0], widths[0], 3 * widths[0], widths[0]], rel=0.01)
    assert "4.0 µs" in picture
