"""Source mappings: what a foreign file needs to feed a contract, and what each mistake in one says."""

from pathlib import Path

import pytest

from data_contracts.contract import Contract, ContractError, load_contracts
from data_contracts.mapping import FieldSource, load_mapping, load_mappings

FLOWS = """\
contract: broker.cash_flows
formats: [csv]
encoding: gb18030
delimiter: '|'
timeZone: Asia/Shanghai
history: true
columns: [流水号, CUST, FDATE, FTIME, DIR, AMT, REMARK]
fields:
  cash_flow_id: {from: 流水号}
  customer_id: {from: CUST}
  occurred_at:
    expression: FDATE || ' ' || FTIME
  flow_type:
    expression: case DIR when '1' then 'bank_in' else 'bank_out' end
  amount_cny: {from: AMT}
  bank_code: {constant: 0102}
"""

BROKEN = {
    "an unknown key": ("history: true", "histroy: true", "histroy", "unknown key 'histroy' in the mapping"),
    "broken YAML": ("[csv]", "[csv", "encoding", "not valid YAML"),
    "an unknown contract": (
        "broker.cash_flows",
        "broker.flows",
        "contract:",
        "there is no contract 'broker.flows'",
    ),
    "a missing contract": ("contract: broker.cash_flows\n", "", "formats", "'contract' is missing"),
    "missing columns": (
        "columns: [流水号, CUST, FDATE, FTIME, DIR, AMT, REMARK]\n",
        "",
        "contract",
        "'columns' is missing",
    ),
    "a column twice": ("REMARK]", "AMT]", "columns:", "'AMT' stands twice in the list"),
    "an unknown format": ("[csv]", "[xls]", "formats:", "unknown format 'xls'"),
    "an unknown encoding": ("gb18030", "gb99", "encoding:", "unknown encoding 'gb99'"),
    "a bad delimiter": ("'|'", "'||'", "delimiter:", "delimiter must be one character"),
    "an unknown zone": ("Asia/Shanghai", "Asia/Here", "timeZone:", "unknown time zone 'Asia/Here'"),
    "history that is no yes or no": (
        "history: true",
        "history: 3",
        "history:",
        "history must be true or false, not 3",
    ),
    "an unknown field": ("  bank_code:", "  bank:", "  bank:", "unknown key 'bank' in fields"),
    "a required field without a source": (
        "  amount_cny: {from: AMT}\n",
        "",
        "fields:",
        "required field 'amount_cny' of broker.cash_flows is not fed",
    ),
    "an undeclared column": (
        "{from: CUST}",
        "{from: CUSTOMER}",
        "CUSTOMER",
        "column 'CUSTOMER' is not among the declared",
    ),
    "a field with two sources": (
        "{from: CUST}",
        "{from: CUST, constant: x}",
        "CUST",
        "needs exactly one of from, constant",
    ),
    "a field with another kind of source": (
        "{from: CUST}",
        "{column: CUST}",
        "CUST",
        "unknown key 'column' in field",
    ),
    "a field with an empty source": (
        "{from: CUST}",
        "{from: }",
        "from: }",
        "field 'customer_id': from says nothing",
    ),
    "an expression that does not parse": (
        "FDATE || ' '",
        "FDATE || ||",
        "expression: FDATE",
        "not valid SQL",
    ),
    "an expression over an undeclared column": (
        "|| FTIME",
        "|| HOUR",
        "expression: FDATE",
        "unknown column 'HOUR'",
    ),
    "an expression that takes text for a number": (
        "|| FTIME",
        "+ 1",
        "expression: FDATE",
        "DuckDB refuses it",
    ),
    "an expression that reads the clock": (
        "|| FTIME",
        "|| now()",
        "expression: FDATE",
        "another answer each time",
    ),
    "a selection over an undeclared column": (
        "columns:",
        "where: KIND = 'x'\ncolumns:",
        "where:",
        "where: unknown column 'KIND'",
    ),
    "a selection that is no yes or no": (
        "columns:",
        "where: FDATE || FTIME\ncolumns:",
        "where:",
        "where: gives VARCHAR, not BOOLEAN",
    ),
    "a selection that says nothing": ("columns:", "where:\ncolumns:", "where:", "'where' is missing"),
    "a constant that is not allowed": (
        "\n    expression: case DIR when '1' then 'bank_in' else 'bank_out' end",
        " {constant: cash}",
        "flow_type",
        "'cash' is not one of bank_in, bank_out",
    ),
    "a constant of another type": (
        "{from: AMT}",
        "{constant: much}",
        "amount_cny",
        "field 'amount_cny': 'much' is not a number",
    ),
}


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_contracts()


