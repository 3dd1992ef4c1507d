"""How the broker numbers things, so that the app and the back office speak of the same order or attempt.

Belongs here: the text of every reference made of a person, a day and a running number.
Does not belong here: numbers that a person carries for life (people.py).
"""

from datetime import date

from demo.people import Person
from demo.records import Attempt, Touch


def attempt_id(person: Person, attempt: Attempt) -> str:
    """Name an application for an account."""
    return f"A{person.index:06d}-{attempt.number}"


def order_id(person: Person, day: date, number: int) -> str:
    """Name an order."""
    return f"O{day:%Y%m%d}{person.index:06d}{number:02d}"


def trade_id(person: Person, day: date, number: int) -> str:
    """Name an execution."""
    return f"T{day:%Y%m%d}{person.index:06d}{number:02d}"


def flow_id(person: Person, day: date, number: int) -> str:
    """Name a movement of cash."""
    return f"F{day:%Y%m%d}{person.index:06d}{number:02d}"


def touch_id(person: Person, day: date, touch: Touch) -> str:
    """Name a message planned for a person; one that was delivered to us has its name already."""
    if touch.contact is not None:
        return touch.contact.touch_id
    return f"M{day:%Y%m%d}{person.index:06d}{touch.number}"


def evidence_id(person: Person, day: date, number: int) -> str:
    """Name the record that proves a consent or its withdrawal."""
    return f"E{day:%Y%m%d}{person.index:06d}{number}"


def branch_id(person: Person) -> str:
    """Name the branch a person belongs to."""
    return f"B{person.index % 12 + 1:03d}"
