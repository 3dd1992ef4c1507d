"""Figures are kept with the commit that they were measured on, and speak of no other state of the code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.figures import Figure
from tests.acceptance.kept import Measured, clean_commit, is_current, keep, kept


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "module.py", "answer = 41\n")
    return tmp_path


def git(checkout: Path, *words: str) -> None:
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *who, *words], cwd=checkout, check=True)


def commit(checkout: Path, name: str, text: str) -> None:
    (checkout / name).write_text(text, encoding="utf-8")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", f"Write {name}")


def figures(*, is_met: bool = True) -> list[Figure]:
    return [Figure("nothing is lost", "python -m this", "7", "0 of 12", is_met=is_met)]


def measured(checkout: Path, *, is_met: bool = True) -> Measured:
    keep("kills", figures(is_met=is_met), commit=clean_commit(checkout), checkout=checkout)
    return kept(checkout)["kills"]


def test_what_was_measured_on_a_commit_is_found_again(checkout: Path) -> None:
    assert kept(checkout) == {}
    found = measured(checkout)
    assert found.figures == tuple(figures())
    assert found.commit == clean_commit(checkout)
    assert is_current(found, checkout)


def test_other_checks_stay_when_one_is_kept(checkout: Path) -> None:
    found = measured(checkout)
    keep("range", figures(), commit=clean_commit(checkout), checkout=checkout)
    assert kept(checkout) == {"kills": found, "range": found}


def test_changed_code_is_measured_anew_and_changed_documents_are_not(checkout: Path) -> None:
    found = measured(checkout)
    commit(checkout, "docs/page.md", "A page.\n")
    assert is_current(found, checkout)
    commit(checkout, "module.py", "answer = 42\n")
    assert not is_current(found, checkout)
    assert kept(checkout)["kills"] == found


def test_changed_files_keep_nothing(checkout: Path) -> None:
    before, found = clean_commit(checkout), measured(checkout)
    (checkout / "module.py").write_text("answer = 42\n", encoding="utf-8")
    assert clean_commit(checkout) is None
    assert not is_current(found, checkout)
    keep("range", figures(), commit=before, checkout=checkout)
    assert set(kept(checkout)) == {"kills"}


def test_a_commit_that_is_not_known_here_is_measured_anew(checkout: Path) -> None:
    assert not is_current(Measured("2026-01-05", "0123456", tuple(figures())), checkout)


def test_what_was_not_met_is_told_and_measured_again(checkout: Path) -> None:
    found = measured(checkout, is_met=False)
    assert not found.is_met
    assert not is_current(found, checkout)
