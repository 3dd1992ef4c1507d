"""Homes for tests of whole nights: three simulated days, the same key everywhere, nights as real processes.

Belongs here: landing the days, starting `lifecycle`, copying homes, waiting for a moment of a running night.
Does not belong here: when a night is killed (killing.py), what two homes must have in common (accounts.py).

Equal landing files and an equal key make two homes comparable byte by byte.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from demo.brokerage import write_days
from demo.world import World
from storage.home import Home

CHECKOUT = Path(__file__).resolve().parents[2]
FIRST_DAY = date(2026, 1, 5)
# Three days of so many people bring late, repeated and damaged rows on the last of them.
WORLD = World(seed=140, people=140, first_day=FIRST_DAY, days=3)
LAST_DAY = WORLD.dates[-1]
NIGHT_ENDS_WITHIN = 240
CHILDREN_DIE_WITHIN = 5

_KEY = "1f" * 32
_POLL_SECONDS = 0.002
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class Ended:
    """A command that ran to its end: exit code as a shell gives it, all that it printed, and how long it took."""

    code: int
    output: str
    seconds: float


@dataclass(frozen=True)
class Nights:
    """The homes that others are compared with and copied from, and how long their nights took.

    `two_nights` has published the first two days in one run, `reference` the third as well, both undisturbed.
    """

    folder: Path
    first_seconds: float
    next_seconds: float

    @property
    def landing(self) -> Path:
        """All three days."""
        return self.folder / "landing"

    @property
    def two_nights(self) -> Home:
        """After the first run, with the last day still to come."""
        return Home(self.folder / "two_nights")

    @property
    def reference(self) -> Home:
        """After both runs."""
        return Home(self.folder / "reference")

    def fresh(self, root: Path, *, is_first_night: bool) -> Home:
        """Return a new home in which all three days have landed: published never, or as of the second day."""
        home = new_home(root) if is_first_night else copied(self.two_nights, root)
        land(self.landing, home, WORLD.dates)
        return home

    def seconds(self, *, is_first_night: bool) -> float:
        """Return how long the undisturbed night of such a home takes."""
        return self.first_seconds if is_first_night else self.next_seconds


def make_nights(folder: Path) -> Nights:
    """Return the nights in `folder`, made by whichever process comes first."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = folder / "nights.json"
    with (folder / "nights.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not figures.is_file():
            figures.write_text(json.dumps(asdict(_run_nights(folder)), default=str), encoding="utf-8")
    return Nights(**{**json.loads(figures.read_text(encoding="utf-8")), "folder": folder})


def _run_nights(folder: Path) -> Nights:
    nights = Nights(folder, 0.0, 0.0)
    shutil.rmtree(nights.landing, ignore_errors=True)
    write_days(nights.landing, world=WORLD, days=WORLD.dates)
    first = new_home(nights.two_nights.root)
    land(nights.landing, first, WORLD.dates[:-1])
    # What has to be compiled and parsed once in a checkout is not part of a night.
    succeeded(first, "prepare")
    first_seconds = succeeded(first, "nightly").seconds
    reference = copied(first, nights.reference.root)
    land(nights.landing, reference, WORLD.dates)
    return Nights(folder, first_seconds, succeeded(reference, "nightly").seconds)


def new_home(root: Path) -> Home:
    """Return an initialised home with nothing landed."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    home = Home(root)
    descriptor = os.open(_key_file(home), os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(descriptor, _KEY.encode())
    os.close(descriptor)
    succeeded(home, "init")
    return home


def copied(home: Home, root: Path) -> Home:
    """Return a copy of a home that nothing runs in, its times of modification and its links kept."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(home.root, root, symlinks=True)
    return Home(root)


def land(landing: Path, home: Home, days: Sequence[date]) -> None:
    """Copy the deliveries of `days` into the landing folder of `home`."""
    for delivery in landing.glob("*/*/*"):
        if delivery.name in {day.isoformat() for day in days}:
            target = home.landing / delivery.relative_to(landing)
            shutil.copytree(delivery, target, dirs_exist_ok=True)


def start(home: Home, *arguments: str, output: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a `lifecycle` command in a process group of its own; it prints into `output`, else nowhere."""
    with contextlib.ExitStack() as stack:
        printed = stack.enter_context(output.open("wb")) if output else subprocess.DEVNULL
        return subprocess.Popen(
            [Path(sys.executable).with_name("lifecycle"), *arguments],
            env=environment(home),
            cwd=home.root,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_heed_signals,  # noqa: PLW1509 - it sets dispositions and nothing else
        )


def _heed_signals() -> None:
    """Undo what a shell did that runs the tests in the background or under nohup: a child ignores what it ignored."""
    for one in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_DFL)


def run(home: Home, *arguments: str, within: int = NIGHT_ENDS_WITHIN) -> Ended:
    """Run a `lifecycle` command to its end, at most `within` seconds; it prints into the home's output.txt."""
    output = home.root / "output.txt"
    started = time.monotonic()
    process = start(home, *arguments, output=output)
    try:
        code = process.wait(within)
    finally:
        process.kill()
    return Ended(shell_code(code), output.read_text(encoding="utf-8"), time.monotonic() - started)


def succeeded(home: Home, *arguments: str, within: int = NIGHT_ENDS_WITHIN) -> Ended:
    """Run a `lifecycle` command that must succeed."""
    ended = run(home, *arguments, within=within)
    assert ended.code == 0, f"lifecycle {' '.join(arguments)} exited {ended.code}:\n{ended.output}"
    return ended


def shell_code(code: int) -> int:
    """Return an exit code as a shell gives it: 128 and the number of the signal that ended the process."""
    return code if code >= 0 else 128 - code


def wait_until(condition: Callable[[], object], process: subprocess.Popen[bytes]) -> bool:
    """Wait for a moment of a running night; False when the process ended before it came."""
    for _ in range(int(NIGHT_ENDS_WITHIN / _POLL_SECONDS)):
        if condition():
            return True
        if process.poll() is not None:
            return False
        time.sleep(_POLL_SECONDS)
    raise TimeoutError("the moment that was waited for never came")


def is_writing(home: Home) -> bool:
    """Say whether some process holds the writer's lock of a home."""
    if not home.writer_lock.exists():
        return False
    with home.writer_lock.open("r") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def is_publishing(home: Home) -> bool:
    """Say whether a version is being prepared."""
    return any(home.published.glob(".*-*.part"))


def dbt_processes(group: int) -> list[int]:
    """Return the living processes of a process group in which dbt builds models."""
    return [
        number for number, command in _living(group) if "lifecycle-dbt" in command and "\0build\0" in command
    ]


def dbt_dies_out(group: int) -> bool:
    """Wait until no dbt of a process group lives; False when one lives on.

    Dagster's own watchers of a run's output are left aside: they write nothing and end by themselves.
    """
    for _ in range(int(CHILDREN_DIE_WITHIN / _PAUSE_SECONDS)):
        if not dbt_processes(group):
            return True
        time.sleep(_PAUSE_SECONDS)
    return False


def _living(group: int) -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # After the command's name in brackets: state, parent, process group.
            state, _, of_group = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(of_group) == group and state not in "ZX":
                yield int(folder.name), (folder / "cmdline").read_text(errors="replace")


def _key_file(home: Home) -> Path:
    return home.root / "test.key"


def environment(home: Home) -> dict[str, str]:
    """Return the environment in which a command works on a home, and on no other."""
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("LIFECYCLE_", "DAGSTER_"))
    }
    return {**ours, "LIFECYCLE_HOME": str(home.root), "LIFECYCLE_TOKEN_KEY_FILE": str(_key_file(home))}
