"""A served home and a browser that looks at it: two days taken in, the third landed and waiting.

Belongs here: making the home, starting `lifecycle ui` in a process group of its own, ending all of it.
Does not belong here: what the pages must show.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.architecture.tree import PROJECT
from tests.browser.served import VIEWPORT, Served

LAST_TAKEN_IN, WAITING = date(2026, 1, 6), date(2026, 1, 7)
START_SECONDS = 120
# Nothing but this machine can be reached, and nothing is fetched that no page asked for.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed on this machine")
    return found


@pytest.fixture(scope="module")
def home(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("served") / "home"
    run(home, script("lifecycle"), "init")
    landing = str(home / "landing")
    run(home, sys.executable, "-m", "demo", "--landing", landing, "--people", "60", "--days", "3")
    # Without its control file a delivery is not known to be complete: the sensor leaves this night to a person.
    (home / "landing" / "app" / "events" / WAITING.isoformat() / "_control.json").unlink()
    run(home, script("lifecycle"), "nightly", "--as-of", LAST_TAKEN_IN.isoformat())
    return home


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    port = free_port()
    log = home.parent / "ui.log"
    with log.open("wb") as output:
        command = [script("lifecycle"), "ui", "--port", str(port)]
        ui = subprocess.Popen(
            command,
            cwd=PROJECT, env=environment(home), stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_served(ui, address, log)
        yield Served(address, home, taken_in=LAST_TAKEN_IN, waiting=WAITING)
    finally:
        kill(ui)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, served: Served, tmp_path: Path) -> Iterator[Page]:
    """A fresh page; its last sight is kept as last.png, and it must have asked nobody but the served home."""
    context = browser.new_context(base_url=served.address, viewport=VIEWPORT, locale="en-GB")
    context.set_default_timeout(30_000)
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    yield page
    page.screenshot(path=tmp_path / "last.png")
    context.close()
    assert [url for url in asked if not url.startswith((served.address, "data:", "blob:"))] == []


def script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def environment(home: Path) -> dict[str, str]:
    """Return the environment of the product: nothing of a home or a Dagster that the caller has."""
    ours = ("LIFECYCLE_", "DAGSTER_", "DBT_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return inherited | {"LIFECYCLE_HOME": str(home)}


def run(home: Path, *command: str) -> None:
    done = subprocess.run(
        command, cwd=PROJECT, env=environment(home), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_served(ui: subprocess.Popen[bytes], address: str, log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and ui.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/server_info", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    pytest.fail(f"the UI did not come up\n{log.read_text(errors='replace')}")


def kill(ui: subprocess.Popen[bytes]) -> None:
    """End the UI, its daemon, their code servers and any run: some lead a group of their own."""
    family = psutil.Process(ui.pid).children(recursive=True) if ui.poll() is None else []
    with contextlib.suppress(ProcessLookupError):
        os.killpg(ui.pid, signal.SIGKILL)
    for process in family:
        # A process number is never used again while psutil still knows whose it was.
        if process.is_running():
            process.kill()
    ui.wait()
    psutil.wait_procs(family, timeout=10)
