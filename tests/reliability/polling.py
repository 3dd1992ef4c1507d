"""Polling: a reader who looks at what is published all the time, as a process of its own.

Belongs here: one look at the served version, and the loop with its report.
Does not belong here: what the version should say; here it only has to be whole.

`python -m tests.reliability.polling HOME` looks until its standard input is closed, then prints its report. Every
look resolves the link once, as a reader should, and reads nothing but that folder.
"""

from __future__ import annotations

import hashlib
import json
import select
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from storage.home import Home
from tests.reliability.homes import CHECKOUT

PAUSE_SECONDS = 0.02
QUERIES_EVERY = 100
_SHOWN = 5


@dataclass
class Polls:
    """What a reader saw: looks at a version, queries of its tables, versions, and all that went wrong."""

    looks: int = 0
    queries: int = 0
    versions: list[str] = field(default_factory=list)
    errors: int = 0
    examples: list[str] = field(default_factory=list)

    def complain(self, problem: str) -> None:
        """Note something that no reader may ever see."""
        self.errors += 1
        if len(self.examples) < _SHOWN:
            self.examples.append(problem)


class TornError(AssertionError):
    """A version is not whole."""


class Poller:
    """Looks at one home again and again; remembers what each version looked like at first sight."""

    def __init__(self, home: Home) -> None:
        self.polls = Polls()
        self._current = home.published / "current"
        self._sizes: dict[str, dict[str, int]] = {}

    def look(self) -> None:
        """Look once; a home that never had a version has nothing to be looked at."""
        try:
            folder = self._current.parent / self._current.readlink()
        except FileNotFoundError:
            if self._sizes:
                self.polls.complain("nothing is served any more")
            return
        try:
            self._read(folder)
        except (OSError, ValueError, KeyError, duckdb.Error, TornError) as error:
            self.polls.complain(f"version {folder.name}: {type(error).__name__}: {error}")
        self.polls.looks += 1

    def _read(self, folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        named = _named_files(manifest)
        if folder.name not in self._sizes:
            for path, expected in named.items():
                if hashlib.sha256((folder / path).read_bytes()).hexdigest() != expected:
                    raise TornError(f"{path} is not what the manifest names")
            self._sizes[folder.name] = {path: (folder / path).stat().st_size for path in named}
            self.polls.versions.append(folder.name)
        if {path: (folder / path).stat().st_size for path in named} != self._sizes[folder.name]:
            raise TornError("a file has changed")
        if self.polls.looks % QUERIES_EVERY == 0:
            self._query(folder, manifest["content"])

    def _query(self, folder: Path, content: Mapping[str, Any]) -> None:
        tables: Mapping[str, Any] = content["tables"]
        database = folder / "lifecycle.duckdb"
        with closing(duckdb.connect(str(database), read_only=True)) as connection:
            for address, table in tables.items():
                rows = connection.execute(f"select count(*) from {address}").fetchone()
                files = [str(folder / path) for path in table["files"]]
                stored = (0,)
                if files:
                    stored = connection.execute("select count(*) from read_parquet(?)", [files]).fetchone()
                shown = stored
                if files and table["is_thinned"]:
                    newest = f"={content['as_of_date']}/"
                    shown = connection.execute(
                        "select count(*) from read_parquet(?, filename = true) where contains(filename, ?)",
                        [files, newest],
                    ).fetchone()
                if rows != shown or stored != (table["rows"],):
                    raise TornError(f"{address}: {rows} and {stored} rows instead of {table['rows']}")
        self.polls.queries += 1


class Reader:
    """A poller in the background, for a `with` block; `polls` is its report afterwards."""

    polls: Polls

    def __init__(self, home: Home) -> None:
        self._home = home

    def __enter__(self) -> Reader:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.polling", str(self._home.root)],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        output, _ = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, "the reader broke down"
        self.polls = Polls(**json.loads(output))


def _named_files(manifest: Mapping[str, Any]) -> dict[str, str]:
    named = dict(manifest["run"]["other_files"])
    for table in manifest["content"]["tables"].values():
        named.update(table["files"])
    return named


def main() -> None:
    """Poll the home that is named on the command line until standard input is closed."""
    poller = Poller(Home(Path(sys.argv[1])))
    while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
        poller.look()
    sys.stdout.write(json.dumps(asdict(poller.polls)))


if __name__ == "__main__":
    main()
