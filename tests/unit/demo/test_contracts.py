"""What the demo writes is what the sources promise, read from the contracts as plain YAML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.unit.demo import landed
from tests.unit.demo.conftest import Written

SOURCES = Path(__file__).parents[3] / "data_contracts" / "sources"
ADDRESSES = sorted(
    path.name.removesuffix(".yaml") for path in SOURCES.glob("*.yaml") if "mapping" not in path.name
)


@dataclass(frozen=True)
class Promise:
    required: frozenset[str]
    known: frozenset[str]
    allowed: dict[str, frozenset[str]]
    patterns: dict[str, str]
    key: tuple[str, ...]
    is_snapshot_list: bool


@cache
def promise(address: str) -> Promise:
    (table,) = yaml.safe_load((SOURCES / f"{address}.yaml").read_text())["schema"]
    settings = {setting["property"]: setting["value"] for setting in table["customProperties"]}
    fields = table["properties"]
    allowed = {
        field["physicalName"]: frozenset(rule["arguments"]["validValues"])
        for field in fields
        for rule in field.get("quality", [])
        if "validValues" in rule.get("arguments", {})
    }
    patterns = {
        field["physicalName"]: field["logicalTypeOptions"]["pattern"]
        for field in fields
        if "pattern" in field.get("logicalTypeOptions", {})
    }
    return Promise(
        required=frozenset(field["physicalName"] for field in fields if field.get("required")),
        known=frozenset(field["physicalName"] for field in fields) | frozenset(settings.get("ignored", [])),
        allowed=allowed,
        patterns=patterns,
        key=tuple(field["physicalName"] for field in fields if field.get("primaryKey")),
        is_snapshot_list="businessDate" not in settings,
    )


def paths(record: landed.Record, known: frozenset[str], under: str = "") -> Iterator[tuple[str, object]]:
    for name, value in record.items():
        path = f"{under}{name}"
        if isinstance(value, dict) and path not in known:
            yield from paths(value, known, f"{path}.")
        else:
            yield path, value


def is_damaged(record: landed.Record) -> bool:
    """Say whether an event was damaged on purpose."""
    is_whole = isinstance(record.get("time"), int) and "distinct_id" in record
    wifi = record.get("properties", {}).get("$wifi")  # type: ignore[attr-defined]
    return (
        not is_whole
        or not isinstance(wifi, bool)
        or record["type"] not in promise("app.events").allowed["type"]
    )


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_record_has_the_fields_its_contract_knows(written: Written, address: str) -> None:
    expected = promise(address)
    for _, record in landed.table(written.landing, address):
        if address == "app.events" and is_damaged(record):
            continue
        found = {path: value for path, value in paths(record, expected.known) if value is not None}
        assert set(found) <= expected.known
        assert expected.required <= set(found)
        for path, values in expected.allowed.items():
            assert found.get(path) is None or found[path] in values
        for path, pattern in expected.patterns.items():
            assert found.get(path) is None or re.search(pattern, str(found[path]))


@pytest.mark.parametrize("address", [address for address in ADDRESSES if address != "app.events"])
def test_no_key_stands_twice(written: Written, address: str) -> None:
    expected = promise(address)
    seen: set[tuple[object, ...]] = set()
    for delivery, record in landed.table(written.landing, address):
        key = tuple(record.get(name) for name in expected.key)
        # A full list names everything again in each of its deliveries.
        full_key = (delivery, *key) if expected.is_snapshot_list else key
        assert full_key not in seen
        seen.add(full_key)
