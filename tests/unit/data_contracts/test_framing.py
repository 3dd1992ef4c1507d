"""Files as bytes: what is set aside as a whole, and which single lines are, each with its message."""

from __future__ import annotations

import gzip
import json
import random
import resource
import time
from collections import Counter as Counts
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from data_contracts import framing, unpacking
from data_contracts.framing import LONGEST_LINE, line_frames
from data_contracts.unpacking import FileRejectedError, RecordCount, text_chunks
from tests.unit.data_contracts.reading import (
    COLUMNS,
    CSV_ROW,
    OPEN_ORDERS,
    Counter,
    csv_row,
    json_line,
    lines,
    packed,
    raw_line,
)

GOOD = lines(json_line("A1"), json_line("A2"))


def rejection(counter: Counter, content: bytes, name: str, **changes: object) -> tuple[str, str]:
    with pytest.raises(FileRejectedError) as raised:
        counter.read(content, name=name, **changes)
    return raised.value.rule, str(raised.value)


# ---------------------------------------------------------------- whole files


@pytest.mark.parametrize(
    ("name", "content", "rule", "message"),
    [
        ("o.jsonl", b"", "empty", "o.jsonl: the file has 0 bytes"),
        ("o.csv", b"", "empty", "o.csv: the file has 0 bytes"),
        ("o.jsonl.gz", packed(b""), "empty", "o.jsonl.gz: the file holds no text"),
        ("o.csv.gz", packed(b""), "empty", "o.csv.gz: the file holds no text"),
        ("o.jsonl", b"\xef\xbb\xbf", "empty", "o.jsonl: holds no record"),
        ("o.csv", b"\xef\xbb\xbf", "empty", "o.csv: not even a header"),
    ],
)
def test_an_empty_file_is_rejected(
    counter: Counter, name: str, content: bytes, rule: str, message: str
) -> None:
    assert rejection(counter, content, name) == (rule, message)


@pytest.mark.parametrize(
    ("name", "content"),
    [("o.jsonl", b""), ("o.jsonl.gz", packed(b"")), ("o.csv", b"\xef\xbb\xbf"), ("o.csv.gz", packed(b""))],
)
def test_an_empty_file_counts_as_no_row_where_its_control_file_promises_none(
    counter: Counter, name: str, content: bytes
) -> None:
    outcome = counter.read(content, name=name, expected_rows=0).outcome
    assert (outcome.rows_read, outcome.rows_counted, outcome.dates) == (0, 0, {})
    with pytest.raises(FileRejectedError):
        counter.read(content, name=name, expected_rows=1)
    with pytest.raises(FileRejectedError):
        counter.read(content, name=name, expected_rows=0, expected_totals={"amount_cny": Decimal(1)})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("o.jsonl.gz", GOOD, "o.jsonl.gz: its name says gzip, its first bytes say text"),
        ("o.csv", packed(GOOD), "o.csv: its name says text, its first bytes say gzip"),
        ("o.csv", b"PAR1 and more", "o.csv: its name says text, its first bytes say parquet"),
        ("o.parquet", GOOD, "o.parquet: its name says parquet, its first bytes say text"),
        ("o.xlsx", GOOD, "o.xlsx: expected jsonl or csv or parquet, got an unknown ending"),
        ("o.parquet.gz", GOOD, "o.parquet.gz: expected jsonl or csv or parquet, got an unknown ending"),
    ],
)
def test_a_name_that_does_not_fit_the_content_rejects_the_file(
    counter: Counter, name: str, content: bytes, message: str
) -> None:
    assert rejection(counter, content, name) == ("wrong_format", message)


def test_a_format_that_the_contract_does_not_promise_rejects_the_file(counter: Counter) -> None:
    rule, message = rejection(counter, lines(COLUMNS, CSV_ROW), "o.csv", formats=("jsonl", "parquet"))
    assert (rule, message) == ("wrong_format", "o.csv: expected jsonl or parquet, got csv")


def test_gzip_is_read_like_the_text_in_it(counter: Counter) -> None:
    plain = counter.read(GOOD)
    assert counter.read(packed(GOOD), name="ORDERS.JSONL.GZ").rows == plain.rows


def test_concatenated_gzip_members_are_one_file(counter: Counter) -> None:
    found = counter.read(packed(GOOD, lines(json_line("A3")), b""), name="o.jsonl.gz")
    assert found.column("order_id") == ["A1", "A2", "A3"]


@pytest.mark.parametrize("missing", [1, 4, 8, 9, 30])
def test_a_truncated_gzip_file_is_rejected(counter: Counter, missing: int) -> None:
    rule, message = rejection(counter, packed(GOOD)[:-missing], "o.jsonl.gz")
    assert (rule, message) == ("truncated_gzip", "o.jsonl.gz: the gzip stream ends too early")


