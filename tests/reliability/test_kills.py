"""A night that is killed at any moment loses nothing, doubles nothing, shows nothing half, and heals by itself."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.reliability.accounts import account, differences, imbalances
from tests.reliability.homes import (
    LAST_DAY,
    Nights,
    dbt_dies_out,
    dbt_processes,
    run,
    start,
    wait_until,
)
from tests.reliability.killing import run_chain

# Ten kills, of which the later ones kill the recovery of the recovery; acceptance has sixty in longer chains.
CHAINS = {1: 4, 4: 6}


def test_the_undisturbed_nights_have_late_repeated_and_damaged_rows_and_are_in_balance(
    nights: Nights,
) -> None:
    held = account(nights.reference)
    assert imbalances(nights.reference, held) == []
    events = [row for name, row in held.files.items() if name.startswith(f"app/events/{LAST_DAY}")]
    assert sum(repeated for *_, repeated, _ in events) > 0
    assert sum(quarantined for *_, quarantined in events) > 0
    dates = {name.split("=")[1][:10] for name in held.lake if name.startswith("app/events")}
    assert len(dates) > 1
    assert held.published
    assert held.published != account(nights.two_nights).published


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("seed", "kills"),
    CHAINS.items(),
)
def test_nights_killed_at_random_moments_are_healed_by_one_plain_run_to_the_same_bytes(
    seed: int, kills: int, nights: Nights, tmp_path: Path
) -> None:
    chain = run_chain(seed, kills, nights=nights, folder=tmp_path)
    assert chain.problems == [], "\n".join([f"seed {seed}", *chain.kills, *chain.problems])
    assert len(chain.kills) == kills
    assert chain.looks > 0


@pytest.mark.timeout(600)
def test_when_only_the_main_process_is_killed_dbt_dies_too_and_the_next_night_does_not_hang(
    nights: Nights, tmp_path: Path
) -> None:
    home = nights.fresh(tmp_path / "home", is_first_night=False)
    output = tmp_path / "output.txt"
    process = start(home, "nightly", output=output)
    assert wait_until(lambda: dbt_processes(process.pid), process), output.read_text(encoding="utf-8")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert dbt_dies_out(process.pid)
    healed = run(home, "nightly")
    assert healed.code == 0, healed.output
    held = account(home)
    assert [*imbalances(home, held), *differences(held, account(nights.reference))] == []
