"""Contracts: the shipped ones load and agree with the standard; a broken one says file, line and reason."""

import json
import time
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from data_contracts.contract import SOURCES, ContractError, RowRule, load_contract, load_contracts
from tests.unit.data_contracts.field_faults import FIELD_FAULTS
from tests.unit.data_contracts.orders_contract import ORDERS
from tests.unit.data_contracts.table_faults import TABLE_FAULTS

TABLES = {
    "app.events",
    "broker.cash_flows",
    "broker.consents",
    "broker.do_not_contacts",
    "broker.customers",
    "broker.daily_assets",
    "broker.login_links",
    "broker.opening_states",
    "broker.products",
    "broker.relationship_managers",
    "broker.trades",
    "market.securities",
    "market.security_sectors",
    "market.trading_days",
    "marketing.channel_costs",
    "marketing.channel_links",
    "marketing.channels",
    "marketing.touches",
    "opening.attempts",
    "opening.steps",
}

BROKEN = {**TABLE_FAULTS, **FIELD_FAULTS}


def _write(folder: Path, text: str, name: str = "shop.orders.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def _error(file: Path) -> ContractError:
    with pytest.raises(ContractError) as caught:
        load_contract(file)
    return caught.value


def test_every_core_table_has_a_contract() -> None:
    assert set(load_contracts()) == TABLES


def test_every_shipped_contract_agrees_with_the_standards_own_schema() -> None:
    schema = json.loads(
        (resources.files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8")
    )
    validator = jsonschema.validators.validator_for(schema)(schema)
    for file in sorted(set(SOURCES.glob("*.yaml")) - set(SOURCES.glob("*.mapping.yaml"))):
        problems = [
            error.message for error in validator.iter_errors(yaml.safe_load(file.read_text(encoding="utf-8")))
        ]
        assert problems == [], file.name


def test_all_contracts_load_within_a_second() -> None:
    load_contracts()
    began = time.process_time()
    load_contracts()
    assert time.process_time() - began < 1


def test_the_description_of_every_table_says_what_one_row_is() -> None:
    for contract in load_contracts().values():
        assert contract.description.startswith("One row per "), contract.address


def test_names_follow_the_naming_standard() -> None:
    for contract in load_contracts().values():
        for field in contract.fields:
            place = f"{contract.address}.{field.name}"
            assert (field.type == "TIMESTAMP") == field.name.endswith("_at"), place
            assert field.type != "BOOLEAN" or field.name.startswith(("is_", "has_")), place
            assert not field.name.endswith("_on") or field.type == "DATE", place
            assert not field.name.endswith("_cny") or (field.type, field.unit) == ("DECIMAL(18,2)", "CNY"), (
                place
            )
            assert not field.name.endswith("_count") or field.type == "BIGINT", place


def test_phone_document_and_card_numbers_become_tokens_and_names_are_never_stored() -> None:
    contracts = load_contracts()
    by_class: dict[str, set[str]] = {"C1": set(), "C2": set(), "C3": set()}
    for contract in contracts.values():
        for field in contract.fields:
            by_class[field.classification].add(f"{contract.address}.{field.name}")
    assert by_class["C2"] == {
        "app.events.identity_mobile",
        "broker.cash_flows.bank_card_number",
        "broker.customers.id_number",
        "broker.customers.mobile",
    }
    assert by_class["C3"] == {"broker.customers.full_name"}


def test_the_events_contract_reads_the_sensors_format() -> None:
    events = load_contracts()["app.events"]
    assert events.key == ("distinct_id", "event", "occurred_at", "track_id")
    assert events.field("os").path == ("properties", "$os")
    assert events.field("occurred_at").time_format == "epoch_ms"
    assert events.field("occurred_at").minimum == "2010-01-01 00:00:00"
    assert not events.field("track_id").required
    assert events.formats == ("jsonl",)
    assert "properties.$ip" in events.ignored
    assert 55 <= len(events.fields) <= 60


def test_a_contract_is_read_whole(tmp_path: Path) -> None:
    contract = load_contract(_write(tmp_path, ORDERS))
    assert contract.address == "shop.orders"
    assert (contract.version, contract.status, contract.description) == (
        "1.0.0",
        "active",
        "One row per order.",
    )
    assert contract.key == ("order_id", "line_no")
    assert (contract.business_date, contract.zone, contract.lateness_days) == (
        "ordered_at",
        "Asia/Shanghai",
        3,
    )
    assert (contract.formats, contract.encoding, contract.delimiter) == (("jsonl",), "gb18030", "|")
    assert (contract.rows_per_day_minimum, contract.rows_per_day_maximum) == (1, 5000)
    assert contract.ignored == ("properties.$ip",)
    rule = RowRule(
        "shipped_after_ordered", "shipped_on >= cast(ordered_at as date)", "shipped_on is before ordered_at"
    )
    assert contract.row_rules == (rule,)
    assert len(contract.fingerprint) == 12


def test_a_field_is_read_whole(tmp_path: Path) -> None:
    contract = load_contract(_write(tmp_path, ORDERS))
    line, order, ordered_at = (
        contract.field("line_no"),
        contract.field("order_id"),
        contract.field("ordered_at"),
    )
    assert (line.path, line.type, line.required) == (("line",), "BIGINT", True)
    assert (line.minimum, line.maximum) == ("1", "99")
    assert (order.min_length, order.max_length, order.pattern) == (1, 20, "^[A-Z0-9]+$")
    assert order.description == "The order, as the shop knows it."
    assert (ordered_at.path, ordered_at.time_format) == (("properties", "$time"), "local")
    assert ordered_at.minimum == "2009-12-31 16:00:00"
    assert (contract.field("amount_cny").minimum, contract.field("amount_cny").unit) == ("0.10", "CNY")
    assert (contract.field("state").enum, contract.field("state").null_ratio_max) == (("open", "paid"), 0.05)
    assert (contract.field("mobile").classification, contract.field("mobile").required) == ("C2", False)
    assert contract.field("labels").type == "VARCHAR[]"


def test_a_field_that_does_not_exist_is_named(tmp_path: Path) -> None:
    contract = load_contract(_write(tmp_path, ORDERS))
    with pytest.raises(KeyError, match=r"shop\.orders has no field colour"):
        contract.field("colour")


@pytest.mark.parametrize("case", BROKEN)
def test_a_contract_with_an_error_names_file_line_and_reason(tmp_path: Path, case: str) -> None:
    old, new, marker, reason = BROKEN[case]
    assert old in ORDERS
    text = ORDERS.replace(old, new, 1)
    error = _error(_write(tmp_path, text))
    lines = text.splitlines()
    assert reason in error.reason
    assert marker in lines[error.line - 1]
    assert str(error) == f"{tmp_path.name}/shop.orders.yaml:{error.line}: {error.reason}"


def test_the_line_of_a_value_deep_in_the_file_is_exact(tmp_path: Path) -> None:
    error = _error(_write(tmp_path, ORDERS.replace("DECIMAL(18,2)", "MONEY")))
    assert error.line == ORDERS.splitlines().index("        physicalType: DECIMAL(18,2)") + 1


def test_a_table_without_a_key_is_refused(tmp_path: Path) -> None:
    lines = [line for line in ORDERS.splitlines() if "primaryKey" not in line]
    error = _error(_write(tmp_path, "\n".join(lines)))
    assert error.reason == "the table has no key: no property says primaryKey: true"


def test_a_key_position_without_a_key_is_refused(tmp_path: Path) -> None:
    error = _error(_write(tmp_path, ORDERS.replace("        primaryKey: true\n", "", 1)))
    assert error.reason == "field 'line_no' has primaryKeyPosition without primaryKey"


def test_a_file_name_that_is_no_address_is_refused(tmp_path: Path) -> None:
    assert "must be named <source>.<table>.yaml" in _error(_write(tmp_path, ORDERS, "orders.yaml")).reason


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert str(_error(_write(tmp_path, ""))) == f"{tmp_path.name}/shop.orders.yaml:1: the file is empty"


def test_a_file_that_is_a_list_is_refused(tmp_path: Path) -> None:
    assert _error(_write(tmp_path, "- a\n")).reason == "the file must be a mapping of keys to values"


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "shop.orders.yaml"
    file.write_bytes(ORDERS.replace("Orders", "订单").encode("gb18030"))
    error = _error(file)
    assert (error.line, error.reason) == (4, "not UTF-8: byte 0xb6")


def test_a_contract_file_that_would_be_overlooked_is_an_error(tmp_path: Path) -> None:
    _write(tmp_path, ORDERS, "shop.orders.yml")
    with pytest.raises(ContractError, match=r"shop\.orders\.yml:1: contracts and mappings end in \.yaml"):
        load_contracts(tmp_path)


def test_the_fingerprint_changes_with_any_byte_of_the_file(tmp_path: Path) -> None:
    first = load_contract(_write(tmp_path, ORDERS)).fingerprint
    assert load_contract(_write(tmp_path, ORDERS)).fingerprint == first
    assert load_contract(_write(tmp_path, ORDERS + "# seen\n")).fingerprint != first


def test_a_field_named_business_date_must_be_the_business_date(tmp_path: Path) -> None:
    error = _error(_write(tmp_path, ORDERS.replace("shipped_on", "business_date")))
    assert error.reason == "field 'business_date' exists, so businessDate must name it"
