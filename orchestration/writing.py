"""Writing: the one resource that changes a home, held by a run from its first step to its last.

Belongs here: opening the home, the writer's lock and fence, and what one step of a run tells a later one.
Does not belong here: what is written, and reading the environment (resources.py).

The in-process executor makes a resource once per run, so the lock is held between steps too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from pydantic import PrivateAttr

from orchestration.dbt_build import DbtBuild
from orchestration.processes import process_tags
from orchestration.resources import House, dbt_environment, exported, open_house, read_settings
from storage.build import BuildPlan
from storage.writer import writer


class NotWritingError(RuntimeError):
    """A step needs what an earlier step of the same run was to leave."""


class Writer(dg.ConfigurableResource):
    """The opened home under the writer's lock; `wait_seconds` is how long another writer is waited for."""

    wait_seconds: float = 600.0

    _house: House | None = PrivateAttr(default=None)
    _fence: int = PrivateAttr(default=0)
    _plan: BuildPlan | None = PrivateAttr(default=None)
    _left: DbtBuild | None = PrivateAttr(default=None)

    @property
    def house(self) -> House:
        """The opened home."""
        if self._house is None:
            raise NotWritingError("the home is open inside a run only")
        return self._house

    @property
    def fence(self) -> int:
        """The fencing number of this run."""
        return self._fence

    @property
    def plan(self) -> BuildPlan:
        """What this run rebuilds; raises NotWritingError before it was planned."""
        if self._plan is None:
            raise NotWritingError("this run has not prepared a build: run the whole nightly job")
        return self._plan

    def leave(self, build: DbtBuild) -> None:
        """Leave a finished dbt build to the step that tells the rest of it."""
        self._left = build

    def take(self) -> DbtBuild | None:
        """Return the dbt build that was left, once; None when dbt has still to start."""
        left, self._left = self._left, None
        return left

    def follow(self, plan: BuildPlan) -> None:
        """Make `plan` the one that the later steps of this run follow."""
        self._plan = plan

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Writer]:
        """Hold the home open and locked until the run ends; raises WriterBusy when another writer does not end."""
        settings = read_settings()
        run_id = context.run_id or "unknown"
        if context.instance is not None and context.run_id is not None:
            # Whoever finds this run unfinished can tell whether its process still lives.
            context.instance.add_run_tags(run_id, process_tags())
        with open_house(settings) as house, exported(dbt_environment(settings)):
            lock = writer(
                house.home,
                house.ledger,
                holder=f"run {run_id[:8]}",
                wait_seconds=self.wait_seconds,
            )
            with lock as self._fence:
                self._house = house
                yield self
                self._house, self._plan, self._left = None, None, None
