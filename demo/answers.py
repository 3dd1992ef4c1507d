"""Answers: what the marketing system reads of the delivery files that ask it to contact people.

Belongs here: their layout. Does not belong here: what people do then (interest.py, lives.py).
"""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from demo.interest import Contact


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
