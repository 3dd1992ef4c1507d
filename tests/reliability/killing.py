"""Killing: nights that are killed at seeded moments, one after the other, and healed by one plain run.

Belongs here: drawing the moments, striking, and judging the home after each strike and after the healing.
Does not belong here: asserting (test_kills.py) and reporting at full size (tests/acceptance).

A chain is named by its seed. Its nights start from an empty home or from one that has published already, by the
parity of the seed; every night after the first is the recovery of the one killed before.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from storage.home import Home
from storage.published import current_sequence, verify
from tests.reliability.accounts import Account, account, differences, imbalances
from tests.reliability.homes import Nights, is_publishing, run, shell_code, start, wait_until
from tests.reliability.polling import Polls, Reader

# Publishing takes a fraction of a second: without being aimed at it would hardly ever be hit.
AIMED_AT_PUBLISHING = 0.2
_PUBLISHING_SECONDS = 0.6


@dataclass(frozen=True)
class Moment:
    """When to kill: so many seconds after the start of the night, or after it began to publish."""

    is_publishing: bool
    seconds: float

    def __str__(self) -> str:
        """Return the moment in words."""
        return f"{self.seconds:.2f} s after {'publishing began' if self.is_publishing else 'the start'}"


@dataclass
class Chain:
    """What a chain of kills came to; `problems` name the moment after which they were seen."""

    seed: int
    kills: list[str] = field(default_factory=list)
    heals: list[float] = field(default_factory=list)
    rows: int = 0
    looks: int = 0
    queries: int = 0
    reader_errors: int = 0
    problems: list[str] = field(default_factory=list)


def run_chain(seed: int, kills: int, *, nights: Nights, folder: Path) -> Chain:
    """Kill `kills` nights in a row, heal, compare with the undisturbed home; several homes when a night escapes."""
    chain = Chain(seed)
    chance = random.Random(f"kills {seed}")
    is_first_night = seed % 2 == 0
    expected = account(nights.reference)
    for attempt in range(kills + 3):
        if len(chain.kills) == kills:
            return chain
        home = nights.fresh(folder / f"{seed}-{attempt}", is_first_night=is_first_night)
        reader = Reader(home)
        with reader:
            _kill_in_a_row(chain, kills, home, chance, nights.seconds(is_first_night=is_first_night))
            _heal(chain, home, expected)
        _judge_reader(chain, reader.polls)
    raise TimeoutError(f"chain {seed}: nights end before they can be killed")


def draw(chance: random.Random, *, night_seconds: float) -> Moment:
    """Draw a moment: anywhere in the night, or, more often than its length deserves, while it publishes."""
    if chance.random() < AIMED_AT_PUBLISHING:
        return Moment(is_publishing=True, seconds=chance.uniform(0, _PUBLISHING_SECONDS))
    return Moment(is_publishing=False, seconds=chance.uniform(0, night_seconds))


def strike(home: Home, moment: Moment) -> bool:
    """Start a night and kill its whole process group at `moment`; False when it had ended by then."""
    output = home.root / "output.txt"
    process = start(home, "nightly", output=output)
    if moment.is_publishing:
        wait_until(lambda: is_publishing(home), process)
    try:
        code = process.wait(moment.seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    printed = output.read_text(encoding="utf-8")
    assert code == 0, f"a night that was let alone exited {shell_code(code)}:\n{printed}"
    return False


def _kill_in_a_row(chain: Chain, kills: int, home: Home, chance: random.Random, night_seconds: float) -> None:
    while len(chain.kills) < kills:
        moment = draw(chance, night_seconds=night_seconds)
        if not strike(home, moment):
            return
        chain.kills.append(str(moment))
        # What is served can be judged between two kills: looking at it changes nothing.
        if current_sequence(home) is not None:
            chain.problems += [f"killed {moment}: {problem}" for problem in verify(home)]


def _heal(chain: Chain, home: Home, expected: Account) -> None:
    started = time.monotonic()
    healed = run(home, "nightly")
    chain.heals.append(time.monotonic() - started)
    last = chain.kills[-1] if chain.kills else "never"
    if healed.code != 0:
        chain.problems.append(f"killed {last}: the next night exited {healed.code}:\n{healed.output}")
        return
    held = account(home)
    chain.rows += held.rows_read
    found = [*imbalances(home, held), *differences(held, expected), *verify(home)]
    chain.problems += [f"killed {last}, then healed: {problem}" for problem in found]


def _judge_reader(chain: Chain, polls: Polls) -> None:
    chain.looks += polls.looks
    chain.queries += polls.queries
    chain.reader_errors += polls.errors
    chain.problems += [f"a reader: {example}" for example in polls.examples]
