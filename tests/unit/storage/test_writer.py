"""Only one process writes to a home, whatever happens to the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.writer import FencedOut, WriterBusy, assert_newest_writer, writer
from tests.unit.storage.nights import Nights

HOLD = """
import os, subprocess, sys, time
from pathlib import Path
from tests.unit.storage.nights import Nights
from storage.writer import writer

nights = Nights.at(Path(sys.argv[1]))
with writer(nights.home, nights.ledger, holder="the night of 2026-01-05", wait_seconds=0):
    left = 0
    if sys.argv[2] == "forks":
        left = os.fork()
        if left == 0:
            os.close(1)
            time.sleep(60)
            os._exit(0)
    if sys.argv[2] == "starts":
        left = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL).pid
    print(left, flush=True)
    time.sleep(60)
"""


Holder = Callable[..., tuple[subprocess.Popen[bytes], int]]


@pytest.fixture
def hold(nights: Nights) -> Iterator[Holder]:
    """Start a process that holds the lock and, if asked, leaves a child; the test kills the process."""
    started: list[int] = []

    def start(child: str = "alone") -> tuple[subprocess.Popen, int]:
        environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(nights.home.root), child],
            stdout=subprocess.PIPE,
            env=environment,
        )
        assert process.stdout is not None
        left = int(process.stdout.readline())
        process.stdout.close()
        started.extend(number for number in (process.pid, left) if number)
        return process, left

    yield start
    for number in started:
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue


def take(nights: Nights, wait_seconds: float = 0) -> int:
    with writer(nights.home, nights.ledger, holder="me", wait_seconds=wait_seconds) as fence:
        return fence


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_every_writer_gets_a_greater_fence(nights: Nights) -> None:
    assert [take(nights), take(nights), take(nights)] == [1, 2, 3]


def test_a_new_writer_finds_an_empty_work_folder(nights: Nights) -> None:
    (nights.home.work / "half").mkdir()
    (nights.home.work / "half" / "rows.parquet").touch()
    (nights.home.work / "scratch").touch()
    (nights.home.work / "link").symlink_to(nights.home.raw)
    take(nights)
    assert list(nights.home.work.iterdir()) == []
    assert nights.home.raw.is_dir()


def test_a_second_writer_gives_up_and_names_the_holder(nights: Nights, hold: Holder) -> None:
    process, _ = hold()
    with pytest.raises(WriterBusy, match=r"gave up after 0.2 s") as caught:
        take(nights, wait_seconds=0.2)
    assert caught.value.holder == f"the night of 2026-01-05 (pid {process.pid})"
    process.kill()
    process.wait()


def test_two_writers_in_one_process_exclude_each_other_too(nights: Nights) -> None:
    with (
        writer(nights.home, nights.ledger, holder="the first", wait_seconds=0),
        pytest.raises(WriterBusy, match="the first"),
    ):
        take(nights)
    take(nights)


def test_a_waiting_writer_starts_when_the_holder_ends(nights: Nights) -> None:
    release = threading.Event()
    entered = threading.Event()

    def hold_until_released() -> None:
        with writer(nights.home, nights.ledger, holder="the first", wait_seconds=0):
            entered.set()
            release.wait(30)

    holder = threading.Thread(target=hold_until_released)
    holder.start()
    entered.wait(30)
    threading.Timer(0.3, release.set).start()
    assert take(nights, wait_seconds=30) == 2
    holder.join()


def test_the_lock_is_free_after_a_failure_inside(nights: Nights) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        writer(nights.home, nights.ledger, holder="unlucky", wait_seconds=0),
    ):
        raise ZeroDivisionError
    take(nights)


def test_the_lock_of_a_killed_process_is_free(nights: Nights, hold: Holder) -> None:
    process, _ = hold()
    process.kill()
    process.wait()
    assert take(nights) == 2


@pytest.mark.parametrize("child", ["starts", "forks"])
def test_a_child_that_outlives_a_killed_writer_does_not_keep_the_lock(
    nights: Nights, hold: Holder, child: str
) -> None:
    process, left = hold(child)
    process.kill()
    process.wait()
    assert is_alive(left)
    # A forked child closes the lock when it first runs, which on a busy machine may be a moment later.
    assert take(nights, wait_seconds=10) == 2


def test_a_lock_file_with_a_name_in_it_locks_nothing(nights: Nights) -> None:
    nights.home.writer_lock.write_text(f"a night of long ago (pid {os.getpid()})")
    assert take(nights) == 1


def test_an_orphan_of_a_dead_run_is_fenced_out(nights: Nights) -> None:
    orphan = take(nights)
    assert_newest_writer(nights.ledger, orphan)
    take(nights)
    with pytest.raises(FencedOut, match="writer 1 was replaced by writer 2"):
        assert_newest_writer(nights.ledger, orphan)
