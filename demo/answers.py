"""Answers: what the marketing system reads of the delivery files that ask it to contact people.

Belongs here: their layout. Does not belong here: what people do then (touching.py).
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from demo.names import person_of_login


@dataclass(frozen=True)
class Contact:
    """One line of a delivery file: a person is to be contacted on a day."""

    touch_id: str
    recipient: str
    template_id: str
    channel: str
    campaign: str
    contact_on: date

    @property
    def person(self) -> int:
        """The index of the person; -1 when nobody has such a login."""
        return person_of_login(self.recipient)

    @property
    def key(self) -> int:
        """A number that the contact's name decides."""
        return int.from_bytes(hashlib.sha256(self.touch_id.encode()).digest()[:7], "big")


def read_contacts(deliveries: Path) -> Iterator[Contact]:
    """Yield every line of the files below `deliveries`, day by day; raises KeyError when a column is missing."""
    for file in sorted(deliveries.glob("*/*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield Contact(
                    touch_id=row["touch_id"],
                    recipient=row["recipient_token"],
                    template_id=row["template_id"],
                    channel=row["channel_type"],
                    campaign=row["campaign_code"],
                    contact_on=date.fromisoformat(row["contact_on"]),
                )
