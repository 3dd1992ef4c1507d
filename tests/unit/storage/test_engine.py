"""Connections of the engine: what holds for one holds for its cursors."""

from __future__ import annotations

import os
import subprocess
import sys

_ASK = """
from storage.engine import connect
connection = connect()
for one in (connection, connection.cursor()):
    print(one.execute("select cast(timestamptz '2026-01-01 00:00:00+00' as varchar)").fetchone()[0])
"""


def test_a_cursor_tells_the_time_in_utc_wherever_the_machine_is() -> None:
    away = {**os.environ, "TZ": "Asia/Shanghai"}
    told = subprocess.run([sys.executable, "-c", _ASK], env=away, capture_output=True, text=True, check=True)
    assert told.stdout.split("\n")[:2] == ["2026-01-01 00:00:00+00"] * 2
