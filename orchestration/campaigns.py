"""Campaigns: who is contacted after the night, and what campaigns have changed so far.

Belongs here: the wiring of the asset of decisions and results. Does not belong here: the gate, statements and files
(operations), statistics and attribution (ml).
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date

import dagster as dg
import duckdb
import pandas as pd

from data_contracts.written_table import WrittenTable
from ml.attribution import MODELS, attribute
from ml.experiments import ARM, CONTROL, TREATMENT, intention_to_treat
from operations import campaign_tables, contact_decisions
from operations.campaign_tables import ATTRIBUTION, RESULTS
from operations.campaigns import Campaign
from operations.contact_decisions import ASSIGNMENTS, DELIVERIES, VERDICTS
from operations.contact_gate import verdicts
from operations.contact_policy import ContactPolicy
from operations.delivery_files import COLUMNS, delivery_files
from operations.members import Query
from operations.segment_tables import MEMBERS, SIZES
from orchestration.partitions import NIGHTS, ONE_RUN, OWNERS, RECORDED, WRITER_POOL
from orchestration.resources import House
from orchestration.writing import Writer
from storage.engine import connect
from storage.recorded_tables import RecordedTable, is_final, keep

DECIDED = (VERDICTS, ASSIGNMENTS, DELIVERIES)
DELIVERED_DAYS = 35
_SUCCESS = "is_success"


_JUDGED_BY = [
    dg.AssetKey(["intermediate", "int_consents__resolved"]),
    dg.AssetKey(["intermediate", "int_do_not_contacts__resolved"]),
    dg.AssetKey(["intermediate", "int_contact_addresses__resolved"]),
    dg.AssetKey(["intermediate", "int_contacts__sent"]),
    dg.AssetKey(["tags", "tags_suitability"]),
    dg.AssetKey([MEMBERS.schema, MEMBERS.name]),
    dg.AssetKey([SIZES.schema, SIZES.name]),
]
_TOLD_BY = [
    dg.AssetKey(["intermediate", "int_identities__walked"]),
    dg.AssetKey(["intermediate", "int_customer_days__rolled_up"]),
    dg.AssetKey(["intermediate", "int_customer_flows__walked"]),
    dg.AssetKey(["intermediate", "int_touches__observed"]),
]


def campaign_assets(
    campaigns: Mapping[str, Campaign], policy: ContactPolicy, tables: Mapping[str, RecordedTable]
) -> dg.AssetsDefinition:
    """Return the assets of what is decided about contacting people, and of what that has changed."""
    decided = {tuple(address.split(".")): tables[address].description for address in DECIDED}
    told = {(table.schema, table.name): table.description for table in campaign_tables.TABLES}
    specs = [
        dg.AssetSpec(
            key,
            deps=_JUDGED_BY if key in decided else [*_TOLD_BY, *map(dg.AssetKey, decided)],
            description=description,
            group_name=campaign_tables.SCHEMA,
            owners=OWNERS,
            tags=RECORDED if key in decided else {},
            kinds={"duckdb"},
        )
        for key, description in (decided | told).items()
    ]

    @dg.multi_asset(
        name="campaigns", specs=specs, partitions_def=NIGHTS, backfill_policy=ONE_RUN, pool=WRITER_POOL
    )
    def decisions_and_results(
        context: dg.AssetExecutionContext, writer: Writer
    ) -> Iterator[dg.MaterializeResult]:
        house = writer.house
        with closing(
            connect(house.home.warehouse, settings=house.engine, scratch=house.home.work)
        ) as connection:
            for code in _decide(connection, writer, campaigns, policy, tables):
                context.log.warning(f"{code}: nothing is delivered, its segment changed too much")
            for statement in campaign_tables.define(list(campaigns.values())):
                _run(connection, statement)
            for day in writer.plan.as_of:
                _tell(connection, campaigns, day)
            for schema, name in (*decided, *told):
                rows = connection.sql(f"select count(*) from {schema}.{name}").fetchall()[0][0]
                yield dg.MaterializeResult([schema, name], metadata={"dagster/row_count": rows})

    return decisions_and_results


def _decide(
    connection: duckdb.DuckDBPyConnection,
    writer: Writer,
    campaigns: Mapping[str, Campaign],
    policy: ContactPolicy,
    tables: Mapping[str, RecordedTable],
) -> list[str]:
    """Decide on the contacts of the day after the night, once, and return the codes of what is held back.

    Nobody is contacted for a day of the past: of a range the last day alone is decided on.
    """
    house, day = writer.house, writer.plan.as_of_date
    held: list[str] = []
    if not writer.plan.as_of or is_final(house.ledger, tables[VERDICTS], day):
        return held
    _run(connection, contact_decisions.begin())
    known = _consents_delivered_on(house, day)
    for campaign in contact_decisions.running(campaigns, as_of_date=day):
        if _is_held_back(connection, campaign, day):
            held.append(campaign.code)
            continue
        judged = verdicts(campaign, policy, as_of_date=day, consents_delivered_on=known)
        _run(connection, contact_decisions.decide(campaign, judged, as_of_date=day))
        for address, query in contact_decisions.recorded().items():
            rows = connection.sql(query)
            keep(connection, house.home, house.ledger, tables[address], rows, as_of_date=day)
    return held


def _tell(connection: duckdb.DuckDBPyConnection, campaigns: Mapping[str, Campaign], day: date) -> None:
    """Write what campaigns have changed by a date."""
    for statement in campaign_tables.clear(day):
        _run(connection, statement)
    for campaign in contact_decisions.begun(campaigns, as_of_date=day):
        _run(connection, campaign_tables.changes(campaign, as_of_date=day))
        _add(connection, RESULTS, _result(connection, campaign, day))
    _add(connection, ATTRIBUTION, _attribution(connection, day))


def files_to_deliver(house: House, as_of_date: date) -> dict[str, bytes]:
    """Return the delivery files of the last days, by their path below a version."""
    with closing(connect(house.home.warehouse, settings=house.engine, read_only=True)) as connection:
        rows = connection.execute(
            f"select {', '.join(COLUMNS)} from {DELIVERIES} where as_of_date > cast(? as date) - {DELIVERED_DAYS}",
            [as_of_date],
        ).fetchall()
    return delivery_files([dict(zip(COLUMNS, row, strict=True)) for row in rows])


def _result(connection: duckdb.DuckDBPyConnection, campaign: Campaign, day: date) -> pd.DataFrame:
    """Return the one row of a campaign's result by a date, none before anybody was assigned."""
    assigned = _ask(connection, campaign_tables.outcomes(campaign, as_of_date=day))
    if assigned.empty:
        return pd.DataFrame()
    complete = assigned[assigned["is_complete"]]
    receipts = _ask(connection, campaign_tables.receipts(campaign, as_of_date=day)).iloc[0].to_dict()
    successes = complete.groupby(ARM)[_SUCCESS].sum()
    row = {
        "campaign_code": campaign.code,
        "as_of_date": day,
        "assigned_count": len(assigned),
        "waiting_count": len(assigned) - len(complete),
        "control_count": int((complete[ARM] == CONTROL).sum()),
        "treatment_count": int((complete[ARM] == TREATMENT).sum()),
        "control_successes_count": int(successes.get(CONTROL, 0)),
        "treatment_successes_count": int(successes.get(TREATMENT, 0)),
        **receipts,
    }
    if not complete.empty:
        found = intention_to_treat(complete, _SUCCESS, control_share=campaign.control_share)
        effect = found.effect
        row |= {
            "control_ratio": effect.control_mean,
            "treatment_ratio": effect.treatment_mean,
            "difference": effect.difference,
            "difference_low": effect.difference_low,
            "difference_high": effect.difference_high,
            "relative_difference": effect.relative_difference,
            "relative_difference_low": effect.relative_difference_low,
            "relative_difference_high": effect.relative_difference_high,
            "p_value": effect.p_value,
            "sample_ratio_p_value": found.sample_ratio_p_value,
            "is_comparable": found.is_comparable,
        }
    return pd.DataFrame([row])


