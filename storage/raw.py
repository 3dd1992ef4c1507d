"""The raw store: an immutable copy of every landed file, named by its SHA-256.

Belongs here: copying landed bytes once, and proving later that they are still the same.
Does not belong here: reading what the bytes say, and the ledger.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from storage.durable import sync
from storage.home import Home

_CHUNK_BYTES = 4 << 20


class RawStoreError(RuntimeError):
    """A landed file cannot be copied, or a stored copy is no longer what it was."""


@dataclass(frozen=True)
class RawCopy:
    """A stored file: its SHA-256 in hexadecimal and its length in bytes."""

    sha256: str
    byte_count: int


def store(landed: Path, *, home: Home) -> RawCopy:
    """Copy `landed` into the raw store, hashing while copying; storing the same bytes twice changes nothing.

    Raises RawStoreError for anything but a regular file: links and pipes are never followed or waited for.
    """
    partial = home.work / "raw.part"
    digest = hashlib.sha256()
    byte_count = 0
    try:
        descriptor = os.open(landed, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise RawStoreError(f"{landed}: cannot be opened as a file: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as source:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RawStoreError(f"{landed}: not a regular file")
        with partial.open("wb") as copy:
            while chunk := source.read(_CHUNK_BYTES):
                digest.update(chunk)
                byte_count += len(chunk)
                copy.write(chunk)
    sync(partial)
    target = home.raw / digest.hexdigest()
    if target.exists():
        partial.unlink()
    else:
        partial.chmod(0o400)
        partial.replace(target)
        sync(home.raw)
    return RawCopy(digest.hexdigest(), byte_count)


def verified(sha256: str, *, home: Home) -> Path:
    """Return the stored copy after proving its bytes; raises RawStoreError when they are missing or changed."""
    path = home.raw / sha256
    if not path.exists():
        raise RawStoreError(f"raw copy {sha256} is missing: land the file again")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise RawStoreError(
            f"raw copy {sha256} now hashes to {found}: restore it from a backup or land the file again"
        )
    return path
