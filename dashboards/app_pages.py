"""The pages by name, in the order in which they are listed.

Belongs here: the list. Does not belong here: drawing, the choice of a page (app.py).
"""

from __future__ import annotations

from collections.abc import Callable

from dashboards import decisions, people
from dashboards.panels import Page

PAGES: dict[str, Callable[[Page], None]] = {
    "people": people.stages,
    "opening": people.opening,
    "channels": people.channels,
    "retention": people.retention,
    "segments": people.segments,
    "campaigns": decisions.campaigns,
    "models": decisions.models,
    "intake": decisions.intake,
}
