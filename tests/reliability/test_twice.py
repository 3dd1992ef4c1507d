"""A night run again, a home made anew from raw, two nights at once, days one by one: always the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.home import Home
from tests.reliability.accounts import Account, account, differences, imbalances, sha256
from tests.reliability.homes import (
    WORLD,
    Nights,
    copied,
    is_writing,
    run,
    shell_code,
    start,
    succeeded,
    wait_until,
)

BUSY = 75


@pytest.mark.timeout(600)
def test_a_second_night_publishes_nothing_and_touches_no_published_file(
    nights: Nights, tmp_path: Path
) -> None:
    home = copied(nights.reference, tmp_path / "home")
    before = _published_files(home)
    again = succeeded(home, "nightly")
    assert "Nothing to do" in again.output
    assert _published_files(home) == before
    assert "Every byte" in succeeded(home, "verify").output


@pytest.mark.timeout(600)
def test_with_its_published_versions_lost_too_a_home_rebuilt_from_raw_publishes_the_same_bytes(
    nights: Nights, tmp_path: Path
) -> None:
    home = copied(nights.reference, tmp_path / "home")
    for path in sorted(home.published.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    succeeded(home, "rebuild")
    assert _unlike(home, nights) == []


@pytest.mark.timeout(600)
def test_of_two_nights_at_once_one_waits_for_the_other_and_an_impatient_third_is_told_who_works(
    nights: Nights, tmp_path: Path
) -> None:
    home = nights.fresh(tmp_path / "home", is_first_night=False)
    both = [start(home, "nightly", "--wait", "200") for _ in range(2)]
    assert wait_until(lambda: is_writing(home), both[0])
    impatient = run(home, "nightly", "--wait", "0")
    assert impatient.code == BUSY, impatient.output
    assert any(f"(pid {process.pid}) is writing to this home" in impatient.output for process in both)
    assert [shell_code(process.wait(240)) for process in both] == [0, 0]
    assert _unlike(home, nights) == []
    assert sorted(path.name for path in home.published.iterdir()) == ["1", "2", "current"]


@pytest.mark.timeout(600)
def test_three_days_taken_in_one_by_one_publish_the_bytes_of_a_run_over_several(
    nights: Nights, tmp_path: Path
) -> None:
    # The home compared with took two days in one run; the kills from an empty home end in a run over all three.
    home = nights.fresh(tmp_path / "home", is_first_night=True)
    for day in WORLD.dates:
        succeeded(home, "nightly", "--as-of", day.isoformat())
    assert _unlike(home, nights) == []


def _unlike(home: Home, nights: Nights) -> list[str]:
    held: Account = account(home)
    return [*imbalances(home, held), *differences(held, account(nights.reference))]


def _published_files(home: Home) -> dict[str, str]:
    """Return SHA-256 of every published file, of every version; of the link, what it points to."""
    return {
        path.relative_to(home.published).as_posix(): str(path.readlink())
        if path.is_symlink()
        else sha256(path)
        for path in home.published.rglob("*")
        if path.is_symlink() or path.is_file()
    }
