"""Manifest: what a published version consists of, and whether its files still are what was published.

Belongs here: manifest.json, its content hash, comparing a folder with it.
Does not belong here: making a version or switching to it (published.py). `content` is a function of the data
and is hashed; `run` says when and by what it was made and is not, nor are the bytes of lifecycle.duckdb,
which never repeat.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from storage.fingerprints import Fingerprints

MANIFEST = "manifest.json"


class ManifestError(ValueError):
    """A folder has no readable manifest: it is not a published version."""


@dataclass(frozen=True)
class TableContent:
    """A published table: its columns with types, rows, and SHA-256 by path below the version."""

    date_column: str | None
    is_thinned: bool
    columns: tuple[tuple[str, str], ...]
    rows: int
    files: Mapping[str, str]


@dataclass(frozen=True)
class Content:
    """Everything about a version that follows from the data; tables by `schema.name`, and the SQL of views.

    `others`: SHA-256 by path of what stands beside the tables for those who do not read tables.
    """

    as_of_date: date
    tables: Mapping[str, TableContent]
    views: Mapping[str, str]
    others: Mapping[str, str] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        """Return the content as it stands in the manifest."""
        tables = {address: asdict(table) for address, table in self.tables.items()}
        return {
            "as_of_date": self.as_of_date.isoformat(),
            "tables": tables,
            "views": dict(self.views),
            "others": dict(self.others),
        }

    @property
    def sha256(self) -> str:
        """The hash of the content, by which two versions are the same."""
        return hashlib.sha256(_canonical(self.as_document()).encode()).hexdigest()


@dataclass(frozen=True)
class Run:
    """How a version came about: by which writer, when (ISO 8601), with which engine.

    `other_files`: SHA-256 of the files outside the content. `fingerprints`: per table and date, row count and
    hash of the rows that the files were written from, comparable within one version of the engine.
    """

    sequence: int
    fence: int
    published_at: str
    engine: str
    other_files: Mapping[str, str]
    fingerprints: Mapping[str, Fingerprints]


@dataclass(frozen=True)
class Manifest:
    """The manifest of one version."""

    content: Content
    run: Run

    @property
    def files(self) -> dict[str, str]:
        """SHA-256 of every file of the version except the manifest."""
        tables = self.content.tables.values()
        of_tables = {path: sha for table in tables for path, sha in table.files.items()}
        return {**of_tables, **self.content.others, **self.run.other_files}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json` into a version that is being made."""
    document = {
        "content": manifest.content.as_document(),
        "content_sha256": manifest.content.sha256,
        "run": asdict(manifest.run),
    }
    (folder / MANIFEST).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a version; raises ManifestError when it is missing, damaged or changed by hand."""
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        content = Content(
            as_of_date=date.fromisoformat(document["content"]["as_of_date"]),
            tables={
                address: _table(table) for address, table in sorted(document["content"]["tables"].items())
            },
            views=document["content"]["views"],
            others=document["content"].get("others", {}),
        )
        run = _run(document["run"])
        claimed = document["content_sha256"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestError(f"{path} cannot be read: {error}") from error
    if content.sha256 != claimed:
        raise ManifestError(f"{path} was changed: its content does not have the hash that it states")
    return Manifest(content, run)


def find_damage(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Return the files of a version that differ from its manifest, with what is wrong; every byte is read."""
    damage: dict[str, str] = {}
    for path, expected in manifest.files.items():
        if not (folder / path).is_file():
            damage[path] = "is missing"
        elif file_sha256(folder / path) != expected:
            damage[path] = "has other bytes than were published"
    return damage


def find_strangers(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Return the files in a version's folder that do not belong to it, in the form of `find_damage`."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return dict.fromkeys(found - {*manifest.files, MANIFEST}, "was not published")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _table(document: Mapping[str, Any]) -> TableContent:
    return TableContent(
        date_column=document["date_column"],
        is_thinned=document["is_thinned"],
        columns=tuple((name, kind) for name, kind in document["columns"]),
        rows=document["rows"],
        files=dict(sorted(document["files"].items())),
    )


def _run(document: Mapping[str, Any]) -> Run:
    fingerprints = {
        address: {day: (row_count, row_hash) for day, (row_count, row_hash) in days.items()}
        for address, days in document["fingerprints"].items()
    }
    return Run(**{**document, "fingerprints": fingerprints})


def _canonical(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
