"""What a source promises about one table, loaded from an Open Data Contract Standard file.

Belongs here: the Contract, how it is read from `sources/<source>.<table>.yaml`, and whether its parts agree.
Does not belong here: single fields (contract_field.py), reading data (reader.py), suites (expectations.py).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pydantic
from open_data_contract_standard.model import OpenDataContractStandard

from data_contracts.contract_field import NAME_PATTERN, Field, read_field
from data_contracts.contract_settings import RowRule, read_settings
from data_contracts.document import ContractError, Document, Step, read_document

__all__ = ["Contract", "ContractError", "Field", "RowRule", "load_contract", "load_contracts"]

SOURCES = Path(__file__).parent / "sources"
API_VERSION = "v3.1.0"
STATUSES = ("proposed", "draft", "active", "deprecated", "retired")

MAPPING_SUFFIX = ".mapping.yaml"
_KEYS = (
    "apiVersion", "kind", "id", "name", "version", "status", "domain", "description", "tags", "team",
    "support", "authoritativeDefinitions", "contractCreatedTs", "slaProperties", "schema",
)  # fmt: skip
_DESCRIPTION_KEYS = ("purpose", "usage", "limitations")
_TABLE_KEYS = ("name", "businessName", "logicalType", "description", "tags", "customProperties", "properties")
_TABLE: tuple[Step, ...] = ("schema", 0)


@dataclass(frozen=True)
class Contract:
    """The promise of one table of one source.

    `business_date` names the field from which the business date comes: a TIMESTAMP by its day in `zone`, a
    DATE as it is; None means the delivery date. `ignored` are source paths (dots between parts) that are
    known and not loaded. `fingerprint` is the first 12 hex digits of the SHA-256 of the file.
    `delivered_every_days` is how often a delivery is promised; None promises nothing.
    """

    source: str
    table: str
    version: str
    status: str
    description: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    business_date: str | None
    zone: str
    lateness_days: int
    formats: tuple[str, ...]
    encoding: str
    delimiter: str
    row_rules: tuple[RowRule, ...]
    rows_per_day_minimum: int | None
    rows_per_day_maximum: int | None
    ignored: tuple[str, ...]
    path: Path
    fingerprint: str
    delivered_every_days: int | None = None

    @property
    def address(self) -> str:
        """The table's address, such as "app.events"."""
        return f"{self.source}.{self.table}"

    def field(self, name: str) -> Field:
        """Return the field of that canonical name; raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.address} has no field {name}")


def load_contract(path: Path) -> Contract:
    """Load one contract file; raises ContractError with file, line and reason."""
    document = read_document(path)
    source, table = read_address(path, ".yaml")
    standard = _standard(document)
    _check_head(document, standard, source=source, table=table)
    fields = _fields(document, standard)
    settings = read_settings(document, fields, *_TABLE)
    return Contract(
        source=source,
        table=table,
        version=document.required_text("version"),
        status=document.required_text("status"),
        description=" ".join(document.required_text("description", "purpose").split()),
        fields=fields,
        key=_key(document, standard, fields),
        business_date=settings.business_date,
        zone=settings.zone,
        lateness_days=settings.lateness_days,
        formats=settings.formats,
        encoding=settings.encoding,
        delimiter=settings.delimiter,
        row_rules=settings.row_rules,
        rows_per_day_minimum=settings.rows_per_day_minimum,
        rows_per_day_maximum=settings.rows_per_day_maximum,
        ignored=settings.ignored,
        path=path,
        fingerprint=fingerprint(path),
        delivered_every_days=_frequency(document, standard),
    )


def load_contracts(folder: Path | None = None) -> dict[str, Contract]:
    """Load every contract of a folder (default: the package's `sources/`), by address and in its order."""
    files = sorted((folder or SOURCES).iterdir())
    for file in files:
        if file.suffix == ".yml":
            raise ContractError(file, 1, "contracts and mappings end in .yaml; this file would be overlooked")
    wanted = (file for file in files if file.suffix == ".yaml" and not file.name.endswith(MAPPING_SUFFIX))
    return {contract.address: contract for contract in map(load_contract, wanted)}


def read_address(path: Path, suffix: str) -> tuple[str, str]:
    """Return source and table from the file's name `<source>.<table><suffix>`; raises ContractError."""
    parts = path.name.removesuffix(suffix).split(".")
    if len(parts) != 2 or not path.name.endswith(suffix) or not all(map(NAME_PATTERN.fullmatch, parts)):
        raise ContractError(path, 1, f"the file must be named <source>.<table>{suffix}, in lower case")
    return parts[0], parts[1]


def fingerprint(path: Path) -> str:
    """Return the first 12 hex digits of the SHA-256 of the file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _frequency(document: Document, standard: OpenDataContractStandard) -> int | None:
    """Return the days between promised deliveries, from the service level `frequency`."""
    days = None
    for position, level in enumerate(standard.slaProperties or ()):
        here = ("slaProperties", position)
        document.refuse_unknown(("property", "value", "unit", "description"), "a service level", *here)
        if level.property != "frequency":
            raise document.error(
                f"unknown service level '{level.property}'; known is: frequency", *here, "property"
            )
        if level.unit != "d" or not isinstance(level.value, int) or level.value < 1:
            raise document.error("frequency is a whole number of days with unit: d", *here, "value")
        days = level.value
    return days


def _standard(document: Document) -> OpenDataContractStandard:
    """Read by the standard's own model, which knows the shape of everything that the standard allows."""
    document.refuse_unknown(_KEYS, "the contract")
    try:
        return OpenDataContractStandard.model_validate(document.value)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        steps = tuple(step for step in first["loc"] if isinstance(step, str | int))
        where = ".".join(map(str, steps))
        raise document.error(f"{where}: {first['msg']}, not {first['input']!r}", *steps) from error


def _check_head(document: Document, standard: OpenDataContractStandard, *, source: str, table: str) -> None:
    expected = {"apiVersion": API_VERSION, "kind": "DataContract", "id": f"{source}.{table}"}
    for key, value in expected.items():
        if document.required_text(key) != value:
            raise document.error(f"{key} must be '{value}', not '{document.value[key]}'", key)
    document.required_text("name")
    if document.required_text("status") not in STATUSES:
        reason = f"unknown status '{standard.status}'; known are: {', '.join(STATUSES)}"
        raise document.error(reason, "status")
    if standard.domain not in (None, source):
        reason = f"domain must be '{source}', as the file's name says, not '{standard.domain}'"
        raise document.error(reason, "domain")
    if standard.description is None:
        raise document.error("'description' with its 'purpose' is missing")
    document.refuse_unknown(_DESCRIPTION_KEYS, "the description", "description")
    if len(standard.schema_ or ()) != 1:
        raise document.error("schema must list exactly one table", "schema")
    document.refuse_unknown(_TABLE_KEYS, "the table", *_TABLE)
    if document.required_text(*_TABLE, "name") != table:
        reason = f"the table is '{document.at(*_TABLE)['name']}' here but '{table}' in the file's name"
        raise document.error(reason, *_TABLE, "name")


def _fields(document: Document, standard: OpenDataContractStandard) -> tuple[Field, ...]:
    properties = (standard.schema_ or [])[0].properties
    if not properties:
        raise document.error("the table has no properties", *_TABLE, "properties")
    fields: list[Field] = []
    for position, prop in enumerate(properties):
        here = (*_TABLE, "properties", position)
        field = read_field(document, prop, *here)
        if any(field.name == other.name for other in fields):
            raise document.error(f"field '{field.name}' stands twice", *here, "name")
        if any(field.path == other.path for other in fields):
            raise document.error(f"physicalName '{'.'.join(field.path)}' is read by two fields", *here)
        fields.append(field)
    return tuple(fields)


def _key(
    document: Document, standard: OpenDataContractStandard, fields: tuple[Field, ...]
) -> tuple[str, ...]:
    positions: dict[int, str] = {}
    properties = (standard.schema_ or [])[0].properties or []
    for index, (prop, field) in enumerate(zip(properties, fields, strict=True)):
        here = (*_TABLE, "properties", index)
        if not prop.primaryKey:
            if prop.primaryKeyPosition is not None:
                raise document.error(f"field '{field.name}' has primaryKeyPosition without primaryKey", *here)
            continue
        if field.classification == "C3":
            reason = f"key field '{field.name}' is C3 and would never be stored"
            raise document.error(reason, *here, "classification")
        if prop.primaryKeyPosition is None or prop.primaryKeyPosition in positions:
            reason = f"key field '{field.name}' needs its own primaryKeyPosition"
            raise document.error(reason, *here, "primaryKeyPosition")
        positions[prop.primaryKeyPosition] = field.name
    if not positions:
        raise document.error("the table has no key: no property says primaryKey: true", *_TABLE, "properties")
    if sorted(positions) != list(range(1, len(positions) + 1)):
        reason = f"primaryKeyPosition must count from 1 without gaps, not {sorted(positions)}"
        raise document.error(reason, *_TABLE, "properties")
    return tuple(positions[position] for position in sorted(positions))
