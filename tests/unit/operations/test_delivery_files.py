"""Delivery files repeat themselves, say what they hold, and start no formula in anybody's spreadsheet."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import date

import pytest

from operations.delivery_files import COLUMNS, delivery_files, formula_safe

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)


def contact(
    touch_id: str, *, campaign: str = "CMP-001", on: date = DAY, token: str = "u1"
) -> dict[str, object]:
    return {
        "touch_id": touch_id, "recipient_token": token, "template_id": "guide", "channel_type": "push",
        "campaign_code": campaign, "contact_on": on,
    }  # fmt: skip


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_each_day_and_campaign_has_a_file_in_the_order_of_its_contacts() -> None:
    files = delivery_files(
        [contact("b"), contact("a"), contact("c", campaign="CMP-002"), contact("d", on=NEXT)]
    )
    assert [path for path in files if path.endswith(".csv")] == [
        "deliveries/2026-03-01/CMP-001.csv",
        "deliveries/2026-03-01/CMP-002.csv",
        "deliveries/2026-03-02/CMP-001.csv",
    ]
    first = rows(files["deliveries/2026-03-01/CMP-001.csv"])
    assert [row["touch_id"] for row in first] == ["a", "b"]
    assert tuple(first[0]) == COLUMNS
    assert first[0]["contact_on"] == "2026-03-01"


def test_the_manifest_has_rows_and_checksum_of_every_file_of_the_day() -> None:
    files = delivery_files([contact("a"), contact("b"), contact("c", campaign="CMP-002")])
    manifest = json.loads(files["deliveries/2026-03-01/manifest.json"])
    assert [(one["file"], one["rows"]) for one in manifest["files"]] == [
        ("CMP-001.csv", 2),
        ("CMP-002.csv", 1),
    ]
    for one in manifest["files"]:
        assert one["sha256"] == hashlib.sha256(files[f"deliveries/2026-03-01/{one['file']}"]).hexdigest()


def test_the_order_of_the_rows_changes_no_byte() -> None:
    contacts = [contact(name) for name in "cab"]
    assert delivery_files(contacts) == delivery_files(contacts[::-1])


def test_nobody_to_contact_is_no_file() -> None:
    assert delivery_files([]) == {}


@pytest.mark.parametrize("text", ["=1+1", "+86 10", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_starts_a_formula_is_made_harmless(text: str) -> None:
    assert formula_safe(text) == f"'{text}"
    (row,) = rows(delivery_files([contact("a", token=text)])["deliveries/2026-03-01/CMP-001.csv"])
    assert row["recipient_token"] == f"'{text}"


def test_other_text_stays_as_it_is() -> None:
    assert [formula_safe(value) for value in ("u-1", "a=b", None, date(2026, 3, 1))] == [
        "u-1",
        "a=b",
        "",
        "2026-03-01",
    ]


def test_a_day_that_is_no_date_is_refused() -> None:
    with pytest.raises(TypeError, match="contact_on is a date"):
        delivery_files([{**contact("a"), "contact_on": "2026-03-01"}])
