"""Measuring: the cost of one piece of work, alone in a fresh process.

Belongs here: starting such a process, reading clock, CPU and memory around the work inside it.
Does not belong here: what is measured.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

CORES = 2
_CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Cost:
    """What a piece of work took, start of the interpreter and imports left out; `facts` is what it counted."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    facts: Mapping[str, int]


def in_fresh_process(module: str, *arguments: str) -> Cost:
    """Run `python -m module arguments`, which must end with `report`, and return the cost it reports.

    Raises subprocess.CalledProcessError when it fails; what it wrote to standard error is shown.
    """
    ended = subprocess.run(  # noqa: S603 - our own interpreter and modules, no shell
        [sys.executable, "-m", module, *arguments],
        cwd=_CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Cost(**json.loads(ended.stdout.splitlines()[-1]))


def report(work: Callable[[], Mapping[str, int]]) -> str:
    """Do `work` on at most two cores and return its cost as one line of JSON."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    started, used = time.perf_counter(), _cpu_seconds()
    facts = work()
    wall, cpu = time.perf_counter() - started, _cpu_seconds() - used
    return json.dumps(asdict(Cost(wall, cpu, _peak_bytes(), dict(facts))))


def median(values: Sequence[float]) -> float:
    """Return the middle one of `values`."""
    return statistics.median(values)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_bytes() -> int:
    # Not ru_maxrss: a child inherits there what its parent held when it was started.
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status has no VmHWM line")
