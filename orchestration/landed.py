"""Landed tables: one asset per contract, which takes in what was delivered up to the night.

Belongs here: the assets, and turning counts into checks. Does not belong here: reading files (storage/intake.py),
what a batch must look like (data_contracts/expectations.py).
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pyarrow.dataset as pads

from data_contracts.contract import Contract
from data_contracts.data_docs import build_docs
from data_contracts.expectations import BatchVerdict, validate_batch
from orchestration.partitions import NIGHTS, ONE_RUN, OWNERS, WRITER_POOL, as_of_date
from orchestration.resources import House
from orchestration.writing import Writer
from storage.intake import take_in
from storage.intake_report import IntakeReport
from storage.lake import lake_file

GROUP = "landed"
_SHOWN = 20


def landed_tables(contracts: Iterable[Contract]) -> list[dg.AssetsDefinition]:
    """Return the asset of each contract."""
    return [_landed_table(contract) for contract in contracts]


def landed_key(contract: Contract) -> dg.AssetKey:
    """Return the address of a landed table, `raw/<source>/<table>`."""
    return dg.AssetKey(["raw", contract.source, contract.table])


def _landed_table(contract: Contract) -> dg.AssetsDefinition:
    key = landed_key(contract)

    @dg.asset(
        key=key,
        description=contract.description,
        group_name=GROUP,
        partitions_def=NIGHTS,
        backfill_policy=ONE_RUN,
        pool=WRITER_POOL,
        owners=OWNERS,
        kinds={"parquet"},
        metadata={
            "contract": contract.path.name,
            "version": contract.version,
            "key": ", ".join(contract.key),
        },
        check_specs=[
            dg.AssetCheckSpec(
                "accounted",
                asset=key,
                blocking=True,
                description="Every row read was loaded, quarantined or erased, and two independent counts agree.",
            ),
            dg.AssetCheckSpec(
                "expectations",
                asset=key,
                blocking=True,
                description="The dates touched look as the contract promises: layout, volume, nulls, keys, values.",
            ),
            dg.AssetCheckSpec(
                "delivered",
                asset=key,
                description="The night's delivery has arrived, and no file was turned away.",
            ),
        ],
    )
    def landed(context: dg.AssetExecutionContext, writer: Writer) -> dg.MaterializeResult:
        house, night = writer.house, as_of_date(context)
        report = take_in(house.doors, contract, through=night)
        return dg.MaterializeResult(
            metadata=_figures(house, contract, report),
            check_results=[
                _accounted(house, contract),
                _expected(house, contract),
                _delivered(house, contract, report, night),
            ],
        )

    return landed


def _figures(house: House, contract: Contract, report: IntakeReport) -> dict[str, Any]:
    rows = house.ledger.lake_dates(contract.source, contract.table)
    return {
        "dagster/row_count": sum(lake_date.row_count for lake_date in rows),
        "rows_read": report.rows_read,
        "rows_loaded": report.rows_loaded,
        "rows_duplicate": report.rows_duplicate,
        "rows_quarantined": report.rows_quarantined,
        "rows_passed_over": report.rows_passed_over,
        "files": len(report.files),
        "dates_touched": _listed(day.isoformat() for day in report.dates),
        "unknown_paths": _listed(report.unknown_paths),
    }


def _accounted(house: House, contract: Contract) -> dg.AssetCheckResult:
    files = house.ledger.files(contract.source, contract.table)
    wrong = [record.landed_as for record in files if not record.is_accounted]
    return dg.AssetCheckResult(
        check_name="accounted",
        passed=not wrong,
        description=f"rows are missing from the account of {_listed(wrong)}" if wrong else None,
        metadata={"files": len(files), "rows_read": sum(record.rows_read for record in files)},
    )


def _expected(house: House, contract: Contract) -> dg.AssetCheckResult:
    """Judge every date that is not published yet: a batch that stopped one night is judged again the next."""
    rows_per_day = _rows_per_day(house, contract)
    verdict = _verdict(house, contract, rows_per_day)
    return dg.AssetCheckResult(
        check_name="expectations",
        passed=verdict.passed,
        description="; ".join(verdict.failures) or None,
        metadata={"expectations": verdict.evaluated, "dates": len(rows_per_day)},
    )


def _rows_per_day(house: House, contract: Contract) -> dict[date, int]:
    marked = {
        mark.business_date
        for mark in house.ledger.marks()
        if (mark.source, mark.table) == (contract.source, contract.table)
    }
    lake_dates = house.ledger.lake_dates(contract.source, contract.table)
    return {one.business_date: one.row_count for one in lake_dates if one.business_date in marked}


def _verdict(house: House, contract: Contract, rows_per_day: dict[date, int]) -> BatchVerdict:
    files = [
        lake_file(house.home, contract.source, contract.table, day)
        for day, rows in rows_per_day.items()
        if rows
    ]
    if not files:
        is_missing = bool(rows_per_day and contract.rows_per_day_minimum)
        failures = (
            (f"no rows are left on {_listed(day.isoformat() for day in rows_per_day)}",) if is_missing else ()
        )
        return BatchVerdict(passed=not is_missing, failures=failures, evaluated=int(is_missing))
    rows = pads.dataset([str(file) for file in files], format="parquet")
    verdict = validate_batch(
        contract, rows, rows_per_day, docs=house.home.data_docs, unfed=_unfed(house, contract)
    )
    build_docs(house.home.data_docs)
    return verdict


def _unfed(house: House, contract: Contract) -> set[str]:
    """Return the fields that a mapping of the batch leaves empty: its source never promised them."""
    files = house.ledger.rows(
        "select distinct landed_as from files join file_dates using (file_id)"
        " join marks using (source, table_name, business_date)"
        " where source = ? and table_name = ? and status = 'loaded'",
        (contract.source, contract.table),
    )
    landed = {".".join(landed_as.split("/")[:2]) for (landed_as,) in files}
    mappings = [mapping for address, mapping in house.doors.mappings.items() if address in landed]
    return {field.name for field in contract.fields for one in mappings if field.name not in one.fields}


def _delivered(house: House, contract: Contract, report: IntakeReport, night: date) -> dg.AssetCheckResult:
    problems = list(report.problems)
    problems += [
        f"{one.landed_as}: {one.rule}: {one.message}" for one in report.files if one.status == "rejected"
    ]
    if contract.delivered_every_days:
        since = night - timedelta(days=contract.delivered_every_days - 1)
        arrived = house.ledger.rows(
            "select 1 from files where source = ? and table_name = ? and status = 'loaded'"
            " and delivery_date between ? and ?",
            (contract.source, contract.table, since.isoformat(), night.isoformat()),
        )
        if not arrived:
            problems.append(f"nothing was delivered from {since} to {night}")
    return dg.AssetCheckResult(
        check_name="delivered",
        passed=not problems,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(problems) or None,
    )


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
