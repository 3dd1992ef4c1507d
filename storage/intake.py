"""Intake: new deliveries of a table, from landing through raw and the strict reader into the lake.

Belongs here: which files are new, taking one in so that a kill at any point loses and doubles nothing, reading one
again after a release or a new contract. Does not belong here: what the reader checks, and Dagster.

Order of writes: raw copy, accepted rows and quarantine as whole folders, then the ledger in one transaction, then
the lake. The ledger decides: what it does not name is done again, to the same bytes.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from data_contracts.contract import Contract
from data_contracts.framing import FileRejectedError
from data_contracts.mapping import SourceMapping
from data_contracts.reader import LandedFile, ReadOutcome, StrictReader
from data_contracts.rules import Delivery as DeliveryTerms
from storage import raw
from storage.durable import sync, sync_folders
from storage.engine import EngineSettings, connect
from storage.home import Home
from storage.intake_report import IntakeReport
from storage.lake import merge_dates
from storage.landing import Delivery, Promise, addresses, deliveries
from storage.ledger import FileRecord, Ledger

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Doors:
    """Everything intake needs: where files are, what they must look like, and the key for tokens."""

    home: Home
    ledger: Ledger
    contracts: Mapping[str, Contract]
    mappings: Mapping[str, SourceMapping]
    token_key: bytes
    settings: EngineSettings


@dataclass(frozen=True)
class Pending:
    """A landed file that the ledger does not know."""

    delivery: Delivery
    name: str
    promise: Promise


def pending(doors: Doors, contract: Contract) -> tuple[list[Pending], list[str]]:
    """Return the landed files of `contract` that the ledger does not know, and problems with deliveries."""
    found: list[Pending] = []
    problems: list[str] = []
    for source, table in _landing_addresses(doors, contract):
        for delivery in deliveries(doors.home.landing, source, table):
            if delivery.problem is not None:
                problems.append(f"{delivery.landed_as('')}: {delivery.problem}")
                continue
            if not delivery.files and _has_older_issue(doors, contract, delivery):
                problems.append(
                    f"{delivery.landed_as('')}: names no file, so that the issue before it stays;"
                    " a file of 0 rows empties the day"
                )
            for name, promise in sorted(delivery.files.items()):
                if not doors.ledger.has_landed(
                    delivery.landed_as(name), delivery.issue, *_stamp(delivery, name)
                ):
                    found.append(Pending(delivery, name, promise))
    found.sort(
        key=lambda one: (one.delivery.delivery_date, one.delivery.source, one.delivery.table, one.name)
    )
    return found, problems


def pending_deliveries(doors: Doors) -> list[tuple[str, str, date]]:
    """Return (source, table, delivery date) of every landed delivery with files the ledger does not know."""
    found = {
        (one.delivery.source, one.delivery.table, one.delivery.delivery_date)
        for contract in doors.contracts.values()
        for one in pending(doors, contract)[0]
    }
    return sorted(found, key=lambda one: (one[2], one[0], one[1]))


def unread_tables(
    landing: Path, contracts: Mapping[str, Contract], mappings: Mapping[str, SourceMapping]
) -> list[str]:
    """Return the addresses of tables that have landed and that no contract and no mapping asks for: they are left."""
    known = {*contracts, *(f"{one.source}.{one.table}" for one in mappings.values())}
    return [name for source, table in addresses(landing) if (name := f"{source}.{table}") not in known]


def take_in(doors: Doors, contract: Contract, *, through: date) -> IntakeReport:
    """Take in every new file of `contract` with a delivery date up to `through`, then bring its lake up to date."""
    waiting, problems = pending(doors, contract)
    records: list[FileRecord] = []
    unknown: set[str] = set()
    for one in waiting:
        if one.delivery.delivery_date > through:
            continue
        stamp = _stamp(one.delivery, one.name)
        try:
            copy = raw.store(one.delivery.folder / one.name, home=doors.home)
        except raw.RawStoreError as error:
            problems.append(str(error))
            continue
        mapping = doors.mappings.get(f"{one.delivery.source}.{one.delivery.table}")
        record = FileRecord(
            source=contract.source,
            table=contract.table,
            delivery_date=one.delivery.delivery_date,
            issue=one.delivery.issue,
            landed_as=one.delivery.landed_as(one.name),
            sha256=copy.sha256,
            byte_count=copy.byte_count,
            is_history=one.delivery.is_history or (mapping is not None and mapping.history),
            contract_fingerprint=contract.fingerprint,
            status="loaded",
        )
        if one.promise.sha256 is not None and one.promise.sha256 != copy.sha256:
            message = f"{one.name}: control sha256 {one.promise.sha256} <> {copy.sha256}"
            record = replace(record, status="rejected", rule="control_mismatch", message=message)
            _write_ledger(doors, record, outcome=None, stamp=stamp)
        else:
            record, outcome = _read(doors, contract, record, one.promise)
            unknown.update(outcome.unknown_paths if outcome else ())
            _write_ledger(doors, record, outcome=outcome, stamp=stamp)
        _log(record)
        records.append(record)
    dates = refresh_lake(doors, contract)
    return IntakeReport(tuple(records), tuple(dates), tuple(sorted(unknown)), tuple(problems))


def read_again(
    doors: Doors, contract: Contract, record: FileRecord, *, released: Sequence[str] = ()
) -> FileRecord:
    """Read a file again from raw under today's contract, waiving the rules in `released`, and mark its dates."""
    again = replace(
        record,
        contract_fingerprint=contract.fingerprint,
        status="loaded",
        rule=None,
        message=None,
        released=tuple(sorted({*record.released, *released})),
    )
    # Of what its control file promised only this is needed again: a file without a record was no mistake.
    was_empty = record.status == "loaded" and record.rows_read == 0
    written, outcome = _read(doors, contract, again, Promise(rows=0 if was_empty else None))
    _write_ledger(doors, written, outcome=outcome, stamp=None)
    _log(written)
    return written


