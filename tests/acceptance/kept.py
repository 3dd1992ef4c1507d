"""Kept figures: what each check last measured at full size, on which commit, in `docs/acceptance.json`.

Belongs here: storing them, and whether they still speak of the files as they are.
Does not belong here: measuring, and the page.

A run that was stopped goes on with the next check, and a change of documents alone measures nothing anew.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.acceptance.figures import Figure

CHECKOUT = Path(__file__).resolve().parents[2]
FILE = Path("docs") / "acceptance.json"
_CODE = (".", ":(exclude)docs")


@dataclass(frozen=True)
class Measured:
    """What a check measured, when and on which commit."""

    date: str
    commit: str
    figures: tuple[Figure, ...]

    @property
    def is_met(self) -> bool:
        """Whether everything that must show did."""
        return all(figure.is_met for figure in self.figures)


def clean_commit(checkout: Path = CHECKOUT) -> str | None:
    """Return the commit that is checked out; None while a file other than a document differs from it."""
    if _git(checkout, "status", "--porcelain", "--", *_CODE):
        return None
    return _git(checkout, "rev-parse", "--short", "HEAD")


def kept(checkout: Path = CHECKOUT) -> dict[str, Measured]:
    """Return what each check measured last, by its name."""
    file = checkout / FILE
    told = json.loads(file.read_bytes()) if file.is_file() else {}
    return {
        check: Measured(one["date"], one["commit"], tuple(Figure(**fields) for fields in one["figures"]))
        for check, one in told.items()
    }


def is_current(measured: Measured, checkout: Path = CHECKOUT) -> bool:
    """Say whether all was met, and no file but documents has changed since."""
    if not measured.is_met or clean_commit(checkout) is None:
        return False
    known = subprocess.run(
        ["git", "diff", "--quiet", measured.commit, "--", *_CODE],
        cwd=checkout,
        capture_output=True,
        check=False,
    )
    return known.returncode == 0


def keep(check: str, figures: Sequence[Figure], *, commit: str | None, checkout: Path = CHECKOUT) -> None:
    """Keep what a check measured since `commit` was clean, if it still is; met or not."""
    if commit is None or clean_commit(checkout) != commit:
        return
    found = kept(checkout) | {
        check: Measured(_git(checkout, "log", "-1", "--format=%cs"), commit, tuple(figures))
    }
    file = checkout / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".part")
    told = {name: asdict(one) for name, one in sorted(found.items())}
    partial.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(file)


def _git(checkout: Path, *words: str) -> str:
    found = subprocess.run(["git", *words], cwd=checkout, capture_output=True, text=True, check=True)
    return found.stdout.strip()
