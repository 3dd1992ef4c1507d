"""The contact policy: who is never written to, what consent a channel and a tag need, how often is too often.

Belongs here: reading operations/definitions/contact_policy.yaml and refusing what cannot be followed.
Does not belong here: judging anybody by it (contact_gate.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_contracts.document import Document, read_document
from operations.tags import Tag

POLICY = Path(__file__).resolve().parent / "definitions" / "contact_policy.yaml"

_KEYS = ("holdout", "consent", "caps")


@dataclass(frozen=True)
class Cap:
    """No more than `at_most` marketing contacts of a channel within `in_days` calendar days, the new one included."""

    at_most: int
    in_days: int


@dataclass(frozen=True)
class ContactPolicy:
    """What every delivery is held to.

    `channel_scopes` and `tag_scopes` name the consent that a channel needs, and a tag by the first letter of its code.
    """

    holdout_share: float
    holdout_salt: str
    consent_stale_after_days: int
    channel_scopes: Mapping[str, str]
    tag_scopes: Mapping[str, str]
    caps: Mapping[str, tuple[Cap, ...]]

    def scopes(self, channel: str, tags: tuple[Tag, ...]) -> tuple[str, ...]:
        """Return the consents that contacting by `channel` because of `tags` needs, that of the channel first.

        Raises KeyError for a channel or a kind of tag that the policy does not know: it must not be used.
        """
        of_tags = sorted({self.tag_scopes[tag.code[0]] for tag in tags})
        return (self.channel_scopes[channel], *of_tags)


def load_policy(file: Path = POLICY) -> ContactPolicy:
    """Return the policy; raises data_contracts.document.ContractError, naming file and line."""
    document = read_document(file)
    document.refuse_unknown(_KEYS, "a contact policy")
    for key in _KEYS:
        if key not in document.value:
            raise document.error(f"'{key}' is missing")
    document.refuse_unknown(("share", "salt"), "a holdout", "holdout")
    document.refuse_unknown(("stale_after_days", "channels", "tags"), "a consent", "consent")
    share = document.value["holdout"].get("share")
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise document.error(f"a share is at least 0 and below 1, not {share!r}", "holdout", "share")
    channels, tags = (_scopes(document, key) for key in ("channels", "tags"))
    caps = _caps(document)
    for channel in channels:
        if channel not in caps:
            raise document.error(f"{channel} has no cap: say how often is too often", "caps")
    return ContactPolicy(
        holdout_share=float(share),
        holdout_salt=document.required_text("holdout", "salt"),
        consent_stale_after_days=_count(document, "consent", "stale_after_days"),
        channel_scopes=channels,
        tag_scopes=tags,
        caps=caps,
    )


def _scopes(document: Document, key: str) -> dict[str, str]:
    given = document.value["consent"].get(key)
    if not isinstance(given, dict) or not given:
        raise document.error(f"'{key}' names the consent that each of them needs", "consent", key)
    return {name: document.required_text("consent", key, name) for name in given}


def _caps(document: Document) -> dict[str, tuple[Cap, ...]]:
    given = document.value["caps"]
    if not isinstance(given, dict):
        raise document.error("'caps' are lists by channel", "caps")
    caps: dict[str, tuple[Cap, ...]] = {}
    for channel, listed in given.items():
        if not isinstance(listed, list) or not listed:
            raise document.error(f"{channel} needs a list of caps", "caps", channel)
        for position in range(len(listed)):
            document.refuse_unknown(("at_most", "in_days"), "a cap", "caps", channel, position)
        caps[channel] = tuple(
            Cap(*(_count(document, "caps", channel, position, key) for key in ("at_most", "in_days")))
            for position in range(len(listed))
        )
    return caps


def _count(document: Document, *path: str | int) -> int:
    value: Any = document.value
    for step in path:
        value = value.get(step) if isinstance(value, dict) else value[step]
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise document.error(f"'{path[-1]}' is a whole number from 1, not {value!r}", *path)
    return value
