"""Processes: telling whether the process that started a run is still the one that has its number.

Belongs here: the identity of a process on this machine. Does not belong here: what is done about a dead one.
A process number alone is not enough: it is given again after a restart of the machine, and in time without one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

BOOT = "lifecycle/boot"
PROCESS = "lifecycle/process"
STARTED = "lifecycle/process_started"

_START_FIELD = 21  # of /proc/<pid>/stat, counted from 0; in clock ticks since the machine started


def process_tags() -> dict[str, str]:
    """Return the run tags that identify this process."""
    return {BOOT: _boot(), PROCESS: str(os.getpid()), STARTED: _started(os.getpid()) or ""}


def is_alive(tags: Mapping[str, str]) -> bool | None:
    """Return whether the process in `tags` still runs; None when they name none that can be looked up."""
    if not tags.get(PROCESS) or not tags.get(STARTED):
        return None
    return tags.get(BOOT) == _boot() and _started(int(tags[PROCESS])) == tags.get(STARTED)


def _boot() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id")
    return boot.read_text(encoding="ascii").strip() if boot.exists() else ""


def _started(process: int) -> str | None:
    """Return when a process started, None when there is none or it is dead and not yet collected."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name stands in brackets and may hold anything, blanks and brackets included.
    state, *rest = status.rpartition(")")[2].split()
    return None if state in "ZX" else rest[_START_FIELD - 3]
