"""Reading landed files back in the plainest way, by nothing of the demo's own."""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

Record = dict[str, object]
DIRTY = ("broker.consents", "marketing.touches", "opening.steps")
"""Tables with rows that stand twice in a file, or hold a word that nobody knows."""


def folders(landing: Path) -> list[Path]:
    return sorted(path.parent for path in landing.glob("*/*/*/_control.json"))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name != "_control.json")


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def records(path: Path) -> list[Record]:
    """Records of a file; an empty CSV field is None. Damaged JSON lines are left out."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    text = content(path).decode()
    if ".csv" in path.name:
        return [
            {name: value or None for name, value in row.items()} for row in csv.DictReader(text.splitlines())
        ]
    return [record for line in text.splitlines() if (record := parsed(line)) is not None]


def parsed(line: str) -> Record | None:
    try:
        return json.loads(line)
    except ValueError:
        return None


def table(landing: Path, address: str) -> Iterator[tuple[str, Record]]:
    """Every record of a table with its delivery date, without those that stand in their file again, or damaged."""
    for delivery, record, is_again in rows(landing, address):
        if not is_again:
            yield delivery, record


def rows(landing: Path, address: str) -> Iterator[tuple[str, Record, bool]]:
    """Every record of a table with its delivery date, and whether it stands in its file again, or damaged."""
    source, name = address.split(".")
    for folder in sorted((landing / source / name).iterdir()):
        for path in files(folder):
            seen: set[str] = set()
            for record in records(path):
                text = json.dumps(record, default=str)
                is_again = address in DIRTY and ("?" in record.values() or text in seen)
                seen.add(text)
                yield folder.name, record, is_again
