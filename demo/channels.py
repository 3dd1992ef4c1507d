"""Where new people come from: channels, their tracked links and what each costs a day.

Belongs here: the fixed list of channels and links, with the quality of the people each brings.
Does not belong here: the people.
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Channel:
    """A way to win customers; `weight` is its share of arrivals, the ratios describe who it brings."""

    channel_id: str
    name: str
    group: str
    weight: int
    keenness: float
    wealth: float
    cost_per_arrival_fen: int

    @property
    def is_paid(self) -> bool:
        """Say whether the channel's people are bought."""
        return self.cost_per_arrival_fen > 0


@dataclass(frozen=True)
class Link:
    """A tracked link of a channel, as it stands in the advertising platform."""

    link_id: str
    channel_id: str
    campaign: str
    adgroup: str
    creative: str
    keyword: str

    @property
    def utm(self) -> dict[str, str]:
        """The five tracking parameters of the link."""
        return {
            "$utm_source": self.channel_id,
            "$utm_medium": CHANNEL[self.channel_id].group,
            "$utm_campaign": self.campaign,
            "$utm_content": self.creative,
            "$utm_term": self.keyword,
        }


CHANNELS: tuple[Channel, ...] = (
    Channel("sem_brand", "百度品牌词", "sem", 10, 1.5, 1.8, 9_000),
    Channel("sem_generic", "百度通用词", "sem", 16, 1.0, 1.0, 12_000),
    Channel("feed_x", "信息流", "feed", 30, 0.5, 0.4, 4_500),
    Channel("media_finance", "财经媒体", "media", 12, 1.2, 1.4, 11_000),
    Channel("store", "应用商店", "store", 14, 0.9, 0.8, 0),
    Channel("bank_partner", "银行合作", "bank", 8, 1.3, 1.6, 15_000),
    Channel("referral", "老客户推荐", "referral", 10, 1.4, 1.2, 0),
)
CHANNEL: dict[str, Channel] = {channel.channel_id: channel for channel in CHANNELS}
KEYWORDS = ("证券开户", "股票开户", "低佣开户", "炒股软件", "基金理财")


def _links() -> tuple[Link, ...]:
    links = []
    for channel in CHANNELS:
        for number in range(1, 4 if channel.is_paid else 2):
            campaign = f"{channel.channel_id}_2026q1_{number}"
            keyword = KEYWORDS[len(links) % len(KEYWORDS)] if channel.group == "sem" else "none"
            link_id = f"L{len(links) + 1:03d}"
            adgroup, creative = f"group_{number}", f"c{number:02d}"
            links.append(Link(link_id, channel.channel_id, campaign, adgroup, creative, keyword))
    return tuple(links)


LINKS: tuple[Link, ...] = _links()


def choose_link(stream: Random) -> Link:
    """Draw the link a new person came by."""
    (channel,) = stream.choices(CHANNELS, weights=[channel.weight for channel in CHANNELS])
    return stream.choice([link for link in LINKS if link.channel_id == channel.channel_id])
