"""Kept figures: what a check measured at full size on a commit, so that a long run goes on where it was stopped.

Belongs here: finding and storing them. Does not belong here: measuring, and the page.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.acceptance.figures import Figure
from tests.acceptance.page import CHECKOUT


def clean_commit(checkout: Path = CHECKOUT) -> str | None:
    """Return the commit that is checked out; None while a file differs from it."""
    if _git(checkout, "status", "--porcelain"):
        return None
    return _git(checkout, "rev-parse", "HEAD")


def kept_figures(check: str, *, checkout: Path = CHECKOUT) -> list[Figure] | None:
    """Return what a check measured on the commit that is checked out, or None when it did not."""
    commit = clean_commit(checkout)
    if commit is None or not (path := _path(checkout, commit, check)).is_file():
        return None
    return [Figure(**fields) for fields in json.loads(path.read_bytes())]


def keep(check: str, figures: Sequence[Figure], *, commit: str | None, checkout: Path = CHECKOUT) -> None:
    """Keep what a check measured since `commit` was clean, when all is met and it still is."""
    if commit is None or clean_commit(checkout) != commit or not all(figure.is_met for figure in figures):
        return
    path = _path(checkout, commit, check)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps([asdict(figure) for figure in figures], indent=1), encoding="utf-8")
    partial.replace(path)


def _path(checkout: Path, commit: str, check: str) -> Path:
    return checkout / ".acceptance" / commit / f"{check}.json"


def _git(checkout: Path, *words: str) -> str:
    found = subprocess.run(["git", *words], cwd=checkout, capture_output=True, text=True, check=True)
    return found.stdout.strip()
