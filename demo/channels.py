"""Where new people come from: the tracked links of the channels.

Belongs here: the fixed list of links. Does not belong here: the channels' quality and cost (truths.yaml), the people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from demo.truths import planted

KEYWORDS = ("证券开户", "股票开户", "低佣开户", "炒股软件", "基金理财")
LINKS_OF_PAID, LINKS_OF_FREE = 3, 1


@dataclass(frozen=True)
class Link:
    """A tracked link of a channel, as it stands in the advertising platform."""

    link_id: str
    channel_id: str
    group: str
    campaign: str
    adgroup: str
    creative: str
    keyword: str

    @property
    def utm(self) -> dict[str, str]:
        """The five tracking parameters of the link."""
        return {
            "$utm_source": self.channel_id,
            "$utm_medium": self.group,
            "$utm_campaign": self.campaign,
            "$utm_content": self.creative,
            "$utm_term": self.keyword,
        }


def _links() -> tuple[Link, ...]:
    links: list[Link] = []
    for channel_id, channel in planted().channels.items():
        for number in range(1, 1 + (LINKS_OF_PAID if channel.is_paid else LINKS_OF_FREE)):
            keyword = KEYWORDS[len(links) % len(KEYWORDS)] if channel.group == "sem" else "none"
            links.append(
                Link(
                    link_id=f"L{len(links) + 1:03d}",
                    channel_id=channel_id,
                    group=channel.group,
                    campaign=f"{channel_id}_2026q1_{number}",
                    adgroup=f"group_{number}",
                    creative=f"c{number:02d}",
                    keyword=keyword,
                )
            )
    return tuple(links)


LINKS: tuple[Link, ...] = _links()
LINK_CHANNELS: tuple[int, ...] = tuple(tuple(planted().channels).index(link.channel_id) for link in LINKS)
"""Of each link, the place of its channel."""


@cache
def links_of(channel: int) -> tuple[int, ...]:
    """Return the places of the links of a channel, by its place; they stand side by side."""
    return tuple(number for number, place in enumerate(LINK_CHANNELS) if place == channel)
