"""The cast: people with a story each, and every change of their stage as it was worked out by hand.

Belongs here: who does what on which day, and what stage that makes. Does not belong here: landing the files, the night.

Every weekday from Monday, 5 January 2026 is a trading day: the first is number 1, 2 March number 41, 30 March number
61, and the last day, 8 May, number 90. Accounts are opened on 5 January and new until 5 April, if nothing else is said.
`assets` are the books from a day on: cash, and what is held beside it. Whoever should not fall silent puts a coin in
every Monday. Nobody's app is linked to an account: links count from the day of their delivery, and this is history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

FIRST, LAST = date(2026, 1, 5), date(2026, 5, 8)
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]


def on(text: str) -> date:
    """Return a day of 2026 from month and day."""
    return date.fromisoformat(f"2026-{text}")


COINS = {f"{day:%m-%d}": 1 for day in DAYS[7:] if day.isoweekday() == 1}


@dataclass(frozen=True)
class Role:
    """One person: name, story, what the sources say, and the stages by the day on which each begins; None is gone."""

    name: str
    story: str
    stages: Mapping[str, str | None]
    visits: Sequence[date] = ()
    has_login: bool = True
    opened: str | None = "01-05"
    closed: str | None = None
    reopened: str | None = None
    came: Mapping[str, int] = field(default_factory=dict)
    brought_securities: Mapping[str, int] = field(default_factory=dict)
    went: Mapping[str, int] = field(default_factory=dict)
    trades: Sequence[str] = ()
    assets: Mapping[str, tuple[int, int]] = field(default_factory=dict)


CAST = (
    Role(
        "ada",
        "deposits 600,000 and does not invest: core all the same, until 40 trading days have passed in silence",
        came={"01-06": 600_000},
        assets={"01-06": (600_000, 0)},
        stages={"01-05": "opened", "01-06": "core", "03-04": "dormant"},
    ),
    Role(
        "ben",
        "deposits 5,000, adds a coin every week and never invests",
        came={"01-06": 5_000, **COINS},
        assets={"01-06": (5_000, 0)},
        stages={"01-05": "opened", "01-06": "funded"},
    ),
    Role(
        "cai",
        "opens an account and is never seen again: silent since the opening",
        stages={"01-05": "opened", "03-03": "dormant"},
    ),
    Role(
        "dora",
        "withdraws all: declining by the size, then by the outflow of 30 days, then for five trading days more",
        came={"01-06": 50_000, **COINS},
        went={"02-02": 50_000},
        trades=("01-07",),
        assets={"01-06": (50_000, 0), "01-07": (10_000, 40_000), "02-02": (0, 0)},
        stages={
            "01-05": "opened",
            "01-06": "funded",
            "01-07": "newly_invested",
            "02-02": "declining",
            "03-10": "newly_invested",
            "04-06": "active",
        },
    ),
    Role(
        "eli",
        "silent for exactly 40 trading days and back on the 41st, which changes nothing; then silent for 41",
        came={"01-06": 20_000},
        trades=("01-06", "03-04"),
        assets={"01-06": (0, 20_000)},
        stages={"01-05": "opened", "01-06": "newly_invested", "04-06": "active", "04-30": "dormant"},
    ),
    Role(
        "fay",
        "dormant, deposits a little on a Saturday and is back for that day and 30 more",
        came={"01-06": 20_000, "03-14": 10},
        trades=("01-06",),
        assets={"01-06": (0, 20_000)},
        stages={
            "01-05": "opened",
            "01-06": "newly_invested",
            "03-04": "dormant",
            "03-14": "reactivated",
            "04-14": "active",
        },
    ),
    Role(
        "gus",
        "takes nearly everything out and says nothing for 60 trading days; then a million comes",
        came={"01-06": 200_000, "04-15": 1_000_000},
        went={"03-02": 195_000},
        trades=("01-06",),
        assets={"01-06": (0, 200_000), "03-02": (0, 5_000), "04-15": (1_000_000, 5_000)},
        stages={
            "01-05": "opened",
            "01-06": "newly_invested",
            "03-02": "declining",
            "03-04": "dormant",
            "03-31": "silently_lost",
            "04-15": "reactivated",
        },
    ),
    Role(
        "hana",
        "closes the account, has it opened again and returns rich",
        closed="02-10",
        reopened="04-01",
        came={"01-06": 20_000, "04-01": 1, "04-02": 700_000},
        went={"02-09": 20_000},
        trades=("01-06",),
        assets={"01-06": (0, 20_000), "02-09": (0, 0), "04-02": (700_000, 0)},
        stages={
            "01-05": "opened",
            "01-06": "newly_invested",
            "02-09": "declining",
            "02-10": "closed",
            "04-01": "newly_invested",
            "04-02": "core",
        },
    ),
    Role(
        "ivo",
        "registers, and opens no account",
        visits=[on("01-12")],
        opened=None,
        stages={"01-12": "registered"},
    ),
    Role(
        "jun",
        "visits once, is forgotten after 90 days and visits again",
        visits=[on("01-05"), on("04-20")],
        has_login=False,
        opened=None,
        stages={"01-05": "visitor", "04-05": None, "04-20": "visitor"},
    ),
    Role(
        "kim",
        "falls below 500,000 with the market and is core for five trading days more",
        came={"01-06": 600_000, **COINS},
        trades=("01-06",),
        assets={"01-06": (0, 600_000), "02-02": (0, 450_000)},
        stages={"01-05": "opened", "01-06": "core", "02-06": "newly_invested", "04-06": "active"},
    ),
    Role(
        "mia",
        "brings securities from another broker and never trades: a position counts as invested",
        came=COINS,
        brought_securities={"01-06": 30_000},
        assets={"01-06": (0, 30_000)},
        stages={"01-05": "opened", "01-06": "newly_invested", "04-06": "active"},
    ),
    Role(
        "nora",
        "was valid for 20 trading days and no more: enough to be lost",
        came={"01-06": 15_000},
        went={"02-03": 14_500},
        trades=("01-06",),
        assets={"01-06": (0, 15_000), "02-03": (0, 500)},
        stages={
            "01-05": "opened",
            "01-06": "newly_invested",
            # On 5 February the deposit of 6 January is no longer among the last 30 days.
            "02-05": "declining",
            "03-04": "dormant",
            "03-31": "silently_lost",
        },
    ),
    Role(
        "olga",
        "was valid for 19 trading days: too few to be lost",
        came={"01-06": 15_000},
        went={"02-02": 14_500},
        trades=("01-06",),
        assets={"01-06": (0, 15_000), "02-02": (0, 500)},
        stages={
            "01-05": "opened",
            "01-06": "newly_invested",
            "02-05": "declining",
            "03-04": "dormant",
        },
    ),
)
