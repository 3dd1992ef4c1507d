"""Durable: files and folders that survive a power cut, and a link that switches in one step.

Belongs here: fsync of files and folders, replacing a symbolic link.
Does not belong here: what is written, and where.
"""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Flush a file's bytes, or a folder's entries, to the disk.

    After an OSError the file must be thrown away: a second fsync may report success for bytes that are lost.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folders(root: Path) -> None:
    """Flush the entries of `root` and of every folder below it, the deepest first."""
    for folder in sorted((path for path in root.rglob("*") if path.is_dir()), reverse=True):
        sync(folder)
    sync(root)


def point_link(link: Path, target: str) -> None:
    """Make the symbolic link `link` point to `target`; a reader sees the old target or the new one."""
    beside = link.with_name(f".{link.name}.part")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)
    sync(link.parent)
