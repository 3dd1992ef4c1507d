"""The definitions load without network and environment, and the asset graph changes only on purpose."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from tests.architecture.asset_graph import SNAPSHOT, describe
from tests.architecture.tree import PROJECT, plant

# An audit hook sees every socket that Python opens, by whatever library, and cannot be taken out again.
BLOCKED = """
import runpy, sys

def refuse(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.bind"}:
        raise ConnectionError(f"{event} is refused")

sys.addaudithook(refuse)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__")
"""


def run_blocked(module: str, *arguments: str, folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """Run a module in a process that has no environment variables and may reach no socket."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BLOCKED, module, *arguments],
        cwd=folder, env={}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def loaded() -> subprocess.CompletedProcess[str]:
    return run_blocked("tests.architecture.asset_graph", "--print")


def test_the_definitions_load_with_sockets_blocked_and_an_empty_environment(
    loaded: subprocess.CompletedProcess[str],
) -> None:
    assert loaded.returncode == 0, loaded.stderr


def test_the_asset_graph_is_the_committed_one(loaded: subprocess.CompletedProcess[str]) -> None:
    committed = SNAPSHOT.read_text(encoding="utf-8")
    assert loaded.stdout == committed, "if that is meant, `make asset-graph` accepts the graph as it is now"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import socket\nsocket.create_connection(('127.0.0.1', 9))", "is refused"),
        ("import urllib.request\nurllib.request.urlopen('http://localhost:9')", "is refused"),
        ("import os\nos.environ['LIFECYCLE_HOME']", "KeyError"),
    ],
)
def test_a_planted_connection_and_a_planted_need_for_the_environment_fail(
    tmp_path: Path, code: str, reason: str
) -> None:
    failed = run_blocked("planted", folder=plant(tmp_path, {"planted.py": code}))
    assert failed.returncode == 1
    assert reason in failed.stderr


def test_a_planted_asset_dependency_or_group_changes_the_graph() -> None:
    def page(*, group: str, deps: list[str], names: tuple[str, ...] = ("a", "b")) -> str:
        specs = [dg.AssetSpec(name, group_name=group, deps=deps if name == "b" else []) for name in names]
        return describe(dg.Definitions(assets=specs))

    before = page(group="marts", deps=[])
    assert page(group="marts", deps=[], names=("b", "a")) == before
    assert page(group="tags", deps=[]) != before
    assert page(group="marts", deps=["a"]) != before
    assert page(group="marts", deps=[], names=("a", "b", "c")) != before