def _attribution(connection: duckdb.DuckDBPyConnection, day: date) -> pd.DataFrame:
    """Return the credits for the first deposits of a date, by model, channel and plan."""
    conversions = _ask(connection, campaign_tables.conversions(as_of_date=day))
    if conversions.empty:
        return pd.DataFrame()
    clicks = _ask(connection, campaign_tables.clicks(as_of_date=day))
    # Paths are made person by person: of those who converted, not of everybody who ever clicked.
    clicks = clicks[clicks["person_id"].isin(conversions["person_id"])]
    credits_by_model = [
        attribute(conversions, clicks, model=model).assign(model_type=model) for model in MODELS
    ]
    told = pd.concat(credits_by_model).assign(plan_id=lambda rows: rows["campaign_id"].fillna(""))
    summed = told.groupby(["model_type", "channel_type", "plan_id"], as_index=False, sort=True).agg(
        conversions_count=("conversion_id", "nunique"), credit_fen=("credit_fen", "sum")
    )
    return summed.assign(as_of_date=day)


def _add(connection: duckdb.DuckDBPyConnection, table: WrittenTable, rows: pd.DataFrame) -> None:
    if rows.empty:
        return
    known = ", ".join(
        "cast(credit_fen as decimal(18, 2)) / 100 as credit_cny" if name == "credit_fen" else name
        for name in rows.columns
    )
    connection.from_df(rows).query("added", f"insert into {table.address} by name select {known} from added")


def _is_held_back(connection: duckdb.DuckDBPyConnection, campaign: Campaign, day: date) -> bool:
    found = connection.execute(
        f"select members_count, members_before_count from {SIZES.address} where as_of_date = ? and segment_code = ?",
        [day, campaign.segment.code],
    ).fetchone()
    return found is not None and campaign.segment.size.stops(*found)


def _consents_delivered_on(house: House, day: date) -> date | None:
    newest = house.ledger.rows(
        "select max(delivery_date) from files where source = 'broker' and table_name = 'consents'"
        " and status = 'loaded' and delivery_date <= ?",
        (day.isoformat(),),
    )[0][0]
    return None if newest is None else date.fromisoformat(newest)


def _ask(connection: duckdb.DuckDBPyConnection, query: Query) -> pd.DataFrame:
    return connection.execute(query.sql, query.values).df()


def _run(connection: duckdb.DuckDBPyConnection, query: Query) -> None:
    connection.execute(query.sql, query.values)
