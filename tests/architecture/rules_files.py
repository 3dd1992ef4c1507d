"""Rules on the files that git holds: their names, sizes and what must not stand in them.

Belongs here: module names and lengths, big files, traces of one machine, dependency pins and their hashes.
Does not belong here: what the code says (rules_python.py) and what the docs promise (rules_docs.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tests.architecture.tree import breach, files

LONGEST_MODULE = 350
# A test module is a list of cases, read one at a time.
LONGEST_TEST_MODULE = 650
LARGEST_FILE = 2 * 1024 * 1024
NAMELESS = {"util", "utils", "helper", "helpers", "common", "constants", "misc", "shared"}

_OF_ONE_MACHINE = re.compile(r"(?<![\w.>}$*~-])/(?:work|root|home|Users|opt|mnt)/\w")
_REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|debian\.org|--(?:extra-)?index-url")

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==[^\s;\\]+")


def shapeless_modules(root: Path) -> list[str]:
    """Return each module that is too long to read in one go, or whose name says nothing."""
    breaches = []
    for path in files(root, ".py"):
        length = path.read_text(encoding="utf-8").count("\n")
        longest = LONGEST_TEST_MODULE if path.relative_to(root).parts[0] == "tests" else LONGEST_MODULE
        if length > longest:
            breaches.append(breach(root, path, longest, f"{length} lines: split it by noun"))
        empty = NAMELESS.intersection(path.relative_to(root).with_suffix("").parts)
        if empty:
            breaches.append(breach(root, path, 1, f"{min(empty)} says nothing: name it for what it holds"))
    return breaches


def big_files(root: Path, committed: Sequence[Path]) -> list[str]:
    """Return each committed file over 2 MiB: data is made or fetched, not committed."""
    return [
        breach(root, path, 1, f"{path.stat().st_size} bytes")
        for path in committed
        if path.stat().st_size > LARGEST_FILE
    ]


def traces_of_one_machine(root: Path, committed: Sequence[Path]) -> list[str]:
    """Return each committed line that names a folder of one machine or the host of a registry."""
    breaches = []
    for path in committed:
        content = path.read_bytes()
        if b"\0" in content[:8192]:
            continue
        for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), start=1):
            found = _OF_ONE_MACHINE.search(line) or _REGISTRY.search(line)
            if found:
                breaches.append(breach(root, path, number, f"{found.group(0)} holds on one machine only"))
    return breaches


def loose_requirements(root: Path) -> list[str]:
    """Return each locked requirement without an exact version or a hash, and each wish that is not locked."""
    breaches = []
    for path in sorted((root / "requirements").glob("*.txt")):
        for number, entry in _entries(path.read_text(encoding="utf-8")):
            if not _PIN.match(entry):
                breaches.append(breach(root, path, number, f"{entry.split()[0]} is not pinned by =="))
            elif "--hash=sha256:" not in entry:
                breaches.append(breach(root, path, number, f"{entry.split()[0]} has no hash"))
    for path in sorted((root / "requirements").glob("*.in")):
        locked = path.with_suffix(".txt")
        text = locked.read_text(encoding="utf-8") if locked.is_file() else ""
        pins = {entry.split()[0] for _, entry in _entries(text)}
        names = {_normal(pin.partition("==")[0]) for pin in pins}
        for number, wish in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            wanted = re.match(r"([A-Za-z0-9._-]+)(==\S+)?", wish)
            if not wanted or wish.startswith("-"):
                continue
            stale = wanted.group(2) and wanted.group(0) not in pins
            if stale or _normal(wanted.group(1)) not in names:
                breaches.append(
                    breach(root, path, number, f"{wish} is not in {locked.name}: run `make lock`")
                )
    return breaches


def _entries(text: str) -> list[tuple[int, str]]:
    """Return (line number, requirement with its continuation lines) for each requirement of a lock file."""
    entries: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith((" ", "\t")) and entries:
            first, entry = entries[-1]
            entries[-1] = (first, f"{entry} {line.strip()}")
        elif line.strip() and not line.startswith("#"):
            entries.append((number, line))
    return entries


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower()
