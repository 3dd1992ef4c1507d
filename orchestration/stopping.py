"""Stopping: a night that is told to stop ends at once, as if it had been killed.

Belongs here: what SIGTERM and SIGINT do while a night runs. Does not belong here: making up for what it left
undone, which every night does for the one before.

Dagster takes an interrupt for the failure of one step and goes on with the others, for as long as they take.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ENDING = frozenset({signal.SIGINT, signal.SIGTERM})


@contextmanager
def stops_when_told() -> Iterator[None]:
    """End this process at once, with exit code 128 + signal, when it is told to stop inside the block.

    Children that asked to die with their parent do; locks are freed by the system. For the main thread only.
    """
    receiving, sending = os.pipe()
    os.set_blocking(sending, False)
    # The system writes each signal's number here, whichever handlers are put in place meanwhile.
    before = signal.set_wakeup_fd(sending)
    threading.Thread(target=_end_when_told, args=(receiving,), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(sending)


def _end_when_told(receiving: int) -> None:
    while number := os.read(receiving, 1):
        if number[0] in _ENDING:
            name = signal.Signals(number[0]).name
            words = (
                f"lifecycle: stopped by {name}; what was served stays, the next night makes up for this one\n"
            )
            os.write(2, words.encode())
            os._exit(128 + number[0])
    os.close(receiving)