def _write(folder: Path, text: str, name: str = "oldbank.flows.mapping.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_mapping_is_read_whole(tmp_path: Path, contracts: dict[str, Contract]) -> None:
    mapping = load_mapping(_write(tmp_path, FLOWS), contracts=contracts)
    assert (mapping.address, mapping.contract) == ("oldbank.flows", "broker.cash_flows")
    assert (mapping.formats, mapping.encoding, mapping.delimiter) == (("csv",), "gb18030", "|")
    assert (mapping.zone, mapping.history) == ("Asia/Shanghai", True)
    assert mapping.columns == ("流水号", "CUST", "FDATE", "FTIME", "DIR", "AMT", "REMARK")
    assert mapping.where is None
    assert mapping.fields["cash_flow_id"] == FieldSource("from", "流水号")
    assert mapping.fields["occurred_at"] == FieldSource("expression", "FDATE || ' ' || FTIME")


def test_a_constant_stays_as_it_is_written(tmp_path: Path, contracts: dict[str, Contract]) -> None:
    mapping = load_mapping(_write(tmp_path, FLOWS), contracts=contracts)
    assert mapping.fields["bank_code"] == FieldSource("constant", "0102")


def test_encoding_delimiter_zone_and_history_have_defaults(
    tmp_path: Path, contracts: dict[str, Contract]
) -> None:
    optional = ("encoding", "delimiter", "timeZone", "history")
    text = "\n".join(line for line in FLOWS.splitlines() if not line.startswith(optional))
    mapping = load_mapping(_write(tmp_path, text), contracts=contracts)
    assert (mapping.encoding, mapping.delimiter, mapping.zone, mapping.history) == ("utf-8", ",", None, False)


def test_mappings_are_found_by_landing_address(tmp_path: Path, contracts: dict[str, Contract]) -> None:
    _write(tmp_path, FLOWS)
    _write(tmp_path, FLOWS, "newbank.flows.mapping.yaml")
    assert list(load_mappings(tmp_path, contracts=contracts)) == ["newbank.flows", "oldbank.flows"]


def test_a_mapping_stands_beside_the_contracts_and_is_not_taken_for_one(
    tmp_path: Path, contracts: dict[str, Contract]
) -> None:
    _write(
        tmp_path, contracts["broker.cash_flows"].path.read_text(encoding="utf-8"), "broker.cash_flows.yaml"
    )
    _write(tmp_path, FLOWS)
    assert list(load_contracts(tmp_path)) == ["broker.cash_flows"]
    assert list(load_mappings(tmp_path)) == ["oldbank.flows"]


@pytest.mark.parametrize("case", BROKEN)
def test_a_mapping_with_an_error_names_file_line_and_reason(
    tmp_path: Path, contracts: dict[str, Contract], case: str
) -> None:
    old, new, marker, reason = BROKEN[case]
    assert old in FLOWS
    text = FLOWS.replace(old, new, 1)
    with pytest.raises(ContractError) as caught:
        load_mapping(_write(tmp_path, text), contracts=contracts)
    error = caught.value
    assert reason in error.reason
    assert marker in text.splitlines()[error.line - 1]
    assert str(error) == f"{tmp_path.name}/oldbank.flows.mapping.yaml:{error.line}: {error.reason}"


def test_a_landing_address_that_a_contract_owns_cannot_be_mapped(
    tmp_path: Path, contracts: dict[str, Contract]
) -> None:
    file = _write(tmp_path, FLOWS, "broker.trades.mapping.yaml")
    with pytest.raises(ContractError, match=r"the landing address broker\.trades belongs to the contract"):
        load_mapping(file, contracts=contracts)
