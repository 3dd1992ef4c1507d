"""Recovery: what the pipeline found beside what was planted in a simulated world, truth by truth.

Belongs here: the truths, each with how it is looked for in what was built; the table for people.
Does not belong here: the truths' numbers (the truth folder of the demo), making anything that a night needs.

A truth that nothing here can find yet stands in the report as well, with what it waits for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import numpy as np
from rich.table import Table
from scipy import stats

from orchestration.partitions import OWNERS
from orchestration.resources import ConfigurationError, House
from orchestration.writing import Writer
from storage.engine import connect
from storage.versions import current_sequence, version_folder

_LOOKED_AT = [
    dg.AssetKey(["intermediate", "int_opening_steps__tried"]),
    dg.AssetKey(["intermediate", "int_login_devices__observed"]),
    dg.AssetKey(["intermediate", "int_identities__walked"]),
    dg.AssetKey(["marts", "rpt_channel_quality"]),
    dg.AssetKey(["published", "snapshot"]),
]
TRUTH_FOLDER = "truth"
RECOVERED, MISSED, NOT_YET = "recovered", "missed", "not yet"
COLUMNS = ("truth", "planted", "found", "interval", "verdict")
_RANKED_LIKE_CHANCE = 0.0
_FEWEST = 20
"""Of fewer than so many nothing is said."""
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Recovered:
    """One line: `waits_for` says why a truth cannot be found yet."""

    truth: str
    planted: str
    found: str = "–"
    interval: str = "–"
    is_found: bool = False
    waits_for: str = ""

    @property
    def verdict(self) -> str:
        """Whether the truth was found."""
        if self.waits_for:
            return f"{NOT_YET}: {self.waits_for}"
        return RECOVERED if self.is_found else MISSED

    @property
    def cells(self) -> tuple[str, ...]:
        """The line in the order of COLUMNS."""
        return self.truth, self.planted, self.found, self.interval, self.verdict


@dataclass(frozen=True)
class Evidence:
    """What a truth is looked for in: the truth folder, the build, what is published, and the ledger."""

    folder: Path
    told: Mapping[str, Any]
    built: duckdb.DuckDBPyConnection
    served: duckdb.DuckDBPyConnection
    house: House

    def one(self, query: str, *values: object) -> tuple[Any, ...]:
        """Return the only row of a query of the build."""
        return self.built.execute(query, list(values)).fetchall()[0]


def recovery(house: House, folder: Path | None = None) -> list[Recovered]:
    """Return every truth of the world in `folder` (default: the home's own) with what was found of it.

    Raises ConfigurationError when there is no truth folder, or nothing was published yet.
    """
    folder = folder or house.home.root / TRUTH_FOLDER
    if not (folder / "world.json").is_file():
        raise ConfigurationError(f"{folder} holds no truths: `python -m demo --truth {folder}` writes them")
    serving = current_sequence(house.home)
    if serving is None or not house.home.warehouse.exists():
        raise ConfigurationError("nothing is published yet: run `lifecycle nightly` first")
    told = json.loads((folder / "world.json").read_bytes())
    served = version_folder(house.home, serving) / "lifecycle.duckdb"
    with (
        closing(connect(house.home.warehouse, settings=house.engine, read_only=True)) as built,
        closing(connect(served, settings=house.engine, read_only=True)) as published,
    ):
        evidence = Evidence(folder, told, built, published, house)
        return [line for look in _TRUTHS for line in look(evidence)]


def as_markdown(lines: Sequence[Recovered]) -> str:
    """Return the report as a Markdown table."""
    head = [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
    return "\n".join([*head, *(f"| {' | '.join(line.cells)} |" for line in lines), ""])


def as_table(lines: Sequence[Recovered]) -> Table:
    """Return the report as a table for the terminal."""
    table = Table(*COLUMNS)
    for line in lines:
        table.add_row(*line.cells)
    return table


def recovery_asset() -> dg.AssetsDefinition:
    """Return the asset that reports; no night makes it: real deployments have no planted truths."""

    @dg.asset(
        key=["recovery", "rpt_recovery"],
        deps=_LOOKED_AT,
        description="What the pipeline found beside what was planted in a simulated world.",
        group_name="recovery",
        owners=OWNERS,
    )
    def rpt_recovery(writer: Writer) -> dg.MaterializeResult:
        lines = recovery(writer.house)
        counts = {
            state: sum(line.verdict.startswith(state) for line in lines)
            for state in (RECOVERED, MISSED, NOT_YET)
        }
        return dg.MaterializeResult(metadata={"report": dg.MetadataValue.md(as_markdown(lines)), **counts})

    return rpt_recovery


def _faulty_step(evidence: Evidence) -> Iterator[Recovered]:
    fault = evidence.told["truths"]["opening"]["fault"]
    query = (
        "select count(*) filter (where result = 'ok'), count(*) from intermediate.int_opening_steps__tried"
        " where step_code = ? and (os = ? and starts_with(app_version, ?)) = ?"
    )
    given = (fault["step"], fault["os"], fault["app_version"])
    passed, tried = evidence.one(query, *given, True)  # noqa: FBT003 - a bound value
    others, of = evidence.one(query, *given, False)  # noqa: FBT003 - a bound value
    low, high = _share_interval(passed, tried)
    truth = f"step {fault['step']} passes less on {fault['os']} with app {fault['app_version']}x"
    if tried < _FEWEST:
        yield Recovered(truth, f"{fault['passes']:.0%}", waits_for="more tries on such phones")
        return
    yield Recovered(
        truth,
        planted=f"{fault['passes']:.0%}",
        found=f"{_share(passed, tried)} of {tried:,} tries, elsewhere {_share(others, of)}",
        interval=f"{low:.0%} to {high:.0%}",
        is_found=low <= fault["passes"] <= high < others / max(1, of),
    )


def _channels(evidence: Evidence) -> Iterator[Recovered]:
    found = dict(
        evidence.served.execute(
            "select channel_id, [sum(opened_people_count), sum(people_count)] from marts.rpt_channel_quality"
            " where as_of_date = (select max(as_of_date) from marts.rpt_channel_quality)"
            " and channel_id in ('sem_brand', 'feed_x') group by all"
        ).fetchall()
    )
    brand, feed = found.get("sem_brand", [0, 0]), found.get("feed_x", [0, 0])
    low, high = _share_interval(*brand)[0], _share_interval(*feed)[1]
    truth, planted = (
        "people of sem_brand open accounts more often than those of feed_x",
        "sem_brand above feed_x",
    )
    if min(brand[1], feed[1]) < _FEWEST:
        yield Recovered(truth, planted, waits_for="more people of both channels")
        return
    yield Recovered(
        truth,
        planted,
        found=f"{_share(*brand)} of {brand[1]:,} against {_share(*feed)} of {feed[1]:,}",
        interval=f"at least {low:.0%} against at most {high:.0%}",
        is_found=low > high,
    )


def _dirt(evidence: Evidence) -> Iterator[Recovered]:
    planted = json.loads((evidence.folder / "dirt.json").read_bytes())
    quarantined = dict(
        evidence.served.execute(
            "select rule_type, sum(rows_count) from intake.rpt_quarantine"
            " where source = 'app' and table_name = 'events' group by all"
        ).fetchall()
    )
    for rule in ("malformed_json", "wrong_type", "missing", "not_allowed"):
        meant = sum(day[rule] for day in planted.values())
        yield _equal(f"event lines damaged: {rule}", meant, int(quarantined.get(rule, 0)))
    ((repeated,),) = evidence.served.execute(
        "select coalesce(sum(rows_duplicate_count), 0) from intake.rpt_deliveries"
        " where source = 'app' and table_name = 'events'"
    ).fetchall()
    yield _equal("event lines repeated", sum(day["repeated"] for day in planted.values()), int(repeated))
    (late,) = evidence.house.ledger.rows(
        "select coalesce(sum(row_count), 0) as rows_late from file_dates join files using (file_id)"
        " where source = 'app' and table_name = 'events' and business_date < delivery_date and not is_history"
    )
    yield _equal(
        "event lines that came late",
        sum(day["late"] for date_, day in planted.items() if date_ not in _histories(evidence)),
        int(late["rows_late"]),
    )


def _histories(evidence: Evidence) -> set[str]:
    rows = evidence.house.ledger.rows(
        "select distinct delivery_date from files where source = 'app' and table_name = 'events' and is_history"
    )
    return {str(row["delivery_date"]) for row in rows}


def _phones(evidence: Evidence) -> Iterator[Recovered]:
    (found,) = evidence.one(
        "select count(*) from (select device_id from intermediate.int_login_devices__observed"
        " group by device_id having count(distinct login_id) > 1)"
    )
    truth, planted = "phones that two people use", evidence.told["shared_phones"]
    if found < planted:
        yield Recovered(
            truth, f"{planted:,}", f"{found:,}", waits_for="both of their users to have logged in"
        )
    else:
        yield _equal(truth, planted, found)


def _campaigns(evidence: Evidence) -> Iterator[Recovered]:
    for effect in json.loads((evidence.folder / "effects.json").read_bytes()):
        found = evidence.served.execute(
            "select difference, difference_low, difference_high, assigned_count"
            " from campaigns.rpt_campaign_results where campaign_code = ? order by as_of_date desc limit 1",
            [effect["name"]],
        ).fetchall()
        truth = f"what the messages of {effect['name']} cause ({effect['outcome']})"
        planted = f"{effect['difference']:+.1%} of {effect['people']:,}"
        if not found:
            yield Recovered(truth, planted, waits_for="results of the marketing department's own plans")
            continue
        ((difference, low, high, assigned),) = found
        if difference is None or low is None:
            yield Recovered(truth, planted, found=f"{assigned:,} assigned, none of them long enough ago")
            continue
        yield Recovered(
            truth,
            planted,
            found=f"{difference:+.1%} of {assigned:,} assigned",
            interval=f"{low:+.1%} to {high:+.1%}",
            is_found=low <= effect["difference"] <= high,
        )


def _churn(evidence: Evidence) -> Iterator[Recovered]:
    truth = "who is likely to be lost (falls silent or moves the money away)"
    pairs = evidence.built.execute(
        "select truths.is_lost, scores.churn_score"
        " from read_parquet(?) as truths"
        " inner join intermediate.int_identities__walked as identities"
        " on identities.node_id = 'customer:' || truths.customer_id and identities.as_of_date = truths.as_of_date"
        " inner join ml.churn_scores as scores"
        " on scores.person_id = identities.person_id and scores.as_of_date = truths.as_of_date",
        [str(evidence.folder / "churn.parquet")],
    ).fetchall()
    if len(pairs) < _FEWEST:
        yield Recovered(truth, "chances by 200 futures each", waits_for="a model that serves on that day")
        return
    chances, scores = zip(*((float(chance), float(score)) for chance, score in pairs), strict=True)
    ranked = float(np.corrcoef(stats.rankdata(chances), stats.rankdata(scores))[0, 1])
    reach = stats.norm.ppf(0.5 + _CONFIDENCE / 2) / math.sqrt(len(pairs) - 3)
    low, high = (math.tanh(math.atanh(min(0.999, ranked)) + way * reach) for way in (-1, 1))
    yield Recovered(
        truth,
        planted=f"mean chance {sum(chances) / len(chances):.0%} of {len(pairs)} people",
        found=f"mean score {sum(scores) / len(scores):.0%}, ranked alike {ranked:+.2f}",
        interval=f"{low:+.2f} to {high:+.2f}",
        is_found=low > _RANKED_LIKE_CHANCE,
    )


def _not_yet(evidence: Evidence) -> Iterator[Recovered]:
    truths = evidence.told["truths"]
    yield Recovered(
        "who loves funds", "a hidden number of each person", waits_for="a lookalike model with seeds enough"
    )
    yield Recovered(
        "the market's fall moves assets, nobody's money",
        f"{truths['market']['fall']['return']:+.0%}",
        waits_for="the bridge of assets",
    )
    yield Recovered(
        "the lottery of Fridays brings people to the app and opens no account",
        f"{truths['lottery']['launches']:+.0%} launches",
        waits_for="the comparison of differences",
    )


def _equal(truth: str, planted: int, found: int) -> Recovered:
    return Recovered(truth, f"{planted:,}", f"{found:,}", "exact", is_found=planted == found)


def _share(count: int, of: int) -> str:
    return f"{count / of:.0%}" if of else "nothing"


def _share_interval(count: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval of a share; all of [0, 1] without a trial."""
    if not of:
        return 0.0, 1.0
    found = stats.binomtest(int(count), int(of)).proportion_ci(_CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


_TRUTHS: tuple[Callable[[Evidence], Iterator[Recovered]], ...] = (
    _faulty_step, _channels, _dirt, _phones, _campaigns, _churn, _not_yet,
)  # fmt: skip
