"""The second look: the records of a JSON frame that the engine cannot vouch for, judged exactly.

Belongs here: which records those are, what is wrong with them, and keys that no contract knows.
Does not belong here: the look itself, which is Python's parser (json_records.py), and the rules of a contract.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import duckdb

from data_contracts.casting import literal
from data_contracts.compiled import FRAME
from data_contracts.contract import Contract
from data_contracts.framing import LINE_NUMBER, RECORD, BadRecord, Frame
from data_contracts.json_records import Finding, JsonPath, RecordPaths, finding, unknown_keys
from data_contracts.mapping import SourceMapping
from data_contracts.rules import decimal_paths, source_paths

_UNREADABLE = Finding("malformed_json", "", "malformed JSON")


class SecondLook:
    """Looks again at records of one file; `unknown` collects the dotted paths that the contract does not know."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, contract: Contract, mapping: SourceMapping | None
    ) -> None:
        paths = source_paths(contract, mapping)
        # Of its own, so that one thread may sort out records while another judges those before them.
        self._connection = connection.cursor()
        above = {path[:length] for path in paths for length in range(1, len(path))}
        self._paths = RecordPaths(objects=tuple(sorted(above)), decimals=decimal_paths(contract, mapping))
        # A mapping lists what it needs; what else a foreign file holds is nobody's drift.
        self._known = _known_paths(contract) if mapping is None else None
        self.unknown: set[str] = set()

    def sort_out(self, frame: Frame) -> tuple[Frame, list[BadRecord]]:
        """Return the part of `frame` that the engine can read, and what is no strict JSON by its shape.

        Where one record cannot be parsed, the engine parses the 2,048 around it one by one: such records are taken
        out beforehand, and looked for only where there are some. Those that are bad otherwise stay in the frame.
        """
        self._connection.register(FRAME, frame.records)
        unreadable: list[BadRecord] = []
        try:
            odd = self._odd_shapes()
        except (duckdb.InvalidInputException, UnicodeDecodeError):
            # The second one comes from the engine's message, which may cut a character of the record in two.
            broken = f"select {LINE_NUMBER} from {FRAME} where not json_valid({RECORD})"
            lines = {line for (line,) in self._connection.execute(broken).fetchall()}
            unreadable = [
                # The engine has the last word: what it cannot read is not loaded, whatever Python thinks of it.
                _bad(line, record, finding(record, self._paths) or _UNREADABLE)
                for line, record in _records(frame, lines)
            ]
            frame = frame.without(lines)
            self._connection.register(FRAME, frame.records)
            odd = self._odd_shapes()
        self._connection.unregister(FRAME)
        return frame, [*unreadable, *self.findings(_records(frame, odd))]

    def findings(self, records: Iterable[tuple[int, str]]) -> list[BadRecord]:
        """Return those of `records`, each with its line number, that are no strict JSON, with their reason."""
        return [
            _bad(line, record, found)
            for line, record in records
            if (found := finding(record, self._paths)) is not None
        ]

    def _odd_shapes(self) -> set[int]:
        """Return lines with repeated keys, or perhaps with something else where an object belongs.

        Records come in few shapes, so that keys are compared once per shape, not once per record. Raises
        duckdb.InvalidInputException when a record cannot be parsed.
        """
        places = ((), *self._paths.objects)
        pointers = ", ".join(literal("".join(map(_pointer_part, place)) or "$") for place in places)
        shapes = (
            f"select {LINE_NUMBER} as line, shape, hash(shape) as code from"
            f" (select {LINE_NUMBER}, json_keys({RECORD}, [{pointers}]) as shape from {FRAME})"
        )
        odd: list[int] = []
        examples = f"select code, arg_min(shape, line) from ({shapes}) group by code"
        for code, shape in self._connection.execute(examples).fetchall():
            for place, keys in zip(places, shape, strict=True):
                self._note_unknown(keys or (), place)
                # NULL: the object is absent. No keys: it is empty, or no object.
                if keys is not None and (not keys or len(set(keys)) < len(keys)):
                    odd.append(code)
        if not odd:
            return set()
        lines = f"select line from ({shapes}) where list_contains($1::ubigint[], code)"
        return {line for (line,) in self._connection.execute(lines, [odd]).fetchall()}

    def _note_unknown(self, keys: Sequence[str], place: JsonPath) -> None:
        if self._known is not None:
            self.unknown |= unknown_keys(keys, under=place, known=self._known)


def unknown_columns(contract: Contract, columns: Sequence[str]) -> set[str]:
    """Return the columns of a CSV or Parquet file that the contract neither reads nor ignores."""
    return set(columns) - {".".join(path) for path in _known_paths(contract)}


def _records(frame: Frame, lines: Collection[int]) -> Iterator[tuple[int, str]]:
    if lines:
        chosen = frame.lines(lines)
        for line, record in zip(chosen[LINE_NUMBER].to_pylist(), chosen[RECORD].to_pylist(), strict=True):
            yield line, record.rstrip("\n")


def _bad(line_number: int, record: str, found: Finding) -> BadRecord:
    return BadRecord(line_number, found.rule, found.message, record, found.field)


def _known_paths(contract: Contract) -> tuple[JsonPath, ...]:
    return (*source_paths(contract, None), *(tuple(path.split(".")) for path in contract.ignored))


def _pointer_part(key: str) -> str:
    """Return one step of a JSON pointer (RFC 6901)."""
    return "/" + key.replace("~", "~0").replace("/", "~1")
