"""Made-up measurements, to see what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.events import EventsFile
from bench.intake import IntakeComparison, Round
from bench.measuring import Cost

LINES, REPEATED = 1_000, 10


def comparison(
    *, strict_seconds: Sequence[float], plain_seconds: Sequence[float], peak_bytes: int = 500_000_000
) -> IntakeComparison:
    file = EventsFile(Path("events.jsonl.gz"), Path("events.jsonl"), LINES, REPEATED, 70_000, 690_000)
    read = {"rows_read": LINES, "rows_counted": LINES, "rows_quarantined": 0, "rows_duplicate": REPEATED}
    written = {"rows_written": LINES - REPEATED, "columns": 3}
    rounds = [
        Round(
            Cost(strict, strict * 2, peak_bytes, {**read, **written}),
            Cost(plain, plain, 200_000_000, {"rows_written": LINES, "columns": 3}),
        )
        for strict, plain in zip(strict_seconds, plain_seconds, strict=True)
    ]
    return IntakeComparison(file, tuple(rounds))
