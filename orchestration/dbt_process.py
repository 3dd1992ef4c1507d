"""The dbt command, run so that it dies with the process that started it.

Belongs here: what must happen before dbt's own command line takes over.
Does not belong here: which models are built (warehouse.py) and where the build file is (resources.py).

An orphan dbt would go on writing the build file while the next night starts. A night hands over the project as it was
parsed when it was prepared: dbt would parse all of it anew wherever the build file lies somewhere else.
"""

from __future__ import annotations

import ctypes
import select
import signal
import sys
from importlib.metadata import version
from pathlib import Path

PARSED = "--parsed="

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Run dbt with the arguments of this process, on the parsed project that the first of them may name."""
    die_with_parent()
    if _is_unheard():
        # The parent was gone before it could be asked for: its death sends no signal any more.
        sys.exit(1)
    if sys.argv[1:] == ["--version"]:
        # Asked before every invocation; dbt takes two seconds to say it.
        sys.stdout.write(f"installed: {version('dbt-core')}\n")
        return
    first, *arguments = sys.argv[1:] or [""]
    if first.startswith(PARSED):
        sys.exit(_run_on(Path(first.removeprefix(PARSED)), arguments))
    from dbt.cli.main import cli

    cli(prog_name="dbt")


def _run_on(parsed: Path, arguments: list[str]) -> int:
    """Run dbt on the project as `dbt parse` left it in the file `parsed`; return the exit code of dbt's own command."""
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    project = Manifest.from_msgpack(parsed.read_bytes())
    project.build_flat_graph()
    ended = dbtRunner(manifest=project).invoke(arguments)
    if ended.exception is not None:
        sys.stderr.write(f"{ended.exception}\n")
        return 2
    return 0 if ended.success else 1


def die_with_parent() -> None:
    """Ask Linux to kill this process as soon as its parent is gone; elsewhere do nothing."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


def _is_unheard() -> bool:
    """Say whether standard output is a pipe that nobody reads: whoever started this process is gone."""
    waiting = select.poll()
    waiting.register(sys.stdout.fileno(), 0)
    return any(state & select.POLLERR for _, state in waiting.poll(0))


if __name__ == "__main__":
    main()
