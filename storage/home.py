"""Home: where every file of one deployment lives.

Belongs here: the names of folders and files below the home folder, and creating them.
Does not belong here: what is written into them, and reading the environment to find the home.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The folders of one deployment; two homes never share a file."""

    root: Path

    @property
    def landing(self) -> Path:
        """What sources drop: `<source>/<table>/<delivery date>/…`; never written by us."""
        return self.root / "landing"

    @property
    def raw(self) -> Path:
        """Immutable copies of landed files, named by their SHA-256."""
        return self.root / "raw"

    @property
    def ledger(self) -> Path:
        """The SQLite ledger: what was read, decided and published."""
        return self.root / "ledger.sqlite"

    @property
    def accepted(self) -> Path:
        """The strict reader's accepted rows, one folder per raw file: a cache, derivable from raw."""
        return self.root / "accepted"

    @property
    def lake(self) -> Path:
        """Canonical rows, one folder per table and business date."""
        return self.root / "lake"

    @property
    def recorded(self) -> Path:
        """Decisions, one folder per table and as_of_date: written once, never computed again."""
        return self.root / "recorded"

    @property
    def quarantine(self) -> Path:
        """Rejected rows with file, line, rule and masked raw text."""
        return self.root / "quarantine"

    @property
    def warehouse(self) -> Path:
        """The private build file of the embedded engine."""
        return self.root / "warehouse" / "lifecycle.duckdb"

    @property
    def spark_warehouse(self) -> Path:
        """The private tables of Spark, for those who use it: made by its build, from the lake alone."""
        return self.root / "warehouse" / "spark"

    @property
    def published(self) -> Path:
        """Versioned read-only snapshots; `current` links to the one that is served."""
        return self.root / "published"

    @property
    def models(self) -> Path:
        """Trained models and their cards."""
        return self.root / "models"

    @property
    def data_docs(self) -> Path:
        """Pages about the checks of the last runs, for people."""
        return self.root / "data_docs"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.root / "dagster"

    @property
    def work(self) -> Path:
        """Scratch of the running writer; emptied when a writer starts."""
        return self.root / "work"

    @property
    def writer_lock(self) -> Path:
        """The file whose lock the one writer holds."""
        return self.root / "writer.lock"

    @property
    def token_key(self) -> Path:
        """The default place of the key that turns phone and card numbers into tokens."""
        return self.root / "secrets" / "token.key"

    def create(self) -> None:
        """Create the folders; what exists is left alone."""
        for folder in (
            self.landing,
            self.raw,
            self.accepted,
            self.lake,
            self.recorded,
            self.quarantine,
            self.warehouse.parent,
            self.published,
            self.models,
            self.data_docs,
            self.dagster,
            self.work,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        for private in (self.raw, self.warehouse.parent):
            private.chmod(0o700)
