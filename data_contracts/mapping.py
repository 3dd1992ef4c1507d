"""How foreign files become rows of a contract: rename, constant, expression, time zone.

Belongs here: the SourceMapping, read from `<landing source>.<landing table>.mapping.yaml` and checked.
Does not belong here: the contract that it feeds (contract.py) and running it over rows (rules.py).
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import duckdb

from data_contracts.contract import (
    MAPPING_SUFFIX,
    SOURCES,
    Contract,
    fingerprint,
    load_contracts,
    read_address,
)
from data_contracts.contract_field import Field
from data_contracts.contract_settings import check_delimiter, check_encoding, check_formats, check_zone
from data_contracts.document import Document, read_document
from data_contracts.field_limits import parse_literal
from data_contracts.sql_expression import ExpressionError, check_expression, open_engine

_KEYS = ("contract", "formats", "encoding", "delimiter", "timeZone", "history", "columns", "where", "fields")
_KINDS = ("from", "constant", "expression")


@dataclass(frozen=True)
class FieldSource:
    """Where a field's value comes from: a source column, a constant, or SQL over the columns as text."""

    kind: Literal["from", "constant", "expression"]
    value: str


@dataclass(frozen=True)
class SourceMapping:
    """How the files landing at `source`/`table` feed a contract.

    `zone` is the time zone of times without an offset (None: the contract's own); with `history`, no row is
    too late; `columns` are all columns that the files hold; `where` is SQL that says which rows are meant for
    this table (None: all); `fields` maps canonical names to their sources.
    """

    source: str
    table: str
    contract: str
    formats: tuple[str, ...]
    encoding: str
    delimiter: str
    zone: str | None
    history: bool
    where: str | None
    fields: Mapping[str, FieldSource]
    columns: tuple[str, ...]
    path: Path
    fingerprint: str

    @property
    def address(self) -> str:
        """The landing address, such as "oldbroker.deals"."""
        return f"{self.source}.{self.table}"


def load_mappings(
    folder: Path | None = None, *, contracts: Mapping[str, Contract] | None = None
) -> dict[str, SourceMapping]:
    """Load every mapping of a folder by landing address; contracts default to those of the same folder.

    Raises ContractError with file, line and reason.
    """
    home = folder or SOURCES
    known = load_contracts(home) if contracts is None else contracts
    files = sorted(file for file in home.iterdir() if file.name.endswith(MAPPING_SUFFIX))
    return {mapping.address: mapping for mapping in (load_mapping(file, contracts=known) for file in files)}


def load_mapping(path: Path, *, contracts: Mapping[str, Contract]) -> SourceMapping:
    """Load one mapping file that feeds one of `contracts`; raises ContractError."""
    document = read_document(path)
    source, table = read_address(path, MAPPING_SUFFIX)
    document.refuse_unknown(_KEYS, "the mapping")
    contract = _contract(document, contracts, f"{source}.{table}")
    for key in ("formats", "columns", "fields"):
        if document.value.get(key) is None:
            raise document.error(f"'{key}' is missing")
    columns = document.texts("columns")
    if not columns:
        raise document.error("columns is empty: nothing could be read", "columns")
    return SourceMapping(
        source=source,
        table=table,
        contract=contract.address,
        formats=check_formats(document, "formats"),
        encoding=_text(document, "encoding", check_encoding) or "utf-8",
        delimiter=_text(document, "delimiter", check_delimiter) or ",",
        zone=_text(document, "timeZone", check_zone),
        history=_history(document),
        where=_where(document, columns),
        fields=_fields(document, contract, columns),
        columns=columns,
        path=path,
        fingerprint=fingerprint(path),
    )


def _contract(document: Document, contracts: Mapping[str, Contract], landing: str) -> Contract:
    address = document.required_text("contract")
    if address not in contracts:
        raise document.error(f"there is no contract '{address}'", "contract")
    if landing in contracts:
        reason = (
            f"the landing address {landing} belongs to the contract of that name; land these files elsewhere"
        )
        raise document.error(reason)
    return contracts[address]


def _text(document: Document, key: str, check: Callable[[str], None]) -> str | None:
    if document.value.get(key) is None:
        return None
    text = document.value[key]
    if not isinstance(text, str):
        raise document.error(f"{key} must be text, not {text!r}", key)
    try:
        check(text)
    except ValueError as error:
        raise document.error(str(error), key) from error
    return text


def _history(document: Document) -> bool:
    history = document.value.get("history", False)
    if not isinstance(history, bool):
        raise document.error(f"history must be true or false, not {history!r}", "history")
    return history


def _where(document: Document, columns: tuple[str, ...]) -> str | None:
    if "where" not in document.value:
        return None
    where = document.required_text("where")
    with closing(open_engine()) as engine:
        try:
            check_expression(where, dict.fromkeys(columns, "VARCHAR"), engine=engine, result="BOOLEAN")
        except ExpressionError as error:
            raise document.error(f"where: {error}", "where") from error
    return where


def _fields(document: Document, contract: Contract, columns: tuple[str, ...]) -> dict[str, FieldSource]:
    known = {field.name: field for field in contract.fields}
    document.refuse_unknown(tuple(known), "fields", "fields")
    with closing(open_engine()) as engine:
        fields = {
            name: _field_source(document, known[name], columns, engine) for name in document.value["fields"]
        }
    unfed = next(
        (field.name for field in contract.fields if field.required and field.name not in fields), None
    )
    if unfed is not None:
        raise document.error(f"required field '{unfed}' of {contract.address} is not fed", "fields")
    return fields


def _field_source(
    document: Document, field: Field, columns: tuple[str, ...], engine: duckdb.DuckDBPyConnection
) -> FieldSource:
    here = ("fields", field.name)
    document.refuse_unknown(_KINDS, f"field '{field.name}'", *here)
    given = list(document.at(*here))
    if len(given) != 1:
        raise document.error(f"field '{field.name}' needs exactly one of {', '.join(_KINDS)}", *here)
    kind = cast(Literal["from", "constant", "expression"], given[0])
    if document.at(*here, kind) is None:
        raise document.error(f"field '{field.name}': {kind} says nothing", *here, kind)
    value = document.text(*here, kind)
    try:
        if kind == "from" and value not in columns:
            raise ValueError(f"column '{value}' is not among the declared columns")
        if kind == "constant":
            _check_constant(field, value)
        if kind == "expression":
            check_expression(value, dict.fromkeys(columns, "VARCHAR"), engine=engine)
    except (ValueError, ExpressionError) as error:
        raise document.error(f"field '{field.name}': {error}", *here, kind) from error
    return FieldSource(kind, value)


def _check_constant(field: Field, value: str) -> None:
    if field.enum and value not in field.enum:
        raise ValueError(f"'{value}' is not one of {', '.join(field.enum)}")
    if field.type == "BOOLEAN" and value not in ("true", "false"):
        raise ValueError(f"'{value}' is not true or false")
    if field.type not in ("VARCHAR", "VARCHAR[]", "BOOLEAN", "TIMESTAMP"):
        parse_literal(value, field.type)
