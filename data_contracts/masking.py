"""Masking: the raw text of a rejected record without the values that must not be stored.

Belongs here: hiding classified values in JSON, in CSV, and in text that cannot be taken apart.
Does not belong here: which fields are classified (the contract), tokens for accepted rows (tokens.py).

Text that cannot be taken apart loses too much rather than too little: every number long enough for a phone or a
card goes, and where a contract has names that are never stored, so does everything that is not plain ASCII.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data_contracts.contract import Contract
from data_contracts.mapping import SourceMapping

MASK = "***"
_LONG_NUMBER = re.compile(r"\d(?:[ \-]?\d){6,}")
_FOREIGN_TEXT = re.compile(r"(?:[^\x00-\x7f]|\\u[0-9a-fA-F]{4}|\\x[0-9a-f]{2})+")
_GAP = re.compile(r"[ \t\r\n:,]*")
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True)
class Masking:
    """What to hide: the source columns, or dotted JSON paths, that feed a field of class C2 or C3.

    `has_names`: some of them feed a C3 field, which may be any text, so that hiding long numbers is not enough.
    """

    columns: frozenset[str]
    has_names: bool

    def json(self, record: str) -> str:
        """Return a JSON record with the classified values hidden and everything else as it stands."""
        if not self.columns:
            return record
        try:
            is_object = isinstance(json.loads(record), dict)
        except (ValueError, RecursionError):
            is_object = False
        if not is_object:
            return self.fragment(record)
        spans = list(self._spans(record, _after_gap(record, 0), ""))
        for start, end in reversed(spans):
            record = f'{record[:start]}"{MASK}"{record[end:]}'
        return record

    def csv(self, record: str, *, header: Sequence[str], delimiter: str) -> str:
        """Return a CSV record as wide as its header with the classified fields hidden."""
        hidden = {index for index, column in enumerate(header) if column in self.columns}
        if not hidden:
            return record
        fields = next(csv.reader([record], delimiter=delimiter))
        masked = [MASK if index in hidden and field else field for index, field in enumerate(fields)]
        line = io.StringIO()
        csv.writer(line, delimiter=delimiter, lineterminator="").writerow(masked)
        return line.getvalue()

    def fragment(self, text: str) -> str:
        """Return text in which no field can be told from another with everything hidden that may be classified."""
        if not self.columns:
            return text
        for column in sorted(self.columns):
            key = re.escape(json.dumps(column.rsplit(".", 1)[-1], ensure_ascii=False))
            text = re.sub(rf'({key}\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s,}}\]]+)', rf'\1"{MASK}"', text)
        if self.has_names:
            text = _FOREIGN_TEXT.sub(MASK, text)
        return _LONG_NUMBER.sub(MASK, text)

    def _spans(self, record: str, at: int, under: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of every classified value in the object that begins at `at`, in order."""
        at = _after_gap(record, at + 1)
        while record[at] != "}":
            key, at = _DECODER.raw_decode(record, at)
            start = _after_gap(record, at)
            _, end = _DECODER.raw_decode(record, start)
            column = under + key
            is_above = any(name.startswith(f"{column}.") for name in self.columns)
            # Where an object was promised and something else stands, the classified value may be in it.
            if column in self.columns or (is_above and record[start] != "{"):
                yield start, end
            elif is_above:
                yield from self._spans(record, start, f"{column}.")
            at = _after_gap(record, end)


def masking_for(contract: Contract, mapping: SourceMapping | None) -> Masking:
    """Return what to hide in files of `contract`, or in files that `mapping` turns into its rows."""
    classified = {field.name: field for field in contract.fields if field.classification != "C1"}
    if mapping is None:
        columns = {".".join(field.path) for field in classified.values()}
    else:
        sources = [mapping.fields[name] for name in classified if name in mapping.fields]
        columns = {
            column
            for column in mapping.columns
            for source in sources
            if (source.kind == "from" and source.value == column)
            or (source.kind == "expression" and column in source.value)
        }
    return Masking(
        frozenset(columns), has_names=any(one.classification == "C3" for one in classified.values())
    )


def _after_gap(record: str, at: int) -> int:
    gap = _GAP.match(record, at)
    return gap.end() if gap else at
