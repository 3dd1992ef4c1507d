"""Delivery files: whom the dispatcher of a channel contacts on a day, as files that any program can read safely.

Belongs here: the folders, the columns, the manifest beside them. Does not belong here: who is delivered (the contact
gate), and where the files are published.

A delivered day is a pure function of what was recorded, so writing it again gives the same bytes. Files hold tokens,
which the dispatcher resolves, and no number or name of a person.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date

FOLDER = "deliveries"
MANIFEST = "manifest.json"
COLUMNS = ("touch_id", "recipient_token", "template_id", "channel_type", "campaign_code", "contact_on")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def delivery_files(rows: Sequence[Mapping[str, object]]) -> dict[str, bytes]:
    """Return the files of every day by their path: one CSV per campaign, and a manifest with rows and SHA-256 of each.

    `rows` have COLUMNS, `contact_on` being a date; they are written in the order of their touch_id.
    """
    days: dict[date, dict[str, list[Mapping[str, object]]]] = {}
    for row in rows:
        day = row["contact_on"]
        if not isinstance(day, date):
            raise TypeError(f"contact_on is a date, not {day!r}")
        days.setdefault(day, {}).setdefault(str(row["campaign_code"]), []).append(row)
    files: dict[str, bytes] = {}
    for day, campaigns in sorted(days.items()):
        folder = f"{FOLDER}/{day.isoformat()}"
        listed = []
        for code, own in sorted(campaigns.items()):
            content = _csv(own)
            files[f"{folder}/{code}.csv"] = content
            listed.append(
                {"file": f"{code}.csv", "rows": len(own), "sha256": hashlib.sha256(content).hexdigest()}
            )
        manifest = {"contact_on": day.isoformat(), "files": listed}
        files[f"{folder}/{MANIFEST}"] = (json.dumps(manifest, indent=1) + "\n").encode()
    return files


def formula_safe(value: object) -> str:
    """Return a value as text that no spreadsheet takes for a formula: an apostrophe stands before what starts one."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def _csv(rows: Sequence[Mapping[str, object]]) -> bytes:
    written = io.StringIO(newline="")
    # Quoted throughout: a lone carriage return would otherwise end a line for some readers.
    table = csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(COLUMNS)
    for row in sorted(rows, key=lambda row: str(row["touch_id"])):
        table.writerow([formula_safe(row[name]) for name in COLUMNS])
    return written.getvalue().encode()
