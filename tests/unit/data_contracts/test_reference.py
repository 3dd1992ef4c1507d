"""Any record at all: the reader accepts what the slow reference accepts, with the same values, and nothing else."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any, Literal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.data_contracts.reading import NOON, OPEN_ORDERS, Counter
from tests.unit.data_contracts.reference import JSON_FIELDS, TEXT_FIELDS, Values, json_values, text_values

ANYTHING = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NAMES = (*JSON_FIELDS, "os", "price_cny", "device_id")
FIELDS = tuple(one for one in OPEN_ORDERS.fields if one.name in NAMES)

# Characters of one line: no line ends, and no surrogates, which no file can hold.
CHARACTERS = st.characters(exclude_characters="\r\n", exclude_categories=("Cs",))
TEXTS = st.text(CHARACTERS, max_size=8) | st.sampled_from(
    [",}", ", ]", '"', "\\", "\\u0000", "{{[[", "12.34", "true"]
)
DIGITS = st.text("0123456789", min_size=1, max_size=21)
NUMBERS = st.one_of(
    st.integers(-(2**64), 2**64).map(str),
    st.floats().map(repr),
    st.decimals(-(10**13), 10**13, places=2).map(str),
    st.builds("{}.{}".format, st.integers(-(10**12), 10**12), DIGITS),
    st.builds("{}{}{}".format, st.integers(-99, 99), st.sampled_from("eE"), st.integers(-25, 25)),
    st.builds("{}.{}e{}".format, st.integers(0, 9), DIGITS, st.integers(-420, 420)),
    st.sampled_from(
        ["-0", "-0.0", "0", "01", "+1", "1.", ".5", "NaN", "Infinity", "-Infinity", "nan", "1e400"]
    ),
)
EPOCHS = st.integers(NOON - 10 * 86_400_000, NOON + 4 * 86_400_000)
TIMES = EPOCHS.map(str) | EPOCHS.map(lambda one: str(one // 1000)) | EPOCHS.map(lambda one: f"{one}000")
OFFSETS = st.sampled_from(["Z", "+08:00", "-05", "+0530", "", "+15:00", "+08:60", " +08:00"])
MOMENTS = st.builds(
    "{:%Y-%m-%d}{}{}{}{}".format,
    st.dates(),
    st.sampled_from("T "),
    st.sampled_from(["00:00:00", "23:59:59", "12:30:15", "24:00:00", "23:59:60", "12:30", "1:00:00"]),
    st.sampled_from(["", ".5", ".123456", ".1234567", "."]),
    OFFSETS,
)
DAYS = st.dates().map(str) | st.sampled_from(
    ["2026-02-29", "2024-02-29", "20260105", "1989-12-31", "infinity", "x"]
)


def escaped(text: str, how: int) -> str:
    """Return a JSON string: plainly, in ASCII, or with every character as an escape."""
    if how < 2:
        return json.dumps(text, ensure_ascii=bool(how))
    units = text.encode("utf-16-be", "surrogatepass")
    return '"' + "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2)) + '"'


STRINGS = st.builds(escaped, TEXTS, st.integers(0, 2)) | st.sampled_from(
    [r'"\ud800"', r'"\udc00x"', r'"a\/b"', r'"\x"', '"\t"', r'"\ud83d\ude00"']
)
SIMPLE = st.one_of(STRINGS, NUMBERS, st.sampled_from(["null", "true", "false", "True", ""]))
GAPS = st.sampled_from(["", "", "", " ", "\t", "  "])
ANY = st.recursive(
    SIMPLE,
    lambda inner: (
        st.builds("[{}{}]".format, st.lists(inner, max_size=3).map(",".join), GAPS)
        | st.builds(
            "{{{}{}}}".format,
            st.lists(st.builds("{}:{}".format, STRINGS, inner), max_size=3).map(",".join),
            GAPS,
        )
    ),
    max_leaves=5,
)


def mostly(expected: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(expected, expected, expected, ANY)


def _in_quotes(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return values.map(json.dumps)


VALUES: dict[str, st.SearchStrategy[str]] = {
    "placed_at": TIMES,
    "customer": STRINGS,
    "side": st.sampled_from(['"buy"', '"sell"', '"BUY"', '""']),
    "quantity": NUMBERS,
    "amount": NUMBERS,
    "rate": NUMBERS,
    "is_new": st.sampled_from(["true", "false", "1", '"true"']),
    "opened_on": _in_quotes(DAYS),
    "confirmed_at": _in_quotes(MOMENTS),
    "labels": st.lists(STRINGS, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    "note": ANY,
    "strange": ANY,
}
INNER = {
    "properties": {"$os": STRINGS, "price": NUMBERS, "$ip": ANY},
    "identities": {"device": STRINGS, "x": ANY},
}


@st.composite
def members(draw: st.DrawFn, values: dict[str, st.SearchStrategy[str]]) -> str:
    """Return an object of some of the members, now and then one of them twice, with gaps anywhere."""
    keys = draw(st.lists(st.sampled_from(sorted(values)), max_size=4, unique=draw(st.integers(0, 9)) > 0))
    parts = []
    for key in keys:
        name = escaped(key, draw(st.sampled_from([0, 0, 0, 0, 2])))
        gap = draw(GAPS)
        parts.append(f"{gap}{name}{draw(GAPS)}:{gap}{draw(mostly(values[key]))}{draw(GAPS)}")
    return ",".join(parts)


@st.composite
def json_records(draw: st.DrawFn) -> str:
    """Return a record that still lacks its number: § stands for it."""
    inner = {key: members(below).map("{{{}}}".format) for key, below in INNER.items()}
    parts = [draw(members(VALUES | inner))]
    if '"placed_at"' not in parts[0] and draw(st.integers(0, 9)):
        parts.append(f'"placed_at":{NOON}')
    number = draw(st.sampled_from(['"§"'] * 9 + ["§", '"order-§-too-long"', "null"]))
    parts.insert(draw(st.integers(0, 1)), f'"order_id":{number}')
    text = "{" + ",".join(part for part in parts if part) + "}"
    damage = draw(st.sampled_from([None] * 9 + ["cut", "insert", "drop"]))
    at = draw(st.integers(0, len(text)))
    if damage == "cut":
        text = text[:at]
    elif damage == "insert":
        text = text[:at] + draw(st.sampled_from(list('{}[]",:\\ \t0e-.n'))) + text[at:]
    elif damage == "drop":
        text = text[:at] + text[at + 1 :]
    return text


@pytest.fixture(scope="module")
def reference_counter(engine: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Counter:
    return Counter(tmp_path_factory.mktemp("reference"), engine)


def as_loaded(row: dict[str, Any], names: tuple[str, ...]) -> Values:
    values = {name: row[name] for name in names}
    for name in ("placed_at", "confirmed_at"):
        moment: datetime | None = values[name]
        values[name] = moment.replace(tzinfo=UTC) if moment is not None else None
    return values


@ANYTHING
@given(records=st.lists(json_records(), min_size=1, max_size=40))
def test_any_json_record_is_judged_as_the_reference_judges_it(
    reference_counter: Counter, records: list[str]
) -> None:
    texts = [record.replace("§", str(index)) for index, record in enumerate(records)]
    expected = {
        index: values for index, text in enumerate(texts) if (values := json_values(text)) is not None
    }
    found = reference_counter.read(
        "".join(f"{text}\n" for text in texts).encode(), contract=OPEN_ORDERS, fields=FIELDS, row_rules=()
    )
    refused = {one["line_number"] - 1: one for one in found.rejected}
    assert sorted(refused) == [index for index in range(len(texts)) if index not in expected], refused
    assert found.outcome.rows_duplicate == len(expected) - len({one["order_id"] for one in expected.values()})
    loaded = {row["order_id"]: as_loaded(row, NAMES) for row in found.rows}
    if not found.outcome.rows_duplicate:
        assert loaded == {values["order_id"]: values for values in expected.values()}


COLUMNS = tuple(key for key, _ in TEXT_FIELDS.values())
CELLS: dict[str, st.SearchStrategy[str]] = {
    "placed_at": TIMES,
    "customer": st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8),
    "side": st.sampled_from(["buy", "sell", "Buy", ""]),
    "quantity": NUMBERS | DIGITS,
    "amount": NUMBERS | DIGITS,
    "rate": NUMBERS | DIGITS,
    "is_new": st.sampled_from(["true", "FALSE", "0", "1", "yes", ""]),
    "opened_on": DAYS,
    "confirmed_at": MOMENTS,
}
ROWS = st.fixed_dictionaries(
    {"placed_at": st.just(str(NOON)) | CELLS.pop("placed_at")},
    optional={
        key: st.one_of(cell, cell, cell, TEXTS.filter(lambda one: "\0" not in one))
        for key, cell in CELLS.items()
    },
)


@ANYTHING
@given(
    rows=st.lists(st.tuples(ROWS, st.sampled_from([0] * 12 + [-1, 1])), min_size=1, max_size=40),
    # Only with the pair of them does the writer know that either may end a line.
    written=st.sampled_from(
        [(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\r\n"), (csv.QUOTE_ALL, "\n"), (csv.QUOTE_ALL, "\r")]
    ),
)
def test_any_csv_row_is_judged_as_the_reference_judges_it(
    reference_counter: Counter,
    rows: list[tuple[dict[str, str], int]],
    written: tuple[Literal[0, 1], str],
) -> None:
    stream = io.StringIO(newline="")
    quoting, end = written
    writer = csv.writer(stream, quoting=quoting, lineterminator=end)
    writer.writerow(COLUMNS)
    expected = {}
    for index, (cells, wider) in enumerate(rows):
        row = {column: cells.get(column, "") for column in COLUMNS} | {"order_id": str(index)}
        if wider:
            writer.writerow([*([str(index)] * (len(COLUMNS) + wider))])
            continue
        writer.writerow(row.values())
        if (values := text_values(row)) is not None:
            expected[str(index)] = values
    found = reference_counter.read(
        stream.getvalue().encode(), name="o.csv", contract=OPEN_ORDERS, fields=FIELDS, row_rules=()
    )
    assert found.outcome.rows_read == len(rows)
    assert {row["order_id"]: as_loaded(row, tuple(TEXT_FIELDS)) for row in found.rows} == expected