def test_a_gzip_file_with_a_zeroed_checksum_is_rejected(counter: Counter) -> None:
    content = packed(GOOD)
    rule, message = rejection(counter, content[:-8] + bytes(4) + content[-4:], "o.jsonl.gz")
    assert rule == "corrupt_gzip"
    assert message.startswith("o.jsonl.gz: the gzip stream is damaged: CRC check failed")


def test_of_100_flipped_bits_in_gzip_none_changes_a_row(counter: Counter) -> None:
    text = lines(*(json_line(f"B{number}", amount=number / 4) for number in range(200)))
    content = packed(text)
    chance = random.Random(20260105)
    outcomes: Counts[str] = Counts()
    for position in chance.sample(range(len(content) * 8), 100):
        flipped = bytearray(content)
        flipped[position // 8] ^= 1 << position % 8
        try:
            unpacked = _unpacked(bytes(flipped), counter.folder / "flipped")
        except FileRejectedError as error:
            outcomes[error.rule] += 1
        else:
            # The time and the operating system in the header mean nothing to the content.
            assert position < 80
            assert unpacked == text
            outcomes["the same text"] += 1
    assert outcomes["corrupt_gzip"] > 90
    assert set(outcomes) <= {"corrupt_gzip", "truncated_gzip", "wrong_format", "the same text"}


def _unpacked(content: bytes, file: Path) -> bytes:
    file.write_bytes(content)
    unpacking.check_format(file, name="o.jsonl.gz", formats=("jsonl",))
    count = RecordCount()
    chunks = text_chunks(file, name="o", encoding="utf-8", is_gzip=True, count=count, keep_returns=False)
    return b"".join(chunks)


def test_a_gzip_bomb_is_rejected_before_it_is_unpacked(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "CHUNK_BYTES", 10_000)
    monkeypatch.setattr(unpacking, "RATIO_COUNTS_FROM", 50_000)
    bomb = packed(b"0" * 10_000_000)
    rule, message = rejection(counter, bomb, "o.jsonl.gz")
    assert rule == "too_large"
    limit = len(bomb) * unpacking.LARGEST_RATIO
    unpacked_bytes = -(-(limit + 1) // 10_000) * 10_000
    assert message == f"o.jsonl.gz: unpacks to more than {unpacked_bytes} bytes from {len(bomb)}"


def test_a_file_over_the_largest_size_is_rejected(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGEST_FILE", 20)
    rule, message = rejection(counter, GOOD, "o.jsonl")
    assert (rule, message) == (
        "too_large",
        f"o.jsonl: unpacks to more than {len(GOOD)} bytes from {len(GOOD)}",
    )


# ---------------------------------------------------------------- encodings

CHINESE = [json_line(f"A{number}", customer=f"客户{number}号") for number in range(5)]


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv"])
def test_a_gb18030_file_declared_utf_8_is_rejected(counter: Counter, name: str) -> None:
    texts = (
        CHINESE if name == "o.jsonl" else [COLUMNS, *(csv_row(f"A{n}", customer="客户") for n in range(5))]
    )
    rule, message = rejection(counter, "".join(f"{text}\n" for text in texts).encode("gb18030"), name)
    assert (rule, message) == ("wrong_encoding", f"{name}: declared utf-8, looks like gb18030")


def test_a_gb18030_file_declared_as_such_is_read(counter: Counter) -> None:
    content = "".join(f"{text}\n" for text in CHINESE).encode("gb18030")
    found = counter.read(content, encoding="gb18030")
    assert found.column("customer_id") == [f"客户{number}号" for number in range(5)]


def test_a_gb18030_character_across_two_chunks_stays_whole(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = counter.read("".join(f"{text}\n" for text in CHINESE).encode()).rows
    content = "".join(f"{text}\n" for text in CHINESE).encode("gb18030")
    for size in (len(CHINESE[0]) + 1, len(CHINESE[0]) + 2, 37):
        monkeypatch.setattr(unpacking, "CHUNK_BYTES", size)
        assert counter.read(content, encoding="gb18030").rows == expected


def test_a_utf_8_file_declared_gb18030_is_rejected_and_not_read_as_nonsense(counter: Counter) -> None:
    content = "".join(f"{text}\n" for text in CHINESE).encode()
    rule, message = rejection(counter, content, "o.jsonl", encoding="gb18030")
    assert (rule, message) == ("wrong_encoding", "o.jsonl: declared gb18030, looks like utf-8")


def test_a_line_that_is_not_in_the_declared_encoding_is_quarantined_alone(counter: Counter) -> None:
    content = lines(json_line("A1"), raw_line('"customer":"X"', "A2"), json_line("A3"))
    found = counter.read(content.replace(b'"X"', b'"\xff\xfe"'))
    assert found.column("order_id") == ["A1", "A3"]
    assert found.only_reason() == ("encoding", "not valid utf-8")
    shown = counter.read(content.replace(b'"X"', b'"\xff\xfe"'), contract=OPEN_ORDERS).rejected[0]["raw_text"]
    assert '"customer":"\\xff\\xfe"' in shown
    declared = counter.read(content.replace(b'"X"', '"客"'.encode("gb18030") + b'\xff"'), encoding="gb18030")
    assert declared.column("order_id") == ["A1", "A3"]
    assert declared.only_reason() == ("encoding", "not valid gb18030")


def test_a_surrogate_in_the_bytes_is_no_valid_text(counter: Counter) -> None:
    found = counter.read(lines(raw_line('"customer":"X"')).replace(b"X", b"\xed\xa0\x80"))
    assert found.only_reason() == ("encoding", "not valid utf-8")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (r'"\ud800"', "contains half of a surrogate pair, which is no character"),
        (r'"a\udc00b"', "contains half of a surrogate pair, which is no character"),
        (r'"a\u0000b"', "contains a NUL character"),
        ('"a\0b"', "contains a NUL character"),
    ],
)
@pytest.mark.parametrize("key", ["customer", "note", "properties.$os"])
def test_a_character_that_no_text_may_hold_quarantines_the_record(
    counter: Counter, value: str, message: str, key: str
) -> None:
    outer, _, inner = key.partition(".")
    member = f'"{outer}":{{"{inner}":{value}}}' if inner else f'"{outer}":{value}'
    found = counter.read(lines(json_line("A0"), raw_line(member)))
    assert found.only_reason() == ("encoding", message)
    assert found.column("order_id") == ["A0"]


def test_an_escaped_backslash_before_u0000_is_no_nul(counter: Counter) -> None:
    found = counter.read(lines(raw_line(r'"customer":"a\\u0000b","note":"\\u0000"')))
    assert found.column("customer_id") == [r"a\u0000b"]


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "mixed"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_and_any_line_end_make_no_difference(
    counter: Counter, name: str, end: str, mark: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [json_line("A1"), json_line("A2"), json_line("A3")]
    if name == "o.csv":
        texts = [COLUMNS, csv_row("A1"), csv_row("A2"), csv_row("A3")]
    ends = ["\r\n", "\r", "\n", "\r\n"] if end == "mixed" else [end] * 4
    content = mark + "".join(text + ending for text, ending in zip(texts, ends, strict=False)).encode()
    expected = counter.read(lines(*texts), name=name).rows
    for size in (1 << 20, len(texts[0]) + 1, 7):
        monkeypatch.setattr(unpacking, "CHUNK_BYTES", size)
        found = counter.read(content, name=name)
        assert found.rows == expected
        assert found.rejected == []


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv"])
def test_a_last_line_without_an_end_may_be_cut_off(counter: Counter, name: str) -> None:
    texts = (
        (json_line("A1"), json_line("A2")) if name == "o.jsonl" else (COLUMNS, csv_row("A1"), csv_row("A2"))
    )
    found = counter.read(lines(*texts)[:-1], name=name)
    assert found.column("order_id") == ["A1"]
    assert found.only_reason() == (
        "truncated_last_line",
        "the last line has no line end: it may be cut off",
    )


def test_blank_lines_are_counted_and_quarantined(counter: Counter) -> None:
    found = counter.read(lines(json_line("A1"), "", "  \t", json_line("A2")))
    assert found.reasons == [
        (2, "blank_line", "", "the line is blank"),
        (3, "blank_line", "", "the line is blank"),
    ]


def test_a_file_of_only_blank_lines_loads_nothing_and_says_so(counter: Counter) -> None:
    for name, content, blank in (("o.jsonl", b"\n\n \n", 3), ("o.csv", lines(COLUMNS, "", " "), 2)):
        found = counter.read(content, name=name)
        assert found.outcome.rules == {"blank_line": blank}
        assert (found.outcome.rows_loaded, found.outcome.dates) == (0, {})


def _padded(order_id: str, byte_count: int) -> str:
    line = raw_line('"note":""', order_id)
    return line.replace('"note":""', f'"note":"{"x" * (byte_count - len(line))}"')


def test_a_line_of_64_kilobytes_is_read_and_one_byte_more_is_too_long(counter: Counter) -> None:
    longest, longer = _padded("A1", LONGEST_LINE), _padded("A2", LONGEST_LINE + 1)
    found = counter.read(lines(longest, longer, json_line("A3")))
    assert found.column("order_id") == ["A1", "A3"]
    assert found.reasons == [(2, "line_too_long", "", "longer than 65536 bytes")]
    assert len(found.rejected[0]["raw_text"]) <= 500


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv"])
@pytest.mark.parametrize("size", [65_000, 65_536, 65_537, 65_538, 1 << 20])
def test_a_line_of_3_megabytes_costs_itself_only(
    counter: Counter, name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "CHUNK_BYTES", size)
    long = "x" * 3_000_000
    texts = (json_line("A1"), _padded("A2", 3_000_000), json_line("A3"))
    if name == "o.csv":
        texts = (COLUMNS, csv_row("A1"), csv_row("A2", customer=long), csv_row("A3"))
    found = counter.read(lines(*texts), name=name)
    assert found.column("order_id") == ["A1", "A3"]
    assert found.only_reason() == ("line_too_long", "longer than 65536 bytes")


@pytest.mark.parametrize("name", ["o.jsonl.gz", "o.csv.gz"])
def test_memory_does_not_grow_with_the_length_of_a_line(counter: Counter, name: str) -> None:
    file = counter.folder / name
    with gzip.open(file, "wb", compresslevel=1) as stream:
        if name.startswith("o.csv"):
            stream.write(lines(COLUMNS))
        for _ in range(200):
            stream.write(b"x" * (1 << 20))
        stream.write(b"\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = counter.read(file, name=name)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert found.only_reason() == ("line_too_long", "longer than 65536 bytes")
    assert grown < 100 << 10  # kilobytes


@pytest.mark.parametrize(
    "deep",
    [
        '{"a":' * 5000 + "1" + "}" * 5000,
        "[" * 5000 + "]" * 5000,
        '[{"a":' * 2500 + "1" + "}]" * 2500,
        '{"a":' * 5000 + "1" + ',"b":1}' * 5000,
        "[" * 65 + "]" * 65,
    ],
)
def test_a_record_nested_too_deeply_is_refused_at_once(counter: Counter, deep: str) -> None:
    content = lines(json_line("A1"), raw_line(f'"note":{deep}', "A2"), deep)
    started = time.perf_counter()
    found = counter.read(content)
    assert time.perf_counter() - started < 1
    assert [(line, rule) for line, rule, _, _ in found.reasons] == [(2, "too_deep"), (3, "too_deep")]
    assert found.rejected[0]["message"] == "nested deeper than 64 levels"


def test_brackets_in_texts_and_side_by_side_are_not_deep(counter: Counter) -> None:
    inside = json.dumps("[{" * 500 + '"' + "\\")
    beside = "[" + ",".join(["[]"] * 500) + "]"
    deepest = "[" * 63 + "]" * 63
    for note in (inside, beside, deepest):
        assert counter.read(lines(raw_line(f'"note":{note}'))).column("order_id") == ["A1"]


def test_a_record_with_100_000_keys_is_refused_at_once(counter: Counter) -> None:
    keys = ",".join(f'"k{number}":1' for number in range(100_000))
    started = time.perf_counter()
    found = counter.read(lines(raw_line(keys)))
    assert time.perf_counter() - started < 1
    assert found.only_reason() == ("line_too_long", "longer than 65536 bytes")


def test_frames_and_chunks_of_any_size_give_the_same_rows(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [json_line(f"A{number}", customer="客" * (number % 7)) for number in range(60)]
    texts[20:20] = ["", "{", raw_line('"a":1,"a":2')]
    content = lines(*texts)
    expected = counter.read(content)
    monkeypatch.setattr(framing, "FRAME_BYTES", 300)
    for size in (1, 64, 999):
        monkeypatch.setattr(unpacking, "CHUNK_BYTES", size)
        found = counter.read(content)
        assert (found.rows, found.rejected) == (expected.rows, expected.rejected)


def test_an_error_while_cutting_stops_the_reading_and_the_thread(tmp_path: Path) -> None:
    def broken() -> object:
        yield b"{}\n"
        raise OSError("the disk is gone")

    frames = line_frames(broken(), RecordCount(), encoding="utf-8")  # type: ignore[arg-type]
    with pytest.raises(OSError, match="the disk is gone"):
        list(frames)


def test_a_day_of_lines_keeps_its_line_numbers(counter: Counter) -> None:
    texts = [json_line(f"A{number}") for number in range(5000)]
    texts[4321] = "broken"
    found = counter.read(lines(*texts))
    assert found.reasons[0][0] == 4322
    assert found.outcome.dates == {date(2026, 1, 5): 4999}
