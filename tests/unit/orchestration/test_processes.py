"""A run's process is known by machine start, number and start time together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.processes import BOOT, PROCESS, STARTED, is_alive, process_tags

PRINT_TAGS = (
    "import json; from orchestration.processes import process_tags; print(json.dumps(process_tags()))"
)


def test_this_process_is_alive() -> None:
    assert is_alive(process_tags())


def test_a_process_that_ended_is_not_alive_even_before_it_is_collected() -> None:
    child = subprocess.Popen([sys.executable, "-c", PRINT_TAGS], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout as output:
        tags = json.loads(output.read())
    # Waits for the end without collecting the process.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_alive(tags) is False
    child.wait()
    assert is_alive(tags) is False


def test_a_number_that_was_given_to_another_process_is_not_alive() -> None:
    assert is_alive({**process_tags(), STARTED: "1"}) is False


def test_a_process_from_before_the_machine_restarted_is_not_alive() -> None:
    assert is_alive({**process_tags(), BOOT: "another start"}) is False


def test_without_tags_nothing_is_known() -> None:
    assert is_alive({}) is None
    assert is_alive({PROCESS: str(os.getpid()), STARTED: ""}) is None


def test_dbt_dies_with_the_process_that_started_it() -> None:
    grandchild = (
        "import os, time; from orchestration.dbt_process import die_with_parent;"
        " die_with_parent(); print(os.getpid(), flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    orphan = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    with parent.stdout as output:
        # The pipe ends when the last process that holds it is going.
        assert output.read() == ""
    for _ in range(500):
        if not _exists(orphan):
            return
        time.sleep(0.01)
    pytest.fail("the orphan is still there")


def _exists(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"
