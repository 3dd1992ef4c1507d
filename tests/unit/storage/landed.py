"""A home with one table, broker.cash_flows, and a hand that lands CSV files in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq

from data_contracts.contract import Contract, load_contracts
from storage.engine import EngineSettings
from storage.home import Home
from storage.intake import Doors, take_in
from storage.intake_report import IntakeReport
from storage.lake import lake_file
from storage.ledger import Ledger

HEADER = "flow_id,client_id,at,type,amount,bank_code,bank_card,mv_at_transfer"
FIRST = date(2026, 1, 5)
LAST = date(2026, 12, 31)


def flow(number: int, day: date, *, amount: str = "100.00", hour: int = 10) -> str:
    """Return one CSV line: movement `number`, booked on `day` in Shanghai."""
    return f"F{number:06d},C{number % 7},{day.isoformat()}T{hour:02d}:00:00+08:00,bank_in,{amount},ICBC,,"


@dataclass(frozen=True)
class Cashier:
    """Lands files for broker.cash_flows and takes them in."""

    doors: Doors
    contract: Contract

    @classmethod
    def at(cls, root: Path) -> Cashier:
        home = Home(root)
        home.create()
        contracts = load_contracts()
        doors = Doors(
            home=home,
            ledger=Ledger(home.ledger, now=lambda: datetime(2026, 1, 1, tzinfo=UTC)),
            contracts=contracts,
            mappings={},
            token_key=b"a key of the tests, 32 bytes long",
            settings=EngineSettings(threads=1, memory_limit="500MB"),
        )
        return cls(doors, contracts["broker.cash_flows"])

    def land(
        self,
        delivery_date: date,
        lines: Sequence[str],
        *,
        name: str = "flows.csv",
        control: Mapping[str, object] | None = None,
    ) -> Path:
        """Write one file, and a control file when `control` gives its figures (files and sha256 are filled in)."""
        folder = self.doors.home.landing / "broker" / "cash_flows" / delivery_date.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        if control is not None:
            one = {"name": name, "rows": len(lines), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
            (folder / "_control.json").write_text(json.dumps({"files": [one], **control}), encoding="utf-8")
        return path

    def take_in(self, through: date = LAST) -> IntakeReport:
        """Take in what landed."""
        return take_in(self.doors, self.contract, through=through)

    def lake(self) -> dict[date, bytes]:
        """Return the bytes of every date of the lake."""
        folder = self.doors.home.lake / "broker" / "cash_flows"
        return {
            date.fromisoformat(path.parent.name.removeprefix("business_date=")): path.read_bytes()
            for path in sorted(folder.glob("*/rows.parquet"))
        }

    def flows(self, business_date: date) -> dict[str, str]:
        """Return movement id and amount of one date of the lake."""
        file = lake_file(self.doors.home, "broker", "cash_flows", business_date)
        if not file.exists():
            return {}
        rows = pq.read_table(file, columns=["cash_flow_id", "amount_cny"]).to_pylist()
        return {row["cash_flow_id"]: str(row["amount_cny"]) for row in rows}
