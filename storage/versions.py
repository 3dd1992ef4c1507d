"""Versions: the numbered folders below `published/`, and the link to the one that is served.

Belongs here: listing them, switching the link, setting a folder aside, clearing what a killed process left.
Does not belong here: what is in a version (snapshot.py, manifest.py), and when one is made or served
(published.py).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from storage.durable import point_link, sync
from storage.home import Home

CURRENT = "current"


def version_folder(home: Home, sequence: int) -> Path:
    """Return the folder of a version, whether or not it exists."""
    return home.published / str(sequence)


def kept_sequences(home: Home) -> list[int]:
    """Return the numbers of the version folders, oldest first."""
    return sorted(
        int(path.name) for path in home.published.iterdir() if path.name.isdigit() and path.is_dir()
    )


def current_sequence(home: Home) -> int | None:
    """Return the number of the version that is served, None when none is."""
    link = home.published / CURRENT
    if not link.is_symlink() or not link.is_dir():
        return None
    name = link.readlink().name
    return int(name) if name.isdigit() else None


def point_current(home: Home, sequence: int) -> None:
    """Serve a version: one link is replaced, and readers see the one before or this one."""
    point_link(home.published / CURRENT, str(sequence))


def new_part(home: Home, sequence: int, *, fence: int) -> Path:
    """Create the folder in which one writer prepares a version; no other writer's files can get into it."""
    part = home.published / f".{sequence}-{fence}.part"
    part.mkdir(parents=True)
    return part


def name_part(home: Home, part: Path, sequence: int) -> None:
    """Give a prepared version its number."""
    part.rename(version_folder(home, sequence))
    sync(home.published)


def set_aside(home: Home, sequence: int) -> None:
    """Take a version's number away in one step, so that no number ever stands for half a version."""
    version_folder(home, sequence).rename(home.published / f".{sequence}.part")


def set_aside_old(home: Home, *, keep: int) -> None:
    """Set aside all but the `keep` newest versions and the served one."""
    sequences = kept_sequences(home)
    kept = {*sequences[-keep:], current_sequence(home)}
    for sequence in sequences:
        if sequence not in kept:
            set_aside(home, sequence)


def remove_parts(home: Home) -> None:
    """Remove what was set aside and what killed writers left unfinished."""
    home.published.mkdir(parents=True, exist_ok=True)
    for path in home.published.glob(".*.part"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
