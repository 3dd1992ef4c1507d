"""Prepare: what is generated from the contracts and the dbt project before Dagster can load.

Belongs here: the dbt sources file, the manifest, and knowing whether they are up to date.
Does not belong here: running models. Nothing made here is committed.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from data_contracts.dbt_sources import dbt_sources_yaml
from operations.segments import FOLDER as SEGMENTS
from orchestration import project_files
from orchestration.resources import (
    DBT_PROJECT,
    ConfigurationError,
    Settings,
    child_environment,
    dbt_environment,
    load_promises,
)

TARGET = DBT_PROJECT / "target"
MANIFEST = TARGET / "manifest.json"
PARSED_PROJECT = TARGET / "partial_parse.msgpack"
SOURCES = DBT_PROJECT / "models" / "staging" / "_sources.yml"

_STAMP = TARGET / "prepared.txt"
_LOCK = TARGET / "prepare.lock"
_KEPT = (PARSED_PROJECT.name, MANIFEST.name)


def prepare(settings: Settings) -> bool:
    """Generate the sources and the manifest unless they are up to date; return whether anything was done.

    Raises ContractError for a contract and ConfigurationError for a dbt project that cannot be understood.
    """
    sources = dbt_sources_yaml(load_promises().contracts.values())
    TARGET.mkdir(exist_ok=True)
    with _LOCK.open("w") as lock:
        # Two commands may start at once; the second finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not SOURCES.is_file() or SOURCES.read_text(encoding="utf-8") != sources:
            SOURCES.write_text(sources, encoding="utf-8")
        stamp = project_files.digest(
            DBT_PROJECT, project_files.project_files(DBT_PROJECT), version("dbt-core"), version("dbt-duckdb")
        )
        if MANIFEST.is_file() and _STAMP.is_file() and _STAMP.read_text(encoding="utf-8") == stamp:
            return False
        _parse(settings)
        _STAMP.write_text(stamp, encoding="utf-8")
    return True


def models_digest() -> str:
    """Return a digest of everything that people edit and that decides what tables contain: models, seeds, segments."""
    segments = sorted(SEGMENTS.glob("*.yaml"))
    return project_files.digest(SEGMENTS, segments, project_files.models_digest(DBT_PROJECT))


def dbt_executable() -> Path:
    """Return the `lifecycle-dbt` script of this environment; raises ConfigurationError when it is not installed."""
    script = Path(sys.executable).with_name("lifecycle-dbt")
    if not script.is_file():
        raise ConfigurationError(f"{script} is missing: install the project into this environment")
    return script


def _parse(settings: Settings) -> None:
    with tempfile.TemporaryDirectory(dir=TARGET) as scratch:
        parsed = subprocess.run(  # noqa: S603 - our own script, no shell
            [
                dbt_executable(), "--no-use-colors", "--quiet", "parse",
                "--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT,
                "--target-path", scratch, "--log-path", scratch,
            ],
            env=child_environment(dbt_environment(settings)),
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if parsed.returncode != 0:
            reason = " ".join((parsed.stdout + parsed.stderr).split())
            raise ConfigurationError(f"the dbt project cannot be parsed: {reason}")
        for name in _KEPT:
            # A rename inside one folder: whoever loads the manifest sees the old one or the new one.
            shutil.move(Path(scratch) / name, TARGET / f"{name}.new")
            (TARGET / f"{name}.new").replace(TARGET / name)