def refresh_lake(doors: Doors, contract: Contract) -> list[date]:
    """Merge every marked date of `contract` whose lake file is not up to date; return the dates written."""
    marked = [
        mark.business_date
        for mark in doors.ledger.marks()
        if (mark.source, mark.table) == (contract.source, contract.table)
    ]
    if not marked:
        return []
    connection = connect(settings=doors.settings, scratch=doors.home.work / "spill")
    try:
        return merge_dates(
            doors.home,
            doors.ledger,
            contract,
            marked,
            part_of=lambda record, day: _part(doors, contract, record, day),
            connection=connection,
        )
    finally:
        connection.close()


def quarantine_file(home: Home, record: FileRecord) -> Path:
    """Return where the rejected rows of a landed file stand; absent when it has none."""
    identity = "\n".join((record.landed_as, record.issue, record.sha256))
    name = f"{record.delivery_date.isoformat()}-{hashlib.sha256(identity.encode()).hexdigest()[:32]}.parquet"
    return home.quarantine / record.source / record.table / name


def _landing_addresses(doors: Doors, contract: Contract) -> list[tuple[str, str]]:
    mapped = [(one.source, one.table) for one in doors.mappings.values() if one.contract == contract.address]
    return [(contract.source, contract.table), *sorted(mapped)]


def _has_older_issue(doors: Doors, contract: Contract, delivery: Delivery) -> bool:
    return any(
        record.delivery_date == delivery.delivery_date
        and record.landed_as.startswith(delivery.landed_as(""))
        and record.issue < delivery.issue
        for record in doors.ledger.active_files(contract.source, contract.table)
    )


def _stamp(delivery: Delivery, name: str) -> tuple[int, int]:
    """Return length and modification time: a landed file with the same stamp need not be hashed every night."""
    status = (delivery.folder / name).lstat()
    return status.st_size, status.st_mtime_ns


