"""Modules are short and named, nothing big or of one machine is committed, every dependency is locked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.architecture.rules_files import (
    LARGEST_FILE,
    LONGEST_MODULE,
    big_files,
    loose_requirements,
    shapeless_modules,
    traces_of_one_machine,
)
from tests.architecture.tree import PROJECT, committed, plant


def test_modules_are_short_and_named_for_what_they_hold() -> None:
    assert shapeless_modules(PROJECT) == []


def test_no_big_file_is_committed() -> None:
    assert big_files(PROJECT, committed(PROJECT)) == []


def test_no_committed_file_names_a_machine_or_a_registry() -> None:
    assert traces_of_one_machine(PROJECT, committed(PROJECT)) == []


def test_every_requirement_is_locked_by_hash() -> None:
    assert loose_requirements(PROJECT) == []


def test_a_planted_long_module_and_a_planted_empty_name_are_found(tmp_path: Path) -> None:
    planted = plant(
        tmp_path, {"storage/lake.py": "\n" * (LONGEST_MODULE + 1), "ml/utils.py": "", "demo/common/a.py": ""}
    )
    assert shapeless_modules(planted) == [
        "demo/common/a.py:1: common says nothing: name it for what it holds",
        "ml/utils.py:1: utils says nothing: name it for what it holds",
        f"storage/lake.py:{LONGEST_MODULE}: {LONGEST_MODULE + 1} lines: split it by noun",
    ]


def test_a_planted_big_file_is_found_and_an_ignored_one_is_not(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {".gitignore": "var/", "var/raw": "x" * (LARGEST_FILE + 1), "data.csv": "x" * (LARGEST_FILE + 1)},
    )
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    assert big_files(tmp_path, committed(tmp_path)) == [f"data.csv:1: {LARGEST_FILE + 1} bytes"]


@pytest.mark.parametrize(
    "line",
    [
        "cd " + "/wo" + "rk/main",
        "open('" + "/ho" + "me/someone/var')",
        "--find-links=" + "/o" + "pt/wheels",
        "https://py" + "pi.org/simple",
        "pip install --index-" + "url x",
    ],
)
def test_a_planted_trace_of_one_machine_is_found(tmp_path: Path, line: str) -> None:
    planted = plant(tmp_path, {"docs/a.md": f"fine\n{line}\n"})
    found = traces_of_one_machine(planted, [planted / "docs/a.md"])
    assert len(found) == 1
    assert found[0].startswith("docs/a.md:2: ")


def test_a_path_under_the_home_is_no_trace(tmp_path: Path) -> None:
    planted = plant(
        tmp_path, {"a.md": "<home>/work/x, $HOME/work/x, /dev/null, /usr/bin/env and tests/root/a"}
    )
    assert traces_of_one_machine(planted, [planted / "a.md"]) == []


def test_planted_loose_requirements_are_found(tmp_path: Path) -> None:
    planted = plant(
        tmp_path,
        {
            "requirements/main.in": "# why\nduckdb==1.5.5\nclick\nrich>=1\n",
            "requirements/main.txt": "duckdb==1 \\\n  --hash=sha256:0a\nclick==8\nrich>=1 --hash=sha256:0b\n",
        },
    )
    assert loose_requirements(planted) == [
        "requirements/main.txt:3: click==8 has no hash",
        "requirements/main.txt:4: rich>=1 is not pinned by ==",
        "requirements/main.in:2: duckdb==1.5.5 is not in main.txt: run `make lock`",
        "requirements/main.in:4: rich>=1 is not in main.txt: run `make lock`",
    ]
