"""Published: making a version for readers, serving it, going back to an earlier one.

Belongs here: the order of steps of a publish, what a killed one left, rollback, checking a version.
Does not belong here: how files are written (snapshot.py), what a manifest says (manifest.py), the numbered
folders (versions.py), the audits before. A version is complete, durable and read-only before its number
exists; then one link is switched. A reader that resolves `published/current` once keeps a whole version,
whatever is published meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from storage.build import BuildPlan
from storage.durable import sync, sync_folders
from storage.engine import EngineSettings, connect
from storage.fingerprints import UNDATED, Fingerprints, Relation, engine_version
from storage.home import Home
from storage.ledger import Ledger, Version
from storage.manifest import (
    MANIFEST,
    Content,
    Manifest,
    ManifestError,
    Run,
    find_damage,
    find_strangers,
    read_manifest,
    write_manifest,
)
from storage.snapshot import (
    DATABASE,
    READ_ONLY,
    Previous,
    view_query,
    write_database,
    write_other,
    write_table,
)
from storage.versions import (
    current_sequence,
    kept_sequences,
    name_part,
    new_part,
    point_current,
    remove_parts,
    set_aside,
    set_aside_old,
    version_folder,
)
from storage.writer import assert_newest_writer

__all__ = ["PublishedTable", "UnknownVersionError", "current_sequence", "publish", "rollback", "verify"]

KEPT_VERSIONS = 7


class PublishedTable(Relation):
    """A table that readers see; one Parquet file per date when it has a `date_column`, else one."""


class UnknownVersionError(LookupError):
    """A version that is not kept, or not as it was published, cannot be served."""


def publish(
    home: Home,
    ledger: Ledger,
    *,
    fence: int,
    plan: BuildPlan,
    tables: Sequence[PublishedTable],
    settings: EngineSettings,
    views: Sequence[Relation] = (),
    others: Mapping[str, bytes] = MappingProxyType({}),
    keep: int = KEPT_VERSIONS,
) -> Version | None:
    """Publish `tables` of the sealed build file as a new version, serve it and clear the marks of `plan`.

    `views` over them stand in lifecycle.duckdb alone, and are made in the order given. `others` are files beside the
    tables, by their path below the version.

    Returns None, and leaves the served version alone, when the newest version has the same content and is
    intact (all of its bytes are read to know); the marks are cleared then too. Keeps the `keep` newest
    versions and the served one. Raises FencedOut when a newer writer has started, SnapshotError when a table
    cannot be published.
    """
    assert_newest_writer(ledger, fence)
    remove_parts(home)
    _record_served(home, ledger)
    newest = _newest(ledger)
    previous = _previous(home, newest)
    sequence = max([*kept_sequences(home), newest.sequence if newest else 0]) + 1
    part = new_part(home, sequence, fence=fence)
    draft = _write_tables(
        home,
        ledger,
        part,
        plan=plan,
        tables=tables,
        views=views,
        others=others,
        previous=previous,
        settings=settings,
    )
    if newest and newest.content_sha256 == draft.content.sha256 and _may_stay(home, newest, previous):
        _settle(home, ledger, fence=fence, plan=plan, newest=newest)
        remove_parts(home)
        return None
    adopted = _take_over(home, ledger, draft.content)
    if adopted is None:
        _finish(home, ledger, part, draft, sequence=sequence, fence=fence, settings=settings)
    version = _serve(
        home,
        ledger,
        draft.content,
        part=part if adopted is None else None,
        sequence=adopted or sequence,
        fence=fence,
        plan=plan,
        keep=keep,
    )
    remove_parts(home)
    return version


def rollback(home: Home, ledger: Ledger, *, sequence: int) -> Version:
    """Serve version `sequence` again and record the decision; nothing but the link changes.

    A night without new data leaves it at that; a night with new data publishes a new version, which is
    served. Raises UnknownVersionError when that version is not kept or its files are damaged.
    """
    version = next((version for version in ledger.versions() if version.sequence == sequence), None)
    if version is None:
        raise UnknownVersionError(f"version {sequence} was never published")
    problems = verify(home, sequence)
    if problems:
        raise UnknownVersionError(f"version {sequence} cannot be served: {problems[0]}")
    with ledger.transaction():
        # A publish that ended meanwhile may have set it aside.
        if sequence not in kept_sequences(home):
            raise UnknownVersionError(f"version {sequence} is no longer kept")
        ledger.record_decision("rollback", json.dumps({"from": current_sequence(home), "to": sequence}))
        point_current(home, sequence)
    return version


def verify(home: Home, sequence: int | None = None) -> list[str]:
    """Return what is wrong with a version, by default the served one; empty when it is as published."""
    chosen = current_sequence(home) if sequence is None else sequence
    if chosen is None:
        return ["nothing is published"]
    folder = version_folder(home, chosen)
    try:
        manifest = read_manifest(folder)
    except ManifestError as error:
        return [str(error)]
    problems = find_damage(folder, manifest) | find_strangers(folder, manifest)
    if manifest.run.sequence != chosen:
        problems[MANIFEST] = f"belongs to version {manifest.run.sequence}"
    return [f"version {chosen}: {path} {problem}" for path, problem in sorted(problems.items())]


@dataclass(frozen=True)
class _Draft:
    content: Content
    engine: str
    fingerprints: dict[str, Fingerprints]


def _write_tables(
    home: Home,
    ledger: Ledger,
    part: Path,
    *,
    plan: BuildPlan,
    tables: Sequence[PublishedTable],
    views: Sequence[Relation],
    others: Mapping[str, bytes],
    previous: Previous | None,
    settings: EngineSettings,
) -> _Draft:
    fingerprints = {table.address: ledger.fingerprints(table.address) for table in tables}
    with closing(connect(home.warehouse, settings=settings, read_only=True, scratch=home.work)) as connection:
        contents = {
            table.address: write_table(
                connection,
                table,
                folder=part,
                previous=previous,
                sealed=_unwritten(fingerprints[table.address], plan),
            )
            for table in sorted(tables, key=lambda table: table.address)
        }
        queries = {view.address: view_query(connection, view) for view in views}
        engine = engine_version(connection)
    written = {path: write_other(part / path, content) for path, content in sorted(others.items())}
    content = Content(plan.as_of_date, tables=contents, views=queries, others=written)
    return _Draft(content, engine, fingerprints)


def _unwritten(fingerprints: Fingerprints, plan: BuildPlan) -> Fingerprints:
    """Return the fingerprints that stand for rows: what this night wrote is compared byte by byte instead."""
    written = {UNDATED, *(day.isoformat() for day in plan.dates)}
    return {} if plan.is_full else {day: found for day, found in fingerprints.items() if day not in written}


def _finish(
    home: Home,
    ledger: Ledger,
    part: Path,
    draft: _Draft,
    *,
    sequence: int,
    fence: int,
    settings: EngineSettings,
) -> None:
    """Complete a version in its part folder: database, manifest, everything on disk."""
    database = write_database(part, draft.content, settings=settings, scratch=home.work)
    run = Run(
        sequence=sequence,
        fence=fence,
        published_at=ledger.now().isoformat(),
        engine=draft.engine,
        other_files={DATABASE: database},
        fingerprints=draft.fingerprints,
    )
    write_manifest(part, Manifest(draft.content, run))
    (part / MANIFEST).chmod(READ_ONLY)
    sync(part / MANIFEST)
    sync_folders(part)


def _serve(
    home: Home,
    ledger: Ledger,
    content: Content,
    *,
    part: Path | None,
    sequence: int,
    fence: int,
    plan: BuildPlan,
    keep: int,
) -> Version:
    """Give the version its number (an adopted one has it) and switch the link; no writer can start meanwhile.

    The ledger's transaction is open from the check of the fence to the end. A process killed inside leaves a
    folder without a ledger row: the next publish records it if it is served, else takes it over or removes
    it.
    """
    with ledger.transaction():
        assert_newest_writer(ledger, fence)
        if part is not None:
            name_part(home, part, sequence)
        point_current(home, sequence)
        ledger.record_version(
            sequence=sequence, fence=fence, as_of_date=content.as_of_date, content_sha256=content.sha256
        )
        ledger.clear_marks(plan.marks)
        ledger.finalise_recorded()
        set_aside_old(home, keep=keep)
    return ledger.versions()[-1]


def _settle(home: Home, ledger: Ledger, *, fence: int, plan: BuildPlan, newest: Version) -> None:
    """Clear the marks of a night that changed nothing; a lost link is put back."""
    with ledger.transaction():
        assert_newest_writer(ledger, fence)
        if current_sequence(home) is None:
            point_current(home, newest.sequence)
        ledger.clear_marks(plan.marks)
        ledger.finalise_recorded()


def _newest(ledger: Ledger) -> Version | None:
    versions = ledger.versions()
    return versions[-1] if versions else None


def _previous(home: Home, newest: Version | None) -> Previous | None:
    if newest is None:
        return None
    folder = version_folder(home, newest.sequence)
    try:
        manifest = read_manifest(folder)
    except ManifestError:
        return None
    return Previous(folder, manifest, frozenset(find_damage(folder, manifest)))


def _may_stay(home: Home, newest: Version, previous: Previous | None) -> bool:
    """Whether the newest version needs no replacement: it is intact, or a rollback serves another one."""
    is_intact = previous is not None and not previous.damaged
    return is_intact or current_sequence(home) not in (None, newest.sequence)


def _unrecorded(home: Home, ledger: Ledger) -> list[int]:
    recorded = {version.sequence for version in ledger.versions()}
    return [sequence for sequence in kept_sequences(home) if sequence not in recorded]


def _record_served(home: Home, ledger: Ledger) -> None:
    """Record the version that a publish killed after the switch left served."""
    served = current_sequence(home)
    if served is None or served not in _unrecorded(home, ledger):
        return
    try:
        manifest = read_manifest(version_folder(home, served))
    except ManifestError:
        return
    ledger.record_version(
        sequence=served,
        fence=manifest.run.fence,
        as_of_date=manifest.content.as_of_date,
        content_sha256=manifest.content.sha256,
    )


def _take_over(home: Home, ledger: Ledger, content: Content) -> int | None:
    """Return a whole version with this content that a killed publish left unserved; others are removed."""
    newest = _newest(ledger)
    served = current_sequence(home)
    adopted = None
    for sequence in _unrecorded(home, ledger):
        is_whole = not verify(home, sequence) and (newest is None or sequence > newest.sequence)
        if is_whole and read_manifest(version_folder(home, sequence)).content.sha256 == content.sha256:
            adopted = sequence
        elif sequence != served:
            set_aside(home, sequence)
    return adopted
