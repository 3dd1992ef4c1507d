"""Planted faults of feeds: how damaged, late and repeated lines, silence and a second issue are looked for.

Belongs here: what concerns deliveries. Does not belong here: truths of people (planted_truths.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import dagster as dg

from orchestration.recovered import Evidence, Recovered, equal

LOOKED_AT = [dg.AssetKey(["staging", "stg_broker__trades"]), dg.AssetKey(["published", "snapshot"])]


def dirt(evidence: Evidence) -> Iterator[Recovered]:
    """D8: every damaged, repeated and late line of the app is counted as such."""
    planted = json.loads((evidence.folder / "dirt.json").read_bytes())
    quarantined = dict(
        evidence.served.execute(
            "select rule_type, sum(rows_count) from intake.rpt_quarantine"
            " where source = 'app' and table_name = 'events' group by all"
        ).fetchall()
    )
    for rule in ("malformed_json", "wrong_type", "missing", "not_allowed", "in_the_future"):
        meant = sum(day[rule] for day in planted.values())
        yield equal(f"event lines damaged: {rule}", meant, int(quarantined.get(rule, 0)))
    ((repeated,),) = evidence.served.execute(
        "select coalesce(sum(rows_duplicate_count), 0) from intake.rpt_deliveries"
        " where source = 'app' and table_name = 'events'"
    ).fetchall()
    yield equal("event lines repeated", sum(day["repeated"] for day in planted.values()), int(repeated))
    (late,) = evidence.house.ledger.rows(
        "select coalesce(sum(row_count), 0) as rows_late from file_dates join files using (file_id)"
        " where source = 'app' and table_name = 'events' and business_date < delivery_date and not is_history"
    )
    yield equal(
        "event lines that came late",
        sum(day["late"] for date_, day in planted.items() if date_ not in _histories(evidence)),
        int(late["rows_late"]),
    )


def _histories(evidence: Evidence) -> set[str]:
    rows = evidence.house.ledger.rows(
        "select distinct delivery_date from files where source = 'app' and table_name = 'events' and is_history"
    )
    return {str(row["delivery_date"]) for row in rows}


def row_dirt(evidence: Evidence) -> Iterator[Recovered]:
    """Rows of other tables that stand twice, or hold an unknown word, are counted as such."""
    for address, planted in json.loads((evidence.folder / "row_dirt.json").read_bytes()).items():
        source, table = address.split(".")
        ((repeated,),) = evidence.served.execute(
            "select coalesce(sum(rows_duplicate_count), 0) from intake.rpt_deliveries"
            " where source = ? and table_name = ?",
            [source, table],
        ).fetchall()
        ((damaged,),) = evidence.served.execute(
            "select coalesce(sum(rows_count), 0) from intake.rpt_quarantine"
            " where source = ? and table_name = ? and rule_type = 'not_allowed'",
            [source, table],
        ).fetchall()
        for name, found in (("repeated", repeated), ("damaged", damaged)):
            yield equal(f"rows of {address} {name}", sum(day[name] for day in planted.values()), int(found))


def silent_feed(evidence: Evidence) -> Iterator[Recovered]:
    """A feed that stays away is missed on exactly the days of its silence."""
    silent = evidence.told["silent"]
    if not silent["days"]:
        return
    source, table = silent["table"].split(".")
    ((days,),) = evidence.served.execute(
        "select list(cast(one as date)) from (select unnest(generate_series(min(delivery_date), ?::date,"
        " interval 1 day)) as one from intake.rpt_deliveries where source = ? and table_name = ?) as every"
        " where one not in (select delivery_date from intake.rpt_deliveries where source = ? and table_name = ?)"
        " and one > (select min(delivery_date) from intake.rpt_deliveries where source = ? and table_name = ?)",
        [evidence.told["as_of"], *[source, table] * 3],
    ).fetchall()
    yield equal(f"days on which {silent['table']} was not delivered", len(silent["days"]), len(days or []))


def reissue(evidence: Evidence) -> Iterator[Recovered]:
    """The second issue of a day is what counts, whatever the first said."""
    file = evidence.folder / "reissued.json"
    for issue in json.loads(file.read_bytes()) if file.is_file() else []:
        truth = f"trades of {issue['day']} were issued again: one withdrawn, one corrected"
        withdrawn, commission = evidence.one(
            "select count(*) filter (where trade_id = ?), max(commission_cny) filter (where trade_id = ?)"
            " from staging.stg_broker__trades where business_date = ?",
            issue["withdrawn"],
            issue["corrected"],
            issue["day"],
        )
        yield Recovered(
            truth,
            planted=f"charged {issue['commission']}",
            found=f"{withdrawn} withdrawn ones left, charged {commission}",
            interval="exact",
            is_found=withdrawn == 0 and f"{commission}" == issue["commission"],
        )
