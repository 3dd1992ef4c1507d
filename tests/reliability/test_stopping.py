"""A night that is told to stop does so at once, says how it ended, and leaves the home free and whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.accounts import account, differences, imbalances
from tests.reliability.homes import (
    Nights,
    dbt_dies_out,
    dbt_processes,
    is_writing,
    run,
    shell_code,
    start,
    wait_until,
)

# Seconds, with room for the other tests that share the cores; alone it is a few.
STOPS_WITHIN = 45


@pytest.mark.timeout(600)
def test_a_night_told_to_stop_ends_soon_with_the_code_of_the_signal_and_frees_the_home(
    nights: Nights, tmp_path: Path
) -> None:
    home = nights.fresh(tmp_path / "home", is_first_night=False)
    for asked, code, is_building in (
        (signal.SIGTERM, 143, False),
        (signal.SIGHUP, 129, False),
        (signal.SIGINT, 130, False),
        (signal.SIGTERM, 143, True),
    ):
        output = tmp_path / "output.txt"
        process = start(home, "nightly", output=output)
        # Asked when it has just begun to write, or while dbt is at work.
        begun = wait_until(
            lambda group=process.pid, late=is_building: dbt_processes(group) if late else is_writing(home),
            process,
        )
        assert begun, output.read_text(encoding="utf-8")
        process.send_signal(asked)
        try:
            ended = shell_code(process.wait(STOPS_WITHIN))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            pytest.fail(f"{asked.name}: still running after {STOPS_WITHIN} s")
        assert (asked.name, ended) == (asked.name, code), output.read_text(encoding="utf-8")
        assert not is_writing(home)
        assert dbt_dies_out(process.pid)
    healed = run(home, "nightly")
    assert healed.code == 0, healed.output
    held = account(home)
    assert [*imbalances(home, held), *differences(held, account(nights.reference))] == []


def test_a_dbt_whose_parent_is_gone_before_it_begins_does_not_begin() -> None:
    dbt = [Path(sys.executable).with_name("lifecycle-dbt"), "--version"]
    assert subprocess.run(dbt, stdout=subprocess.PIPE, check=False).returncode == 0
    receiving, sending = os.pipe()
    os.close(receiving)
    try:
        assert subprocess.run(dbt, stdout=sending, check=False).returncode == 1
    finally:
        os.close(sending)
