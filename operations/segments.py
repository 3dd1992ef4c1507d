"""Segments: who is meant, under which name, and how much a segment may change before its delivery is held back.

Belongs here: reading operations/definitions/segments/*.yaml and refusing what cannot be used.
Does not belong here: what a rule may say (rule.py) and finding the people (members.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data_contracts.document import ContractError, Document, read_document
from operations.rule import Rule, RuleError, compile_rule
from operations.tags import TagDictionary

FOLDER = Path(__file__).resolve().parent / "definitions" / "segments"

_KEYS = ("segment", "code", "title", "owner", "description", "rule", "size")
_TITLE_KEYS = ("en", "zh")
_SIZE_KEYS = ("warns_when_changed_by", "stops_when_changed_by")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CODE = re.compile(r"SEG-[A-Z][0-9]{2}")


@dataclass(frozen=True)
class SizeGuard:
    """By which share of its size the day before a segment may change; an empty one always stops."""

    warns_when_changed_by: float = 0.3
    stops_when_changed_by: float = 0.6

    def complaint(self, members: int, members_before: int) -> str | None:
        """Return what is wrong with a size beside that of the day before, None when nothing is.

        A segment that had nobody has nothing to be compared with.
        """
        if members == 0:
            return "has no members"
        if members_before == 0:
            return None
        change = members - members_before
        if abs(change) <= self.warns_when_changed_by * members_before:
            return None
        return f"went from {members_before:,} to {members:,} members ({change / members_before:+.0%})"

    def stops(self, members: int, members_before: int) -> bool:
        """Say whether nothing may be delivered to a segment of that size."""
        if members == 0 or members_before == 0:
            return members == 0
        return abs(members - members_before) > self.stops_when_changed_by * members_before


@dataclass(frozen=True)
class Segment:
    """One segment, whose rule the tag dictionary has been asked about."""

    name: str
    code: str
    title_en: str
    title_zh: str
    owner: str
    description: str
    text: str
    rule: Rule
    size: SizeGuard

    @property
    def version(self) -> str:
        """Eight characters that change when the rule means something else, and never otherwise."""
        return hashlib.sha256(self.rule.canonical.encode()).hexdigest()[:8]


def load_segments(tags: TagDictionary, *, folder: Path = FOLDER) -> Mapping[str, Segment]:
    """Return the segments of a folder by code.

    Raises data_contracts.document.ContractError, naming file and line, for the first that cannot be used.
    """
    segments: dict[str, Segment] = {}
    names: dict[str, str] = {}
    for file in sorted(folder.glob("*.yaml")):
        document = read_document(file)
        segment = _segment(document, tags)
        if segment.code in segments:
            raise document.error(f"{segment.code} is also the code of {segments[segment.code].name}", "code")
        segments[segment.code] = segment
        names[segment.name] = segment.code
    return dict(sorted(segments.items()))


def load_segment(file: Path, tags: TagDictionary) -> Segment:
    """Return the segment of one file, wherever it lies; raises ContractError."""
    return _segment(read_document(file), tags)


def _segment(document: Document, tags: TagDictionary) -> Segment:
    document.refuse_unknown(_KEYS, "a segment")
    name, code, owner, description, text = (
        document.required_text(key) for key in ("segment", "code", "owner", "description", "rule")
    )
    if not _NAME.fullmatch(name) or name != document.file.stem:
        raise document.error("the name is that of the file, in small letters, digits and _", "segment")
    if not _CODE.fullmatch(code):
        raise document.error(f"the code is like SEG-N01, not '{code}'", "code")
    if "title" in document.value:
        document.refuse_unknown(_TITLE_KEYS, "a title", "title")
    title_en, title_zh = (document.required_text("title", key) for key in _TITLE_KEYS)
    prefix = code.lower().replace("-", "_")
    try:
        rule = compile_rule(text, tags, prefix=prefix)
    except RuleError as error:
        raise document.error(f"rule: {error}", "rule") from error
    return Segment(
        name=name,
        code=code,
        title_en=title_en,
        title_zh=title_zh,
        owner=owner,
        description=" ".join(description.split()),
        text=" ".join(text.split()),
        rule=rule,
        size=_size(document),
    )


def _size(document: Document) -> SizeGuard:
    if "size" not in document.value:
        return SizeGuard()
    document.refuse_unknown(_SIZE_KEYS, "a size", "size")
    given: dict[str, float] = {}
    for key, value in document.value["size"].items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise document.error(f"{key} is a share above 0, like 0.3, not {value!r}", "size", key)
        given[key] = float(value)
    guard = SizeGuard(**given)
    if guard.warns_when_changed_by > guard.stops_when_changed_by:
        raise document.error("a change that warns is smaller than one that stops", "size")
    return guard


__all__ = ["FOLDER", "ContractError", "Segment", "SizeGuard", "load_segment", "load_segments"]
