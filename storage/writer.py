"""Writer: at most one process changes a home, and one that was presumed dead cannot publish.

Belongs here: the lock, the fencing number and what a new writer clears away.
Does not belong here: what a writer writes.
"""

from __future__ import annotations

import fcntl
import math
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.home import Home
from storage.ledger import Ledger

POLL_SECONDS = 0.1

_held: set[int] = set()


class WriterBusy(RuntimeError):  # noqa: N818 - names a state of the home; nothing is in error
    """Another process writes to this home; `holder` says which one."""

    def __init__(self, holder: str, *, waited_seconds: float) -> None:
        self.holder = holder
        super().__init__(f"{holder} is writing to this home; gave up after {waited_seconds:g} s")


class FencedOut(RuntimeError):  # noqa: N818 - as above
    """A newer writer has started since: this one is an orphan and must not publish."""


@contextmanager
def writer(home: Home, ledger: Ledger, *, holder: str, wait_seconds: float) -> Iterator[int]:
    """Be the one writer of `home` inside the block; yields the fencing number.

    `holder` is shown to those who wait. The lock is released by the system when the process ends, however it
    ends. Raises WriterBusy when another process still holds the lock after `wait_seconds`.
    """
    descriptor = _lock(home.writer_lock, wait_seconds=wait_seconds)
    _held.add(descriptor)
    try:
        _write(descriptor, f"{holder} (pid {os.getpid()})")
        fence = ledger.start_writer(holder)
        _empty(home.work)
        yield fence
    finally:
        # In a forked child the lock is already closed and is not the child's to release.
        if descriptor in _held:
            _write(descriptor, "")
            _held.discard(descriptor)
            os.close(descriptor)


@contextmanager
def undisturbed(home: Home, *, holder: str, wait_seconds: float) -> Iterator[None]:
    """Keep every writer out of `home` inside the block, without being one: what is read stays as it is.

    Raises WriterBusy as `writer` does.
    """
    descriptor = _lock(home.writer_lock, wait_seconds=wait_seconds)
    _held.add(descriptor)
    try:
        _write(descriptor, f"{holder} (pid {os.getpid()})")
        yield
    finally:
        if descriptor in _held:
            _write(descriptor, "")
            _held.discard(descriptor)
            os.close(descriptor)


def assert_newest_writer(ledger: Ledger, fence: int) -> None:
    """Raise FencedOut unless `fence` is the newest writer's; call it where the result becomes visible."""
    newest = ledger.newest_fence()
    if fence != newest:
        raise FencedOut(f"writer {fence} was replaced by writer {newest}; nothing of it is published")


def _lock(path: Path, *, wait_seconds: float) -> int:
    """Return a descriptor that holds the lock; waiting is counted in polls, so that no clock is read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for _ in range(math.ceil(wait_seconds / POLL_SECONDS)):
            if _try_lock(descriptor):
                return descriptor
            time.sleep(POLL_SECONDS)
        if _try_lock(descriptor):
            return descriptor
        holder = os.pread(descriptor, 1000, 0).decode(errors="replace").strip() or "an unnamed process"
        raise WriterBusy(holder, waited_seconds=wait_seconds)
    except BaseException:
        os.close(descriptor)
        raise


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(descriptor: int, text: str) -> None:
    # For messages only: who holds the lock is the system's knowledge, never the file's.
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _close_in_child() -> None:
    # A forked worker shares the lock: one that outlives a killed parent would keep it for ever.
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_close_in_child)
