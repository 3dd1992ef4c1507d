"""The command writes what is asked for and says what it did."""

from pathlib import Path

from click.testing import CliRunner

from demo.__main__ import main

SMALL = ["--people", "40", "--days", "3"]


def days_written(landing: Path) -> list[str]:
    return sorted(path.name for path in (landing / "app" / "events").iterdir())


def test_the_command_writes_all_days_and_ends_with_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--landing", str(tmp_path), *SMALL])
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert result.stdout.startswith("demo: 3 days, ")
    assert "2026-01-07 written" in result.stderr
    assert days_written(tmp_path) == ["2026-01-05", "2026-01-06", "2026-01-07"]


def test_one_day_or_the_days_through_a_date_can_be_asked_for(tmp_path: Path) -> None:
    CliRunner().invoke(main, ["--landing", str(tmp_path / "one"), *SMALL, "--only-day", "2026-01-08"])
    assert days_written(tmp_path / "one") == ["2026-01-08"]
    CliRunner().invoke(main, ["--landing", str(tmp_path / "two"), *SMALL, "--through", "2026-01-06"])
    assert days_written(tmp_path / "two") == ["2026-01-05", "2026-01-06"]


def test_delivered_days_are_left_alone_when_only_missing_ones_are_asked_for(tmp_path: Path) -> None:
    arguments = ["--landing", str(tmp_path), *SMALL, "--missing-only"]
    CliRunner().invoke(main, [*arguments, "--only-day", "2026-01-05"])
    assert CliRunner().invoke(main, arguments).stdout.startswith("demo: 2 days, ")
    assert "nothing to write" in CliRunner().invoke(main, arguments).stdout


def test_a_day_before_the_first_is_a_usage_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--landing", str(tmp_path), "--only-day", "2025-12-31"])
    assert result.exit_code == 2
    assert "2026-01-05" in result.stderr
