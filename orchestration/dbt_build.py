"""One dbt build, whose reports may be told in two steps of a run.

Belongs here: reading what dbt says, and keeping what a later step has to tell.
Does not belong here: which models are built, and what Dagster makes of a report (warehouse.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from dagster_dbt import DbtCliInvocation
from dagster_dbt.core.dbt_cli_event import DbtCliEventMessage

_ROW_COUNT = "row_count "


@dataclass
class DbtBuild:
    """A started `dbt build`; `rows` are the row counts that its models reported, by node."""

    invocation: DbtCliInvocation
    rows: dict[str, int] = field(default_factory=dict)
    _errors: list[str] = field(default_factory=list)
    _left: list[tuple[DbtCliEventMessage, str]] | None = None

    def events(self, *, leave: Collection[str] = ()) -> Iterator[tuple[DbtCliEventMessage, str]]:
        """Yield each event and its node, as dbt goes on; those of the nodes to `leave` come the next time."""
        if self._left is not None:
            left, self._left = self._left, []
            yield from left
            return
        self._left = []
        for event in self.invocation.stream_raw_events():
            info, node = (
                event.raw_event["info"],
                event.raw_event["data"].get("node_info", {}).get("unique_id", ""),
            )
            if info["level"] == "error":
                self._errors.append(info["msg"])
            if info["msg"].startswith(_ROW_COUNT):
                self.rows[node] = int(info["msg"].removeprefix(_ROW_COUNT))
            if node in leave:
                self._left.append((event, node))
            else:
                yield event, node

    @property
    def reason(self) -> str | None:
        """Why the build failed, None when it did not; known once every event was read."""
        code = self.invocation.process.returncode
        if code == 0 and not self._errors:
            return None
        return " ".join(" ".join(self._errors).split()) or f"exit code {code}"
