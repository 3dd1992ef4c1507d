"""Every command that the README or the docs show exists, links lead somewhere, the glossary is whole."""

from __future__ import annotations

import importlib
from pathlib import Path

import click
import pytest

from tests.architecture.rules_docs import (
    broken_commands,
    broken_links,
    said_in_one_language,
    tables_without_a_name,
)
from tests.architecture.tree import PROJECT, plant


@click.group()
def lifecycle() -> None:
    """A small command line to plant against."""


@lifecycle.command()
@click.option("--to", "last")
def nightly(last: str) -> None:
    """One command with one option."""


def test_every_command_that_the_pages_show_exists() -> None:
    program = importlib.import_module("orchestration.command_line").main
    assert isinstance(program, click.Group)
    assert broken_commands(PROJECT, program) == []


def test_every_link_of_the_pages_leads_somewhere() -> None:
    assert broken_links(PROJECT) == []


def test_both_readmes_say_the_same() -> None:
    assert said_in_one_language(PROJECT) == []


def test_a_planted_command_in_one_language_is_found(tmp_path: Path) -> None:
    english = "Run:\n```sh\nmake nightly\nmake ui\n```\nSee `var/`.\n"
    planted = plant(tmp_path, {"README.md": english, "README.zh-CN.md": english.replace("make ui\n", "")})
    assert said_in_one_language(planted) == [
        "README.md says make ui where README.zh-CN.md says `var/` (landmark 2)"
    ]


def test_every_landed_table_stands_in_the_glossary() -> None:
    assert tables_without_a_name(PROJECT) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("make nightfall", "make knows no nightfall"),
        ("lifecycle fly", "lifecycle has no command fly"),
        ("LIFECYCLE_HOME=a .venv/bin/lifecycle nightly --from 2026-01-05", "nightly has no option --from"),
        ("dbt run", "dbt is not a command of this project"),
        (".ci/run", "there is no .ci/run"),
    ],
)
def test_a_planted_command_that_does_not_exist_is_found(tmp_path: Path, line: str, reason: str) -> None:
    page = f"```sh\nmake nightly\ngit status\nlifecycle nightly \\\n  --to 2026-01-05\n{line}\n```\n"
    planted = plant(tmp_path, {"Makefile": "nightly: x\nHOME := y\n", "README.md": page})
    assert broken_commands(planted, lifecycle) == [f"README.md:6: {line}: {reason}"]


def test_a_planted_module_or_option_that_does_not_exist_is_found(tmp_path: Path) -> None:
    program = '@click.command()\n@click.option("--days/--no-days")\ndef main() -> None: ...\n'
    lines = {
        ".venv/bin/python -m tool --days": None,
        ".venv/bin/python -m tool --weeks": "tool has no option --weeks",
        ".venv/bin/python -m tool.parts": "tool.parts is not a command of this project",
        "python -c pass": "python is shown with a module of this project only",
    }
    page = "".join(f"```sh\n{line}\n```\n" for line in lines)
    planted = plant(
        tmp_path, {"README.md": page, "Makefile": "", "tool/__main__.py": program, "tool/parts.py": ""}
    )
    told = [f"{line}: {reason}" for line, reason in lines.items() if reason]
    assert [found.partition(": ")[2] for found in broken_commands(planted, lifecycle)] == told


def test_a_planted_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = "[there](b.md#part) [away](https://example.com/x)\n[gone](../c.md)\n"
    planted = plant(tmp_path, {"docs/a.md": page, "docs/b.md": ""})
    assert broken_links(planted) == ["docs/a.md:2: ../c.md does not exist"]


def test_a_planted_table_that_the_glossary_lacks_is_found(tmp_path: Path) -> None:
    sources = "data_contracts/sources"
    contents = {f"{sources}/{name}.yaml": "" for name in ("app.events", "app.visits", "old.log.mapping")}
    planted = plant(tmp_path, contents | {"docs/reference/names.md": "| `raw_event` | `app.events` |"})
    assert tables_without_a_name(planted) == [
        f"{sources}/app.visits.yaml:1: app.visits is not in docs/reference/names.md"
    ]
