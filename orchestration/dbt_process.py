"""The dbt command, run so that it dies with the process that started it.

Belongs here: what must happen before dbt's own command line takes over.
Does not belong here: which models are built (warehouse.py) and where the build file is (resources.py).

An orphan dbt would go on writing the build file while the next night starts.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from importlib.metadata import version

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Run dbt with the arguments of this process."""
    parent = os.getppid()
    die_with_parent()
    if os.getppid() != parent:
        sys.exit("lifecycle-dbt: the process that started dbt is gone")
    if sys.argv[1:] == ["--version"]:
        # Asked before every invocation; dbt takes two seconds to say it.
        sys.stdout.write(f"installed: {version('dbt-core')}\n")
        return
    from dbt.cli.main import cli

    cli(prog_name="dbt")


def die_with_parent() -> None:
    """Ask Linux to kill this process as soon as its parent is gone; elsewhere do nothing."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


if __name__ == "__main__":
    main()