def _part_folder(doors: Doors, record: FileRecord) -> Path:
    """Return where the accepted rows of a file stand: the name covers everything that they depend on."""
    mapping = _mapping_of(doors, record)
    inputs = (
        mapping.fingerprint if mapping is not None else "",
        record.landed_as,
        record.delivery_date.isoformat(),
        record.sha256,
        record.contract_fingerprint,
        str(record.is_history),
        *record.released,
    )
    digest = hashlib.sha256("\n".join(inputs).encode()).hexdigest()
    return (
        doors.home.accepted
        / record.source
        / record.table
        / f"{record.delivery_date.isoformat()}-{digest[:32]}"
    )


def _mapping_of(doors: Doors, record: FileRecord) -> SourceMapping | None:
    """Return the mapping that the file's landing address names, or None when it landed under its contract."""
    source, table, *_ = record.landed_as.split("/")
    return doors.mappings.get(f"{source}.{table}")


def _part(doors: Doors, contract: Contract, record: FileRecord, business_date: date) -> Path:
    folder = _part_folder(doors, record)
    if not folder.exists():
        read_again(doors, contract, record)
        folder = _part_folder(doors, replace(record, contract_fingerprint=contract.fingerprint))
    return folder / f"{business_date.isoformat()}.parquet"


def _read(
    doors: Doors, contract: Contract, record: FileRecord, promise: Promise
) -> tuple[FileRecord, ReadOutcome | None]:
    """Read one raw file; put its accepted rows and quarantine in place and return the record with its counts."""
    home = doors.home
    scratch = home.work / "reading"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    connection = connect(settings=doors.settings, scratch=home.work / "spill")
    try:
        reader = StrictReader(
            contract,
            mapping=_mapping_of(doors, record),
            token_key=doors.token_key,
            connection=connection,
        )
        landed = LandedFile(
            path=raw.verified(record.sha256, home=home),
            landed_as=record.landed_as,
            sha256=record.sha256,
            delivery=DeliveryTerms(
                record.delivery_date, is_history=record.is_history, released=record.released
            ),
            expected_rows=promise.rows,
            expected_totals=promise.totals,
        )
        outcome = reader.read(landed, into=scratch)
    except FileRejectedError as error:
        return replace(record, status="rejected", rule=error.rule, message=str(error)), None
    finally:
        connection.close()
    folder = _part_folder(doors, record)
    quarantined = scratch / "quarantine.parquet"
    target = quarantine_file(home, record)
    target.parent.mkdir(parents=True, exist_ok=True)
    if quarantined.exists():
        sync(quarantined)
        quarantined.replace(target)
    else:
        target.unlink(missing_ok=True)
    sync(target.parent)
    for part in scratch.iterdir():
        sync(part)
    sync_folders(scratch)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    scratch.rename(folder)
    sync(folder.parent)
    counted = replace(
        record,
        rows_read=outcome.rows_read,
        rows_counted=outcome.rows_counted,
        rows_loaded=outcome.rows_loaded,
        rows_duplicate=outcome.rows_duplicate,
        rows_quarantined=outcome.rows_quarantined,
        rows_passed_over=outcome.rows_passed_over,
    )
    return counted, outcome


def _write_ledger(
    doors: Doors, record: FileRecord, *, outcome: ReadOutcome | None, stamp: tuple[int, int] | None
) -> None:
    dates = outcome.dates if outcome is not None else {}
    ledger = doors.ledger
    with ledger.transaction():
        # Dates of older issues are touched too: their rows may be gone with the new issue.
        before = ledger.dates_of_delivery(record.source, record.table, record.delivery_date)
        ledger.record_file(record, dates=dates)
        ledger.mark(record.source, record.table, {*dates, *before})
        if stamp is not None:
            ledger.record_landed(record.landed_as, record.issue, *stamp)


def _log(record: FileRecord) -> None:
    if record.status == "rejected":
        logger.warning("%s rejected (%s): %s", record.landed_as, record.rule, record.message)
    else:
        logger.info(
            "%s: %d rows read, %d loaded, %d quarantined, %d passed over, %d repeated",
            record.landed_as,
            record.rows_read,
            record.rows_loaded,
            record.rows_quarantined,
            record.rows_passed_over,
            record.rows_duplicate,
        )
