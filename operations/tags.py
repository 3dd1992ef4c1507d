"""The tag dictionary as rules see it: which tags there are, of which kind, and with which values.

Belongs here: the words for tags and finding one by its name.
Does not belong here: reading it from the manifest (orchestration/dbt_models.py); what a tag means stands in its model.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum


class TagKind(Enum):
    """What can be said of a tag: `yes_no` holds or not, the others are compared with values of their kind."""

    YES_NO = "yes_no"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True)
class Tag:
    """One tag: the column `name` of the tag table `table`; `values` are all that a text can be, where that is known."""

    code: str
    name: str
    table: str
    kind: TagKind
    values: tuple[str, ...] = ()


class UnknownTagError(LookupError):
    """There is no tag of that name; the message names those that are spelled alike."""


class TagDictionary:
    """The tags by name, which no two share."""

    def __init__(self, tags: Iterable[Tag]) -> None:
        self._by_name: dict[str, Tag] = {}
        for tag in tags:
            if tag.name in self._by_name:
                raise ValueError(
                    f"two tags are named {tag.name}: {self._by_name[tag.name].code} and {tag.code}"
                )
            self._by_name[tag.name] = tag

    def __getitem__(self, name: str) -> Tag:
        if name not in self._by_name:
            alike = difflib.get_close_matches(name, self._by_name, n=3)
            meant = f"; is {' or '.join(alike)} meant?" if alike else ""
            raise UnknownTagError(f"there is no tag '{name}'{meant}")
        return self._by_name[name]

    def __iter__(self) -> Iterator[Tag]:
        return iter(sorted(self._by_name.values(), key=lambda tag: tag.code))
