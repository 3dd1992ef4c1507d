"""Contracts: the shipped ones load and agree with the standard; a broken one says file, line and reason."""

import json
import time
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from data_contracts.contract import SOURCES, ContractError, RowRule, load_contract, load_contracts

TABLES = {
    "app.events",
    "broker.cash_flows",
    "broker.consents",
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

ORDERS = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.orders
name: Orders
version: 1.0.0
status: active
domain: shop
description:
  purpose: One row per order.
schema:
  - name: orders
    logicalType: object
    customProperties:
      - property: businessDate
        value: ordered_at
      - property: timeZone
        value: Asia/Shanghai
      - property: latenessDays
        value: 3
      - property: formats
        value: [jsonl]
      - property: encoding
        value: gb18030
      - property: delimiter
        value: '|'
      - property: rowsPerDayMinimum
        value: 1
      - property: rowsPerDayMaximum
        value: 5000
      - property: rowRules
        value:
          - name: shipped_after_ordered
            sql: shipped_on >= cast(ordered_at as date)
            message: shipped_on is before ordered_at
      - property: ignored
        value: [properties.$ip]
    properties:
      - name: line_no
        physicalName: line
        logicalType: integer
        physicalType: BIGINT
        primaryKey: true
        primaryKeyPosition: 2
        required: true
        classification: C1
        description: Number of the line.
        logicalTypeOptions:
          minimum: 1
          maximum: 99
      - name: order_id
        logicalType: string
        physicalType: VARCHAR
        primaryKey: true
        primaryKeyPosition: 1
        required: true
        classification: C1
        description: >-
          The order,
          as the shop knows it.
        logicalTypeOptions:
          minLength: 1
          maxLength: 20
          pattern: ^[A-Z0-9]+$
      - name: ordered_at
        physicalName: properties.$time
        logicalType: timestamp
        physicalType: TIMESTAMP
        required: true
        classification: C1
        description: When it was ordered.
        logicalTypeOptions:
          minimum: '2010-01-01T00:00:00+08:00'
        customProperties:
          - property: timeFormat
            value: local
      - name: shipped_on
        logicalType: date
        physicalType: DATE
        required: false
        classification: C1
        description: When it was shipped.
      - name: amount_cny
        logicalType: number
        physicalType: DECIMAL(18,2)
        required: true
        classification: C1
        description: What it cost.
        logicalTypeOptions:
          minimum: 0.10
        customProperties:
          - property: unit
            value: CNY
      - name: state
        logicalType: string
        physicalType: VARCHAR
        required: true
        classification: C1
        description: State of the order.
        quality:
          - metric: invalidValues
            arguments: {validValues: [open, paid]}
            mustBe: 0
          - metric: nullValues
            unit: percent
            mustBeLessOrEqualTo: 5
      - name: mobile
        logicalType: string
        physicalType: VARCHAR
        classification: C2
        description: Mobile number of the buyer.
      - name: labels
        logicalType: array
        physicalType: VARCHAR[]
        items:
          logicalType: string
        classification: C1
        description: Labels.
"""

BROKEN = {
    "broken YAML": ("status: active", "status: [active", "domain: shop", "not valid YAML"),
    "a key twice": (
        "kind: DataContract",
        "kind: DataContract\nkind: X",
        "kind: X",
        "key 'kind' stands twice",
    ),
    "a key that YAML reads as true": ("domain: shop", "on: shop", "on: shop", "key 'on' is not read as text"),
    "an unknown key of the contract": (
        "status: active",
        "state: active",
        "state:",
        "unknown key 'state' in the contract",
    ),
    "a standard key that would be ignored": (
        "        physicalName: line",
        "        unique: true",
        "unique: true",
        "unknown key 'unique' in a property",
    ),
    "an unknown key of the table": (
        "logicalType: object",
        "logicalTyp: object",
        "logicalTyp:",
        "unknown key 'logicalTyp'",
    ),
    "an unknown key of the description": (
        "  purpose: One",
        "  why: x\n  purpose: One",
        "why: x",
        "unknown key 'why'",
    ),
    "another version of the standard": (
        "v3.1.0",
        "v2.2.2",
        "apiVersion:",
        "apiVersion must be 'v3.1.0', not 'v2.2.2'",
    ),
    "another kind": (
        "kind: DataContract",
        "kind: Table",
        "kind:",
        "kind must be 'DataContract', not 'Table'",
    ),
    "an address that is not the file's": (
        "id: shop.orders",
        "id: shop.order",
        "id:",
        "id must be 'shop.orders', not",
    ),
    "a table that is not the file's": (
        "- name: orders",
        "- name: order",
        "- name: order",
        "the table is 'order' here",
    ),
    "a domain that is not the file's": ("domain: shop", "domain: store", "domain:", "domain must be 'shop'"),
    "an unknown status": (
        "status: active",
        "status: alive",
        "status:",
        "unknown status 'alive'; known are: proposed",
    ),
    "a missing version": ("version: 1.0.0\n", "", "apiVersion", "'version' is missing"),
    "a value of the wrong kind": (
        "version: 1.0.0",
        "version: [1]",
        "version: [1]",
        "version: Input should be a valid",
    ),
    "a missing purpose": (
        "  purpose: One row per order.",
        "  usage: none",
        "description:",
        "'purpose' is missing",
    ),
    "two tables": (
        "schema:\n",
        "schema:\n  - name: other\n",
        "schema:",
        "schema must list exactly one table",
    ),
    "an unknown type": (
        "physicalType: BIGINT",
        "physicalType: INT",
        "physicalType: INT",
        "has unknown type 'INT'",
    ),
    "a decimal with more places than digits": (
        "(18,2)",
        "(2,18)",
        "(2,18)",
        "has unknown type 'DECIMAL(2,18)'",
    ),
    "types that disagree": (
        "integer",
        "number",
        "number",
        "'line_no': BIGINT is logicalType integer, not number",
    ),
    "a list of other things than text": (
        "          logicalType: string\n",
        "          logicalType: date\n",
        "items:",
        "items of",
    ),
    "a missing classification": (
        "        classification: C1\n        description: Number",
        "        description: Number",
        "- name: line_no",
        "field 'line_no' has no classification; one of C1, C2, C3 is needed",
    ),
    "an unknown classification": (
        "C2",
        "secret",
        "classification: secret",
        "unknown classification 'secret'",
    ),
    "a token that is no text": (
        "classification: C1\n        description: What",
        "classification: C2\n        description: What",
        "classification: C2",
        "field 'amount_cny': only VARCHAR can be C2",
    ),
    "a missing description": (
        "        description: What it cost.\n",
        "",
        "- name: amount_cny",
        "'description' is missing",
    ),
    "a name in another style": (
        "name: line_no",
        "name: lineNo",
        "name: lineNo",
        "field name 'lineNo' must be lower",
    ),
    "a name that the lake takes": (
        "name: labels",
        "name: delivery_date",
        "delivery_date",
        "'delivery_date' is taken",
    ),
    "a field twice": (
        "name: shipped_on",
        "name: order_id",
        "- name: order_id",
        "field 'order_id' stands twice",
    ),
    "a source value read twice": (
        "physicalName: line",
        "physicalName: order_id",
        "name: order_id",
        "is read by two fields",
    ),
    "a path with an empty part": (
        "properties.$time",
        "properties..t",
        "properties..t",
        "empty part between its dots",
    ),
    "two first key fields": (
        "Position: 2",
        "Position: 1",
        "primaryKeyPosition: 1",
        "needs its own primaryKeyPosition",
    ),
    "a gap in the key": (
        "Position: 2",
        "Position: 3",
        "properties:",
        "must count from 1 without gaps, not [1, 3]",
    ),
    "a key field that is never stored": (
        "classification: C1\n        description: Number",
        "classification: C3\n        description: Number",
        "classification: C3",
        "key field 'line_no' is C3 and would never be stored",
    ),
    "an unknown business date": (
        "value: ordered_at",
        "value: sold_at",
        "value: sold_at",
        "the unknown field 'sold_at'",
    ),
    "a business date that is no date": (
        "value: ordered_at",
        "value: line_no",
        "value: line_no",
        "is BIGINT, not DATE",
    ),
    "a business date that may be absent": (
        "value: ordered_at",
        "value: shipped_on",
        "value: shipped_on",
        "must be required",
    ),
    "an unknown custom property of the table": (
        "latenessDays",
        "lateDays",
        "lateDays",
        "unknown custom property 'lateDays'",
    ),
    "an unknown custom property of a field": (
        "property: unit",
        "property: units",
        "property: units",
        "unknown custom property 'units'; known are: unit, timeFormat",
    ),
    "a custom property without a value": (
        "        value: 3\n",
        "",
        "latenessDays",
        "'latenessDays' has no value",
    ),
    "a custom property twice": (
        "property: encoding",
        "property: latenessDays",
        "property: latenessDays",
        "custom property 'latenessDays' stands twice",
    ),
    "an unknown time zone": (
        "Asia/Shanghai",
        "Asia/Shangri",
        "Asia/Shangri",
        "unknown time zone 'Asia/Shangri'",
    ),
    "local times without a zone": (
        "      - property: timeZone\n        value: Asia/Shanghai\n",
        "",
        "- name: orders",
        "field 'ordered_at' has local times, so custom property timeZone is needed",
    ),
    "lateness that is no number": (
        "value: 3\n",
        "value: three\n",
        "value: three",
        "latenessDays must be a whole number",
    ),
    "a volume band upside down": (
        "value: 5000",
        "value: 0",
        "value: 0",
        "rowsPerDayMinimum is above rowsPerDayMaximum",
    ),
    "an unknown format": (
        "[jsonl]",
        "[json]",
        "value: [json]",
        "unknown format 'json'; known are: jsonl, csv, parquet",
    ),
    "a nested value in a flat format": ("[jsonl]", "[csv]", "value: [csv]", "stands inside another value"),
    "an unknown encoding": ("gb18030", "utf-88", "utf-88", "unknown encoding 'utf-88'"),
    "a delimiter of two characters": ("'|'", "'||'", "'||'", "delimiter must be one character"),
    "a field that is ignored and read": (
        "[properties.$ip]",
        "[line]",
        "value: [line]",
        "'line' is ignored and yet read",
    ),
    "a time format on no time": (
        "property: unit",
        "property: timeFormat",
        "value: CNY",
        "timeFormat must be one of",
    ),
    "a time without a format": (
        "        customProperties:\n          - property: timeFormat\n            value: local\n",
        "",
        "- name: ordered_at",
        "field 'ordered_at' needs custom property timeFormat",
    ),
    "a bad enum": ("[open, paid]", "[]", "validValues: []", "validValues is empty"),
    "an enum that YAML reads as truth": (
        "[open, paid]",
        "[on, paid]",
        "[on, paid]",
        "True is read as bool; quote it",
    ),
    "an enum value twice": ("[open, paid]", "[open, open]", "[open, open]", "'open' stands twice"),
    "an enum with another argument": (
        "validValues:",
        "values:",
        "arguments: {values",
        "invalidValues takes arguments",
    ),
    "an enum that tolerates some": (
        "mustBe: 0",
        "mustBe: 3",
        "- metric: invalidValues",
        "must say mustBe: 0",
    ),
    "an unknown quality metric": (
        "invalidValues",
        "rowCount",
        "metric: rowCount",
        "metric 'rowCount' is not supported",
    ),
    "a share of NULLs that is no share": (
        "OrEqualTo: 5",
        "OrEqualTo: 500",
        "To: 500",
        "must be 0 to 100 percent, not 500",
    ),
    "an unknown option": (
        "          maximum: 99",
        "          multipleOf: 5",
        "multipleOf",
        "unknown key 'multipleOf'",
    ),
    "a limit that is no number": ("minimum: 1\n", "minimum: one\n", "minimum: one", "'one' is not a number"),
    "a limit with too many places": (
        "minimum: 0.10",
        "minimum: 0.001",
        "0.001",
        "'0.001' does not fit DECIMAL(18,2)",
    ),
    "a moment without an offset": ("00:00:00+08:00", "00:00:00", "minimum: '2010", "has no offset from UTC"),
    "limits upside down": (
        "maximum: 99",
        "maximum: 0",
        "logicalTypeOptions:",
        "smallest allowed value is above",
    ),
    "a length that is no number": (
        "minLength: 1",
        "minLength: -1",
        "minLength: -1",
        "minLength must be a whole number",
    ),
    "a broken pattern": ("^[A-Z0-9]+$", "'[A-Z'", "pattern: '[A-Z'", "is not a regular expression"),
    "a pattern with look-around": ("^[A-Z0-9]+$", "^(?!X).*$", "pattern: ^(?!X)", "uses look-around"),
    "a row rule that does not parse": (
        "shipped_on >= cast(ordered_at as date)",
        "shipped_on >= = ordered_at",
        "sql:",
        "row rule 'shipped_after_ordered': not valid SQL",
    ),
    "a row rule over an unknown column": (
        "shipped_on >= cast",
        "sent_on >= cast",
        "sql:",
        "unknown column 'sent_on'",
    ),
    "a row rule that is no judgement": ("cast(ordered_at as date)", "1", "sql:", "DuckDB refuses it"),
    "a row rule with a number for an answer": (
        "shipped_on >= cast(ordered_at as date)",
        "line_no + 1",
        "sql:",
        "gives BIGINT, not BOOLEAN",
    ),
    "a row rule that reads the clock": (
        "cast(ordered_at as date)",
        "current_date",
        "sql:",
        "another answer each time",
    ),
    "a row rule over many rows": (
        "cast(ordered_at as date)",
        "max(shipped_on)",
        "sql:",
        "looks at more than one row",
    ),
    "a row rule that is a query": ("cast(ordered_at as date)", "(select 1)", "sql:", "a query or statement"),
    "a row rule with a comment": ("as date)", "as date) -- so", "sql:", "neither comments nor semicolons"),
    "a row rule without a message": (
        "            message: shipped_on is before ordered_at\n",
        "",
        "- name: shipped_after_ordered",
        "'message' is missing",
    ),
}


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
    for file in SOURCES.glob("*.yaml"):
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
