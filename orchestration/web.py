"""Web: the Dagster UI and its daemon, as children that live as long as the command does.

Belongs here: starting, watching and stopping them. Does not belong here: what they serve (definitions.py).
Both listen on this machine only: the UI knows no passwords.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from orchestration.dbt_process import die_with_parent
from orchestration.resources import CHECKOUT, Settings, child_environment

ADDRESS = "127.0.0.1"
_STOP_SECONDS = 15
_POLL_SECONDS = 0.5


def serve(settings: Settings, *, port: int, say: Callable[[str], None]) -> int:
    """Run the UI and the daemon until one of them ends or the command is told to stop; return an exit code."""
    environment = child_environment(
        {
            "DAGSTER_HOME": str(settings.home.dagster),
            "LIFECYCLE_HOME": str(settings.home.root),
            "LIFECYCLE_TOKEN_KEY_FILE": str(settings.token_key_file),
        }
    )
    workspace = ["-w", str(CHECKOUT / "workspace.yaml")]
    commands = [
        ["dagster-webserver", "-h", ADDRESS, "-p", str(port), *workspace],
        ["dagster-daemon", "run", *workspace],
    ]
    with ExitStack() as stack:
        for wanted in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(wanted, _interrupt)
        children = [stack.enter_context(_child(command, environment)) for command in commands]
        say(f"The UI comes up at http://{ADDRESS}:{port} (stop with Ctrl-C)")
        try:
            while all(child.poll() is None for child in children):
                _wait(children[0])
        except KeyboardInterrupt:
            say("Stopping")
            return 0
        finally:
            _stop(children)
    say("The UI or its daemon ended by itself; its last words stand above")
    return 1


def _child(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    program = Path(sys.executable).with_name(command[0])
    return subprocess.Popen(  # noqa: S603 - our own environment's scripts, no shell
        [str(program), *command[1:]],
        cwd=CHECKOUT,
        env=environment,
        # No other thread runs yet, so nothing can be held locked in the child.
        preexec_fn=die_with_parent,  # noqa: PLW1509
    )


def _wait(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
    for child in children:
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt
