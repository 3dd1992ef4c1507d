"""Figures are kept for the commit that they were measured on, and for no other state of the files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.figures import Figure
from tests.acceptance.kept import clean_commit, keep, kept_figures


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, ".gitignore", ".acceptance/\n")
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


def test_what_was_measured_on_a_commit_is_found_again(checkout: Path) -> None:
    assert kept_figures("kills", checkout=checkout) is None
    keep("kills", figures(), commit=clean_commit(checkout), checkout=checkout)
    assert kept_figures("kills", checkout=checkout) == figures()
    assert kept_figures("range", checkout=checkout) is None


def test_another_commit_is_measured_anew(checkout: Path) -> None:
    keep("kills", figures(), commit=clean_commit(checkout), checkout=checkout)
    commit(checkout, "module.py", "answer = 42\n")
    assert kept_figures("kills", checkout=checkout) is None


def test_changed_files_keep_nothing_and_find_nothing(checkout: Path) -> None:
    before = clean_commit(checkout)
    keep("kills", figures(), commit=before, checkout=checkout)
    (checkout / "module.py").write_text("answer = 42\n", encoding="utf-8")
    assert clean_commit(checkout) is None
    assert kept_figures("kills", checkout=checkout) is None
    keep("range", figures(), commit=before, checkout=checkout)
    (checkout / "module.py").unlink()
    assert kept_figures("range", checkout=checkout) is None
    assert kept_figures("kills", checkout=checkout) == figures()


def test_what_was_not_met_is_measured_again(checkout: Path) -> None:
    keep("kills", figures(is_met=False), commit=clean_commit(checkout), checkout=checkout)
    assert kept_figures("kills", checkout=checkout) is None
