"""Planted truths: how each is looked for in what the pipeline built.

Belongs here: what is true of people, a function each, and the order of the report. Does not belong here: the truths'
numbers (the truth folder of the demo), faults of feeds (planted_feeds.py), the report (recovery.py).

A truth that nothing here can find yet stands here as well, with what it waits for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator

import dagster as dg
import numpy as np
from scipy import stats

from orchestration.planted_feeds import dirt, reissue, row_dirt, silent_feed
from orchestration.recovered import (
    CONFIDENCE,
    FEWEST,
    Evidence,
    Recovered,
    equal,
    poisson_interval,
    share,
    share_interval,
)

LOOKED_AT = [
    dg.AssetKey(["intermediate", "int_opening_steps__tried"]),
    dg.AssetKey(["intermediate", "int_login_devices__observed"]),
    dg.AssetKey(["intermediate", "int_identities__walked"]),
    dg.AssetKey(["marts", "fct_stage_transitions"]),
    dg.AssetKey(["marts", "rpt_channel_quality"]),
]
_RANKED_LIKE_CHANCE = 0.0
_AT_RISK = ("declining", "dormant", "silently_lost")


def _faulty_step(evidence: Evidence) -> Iterator[Recovered]:
    fault = evidence.told["truths"]["opening"]["fault"]
    query = (
        "select count(*) filter (where result = 'ok'), count(*) from intermediate.int_opening_steps__tried"
        " where step_code = ? and (os = ? and starts_with(app_version, ?)) = ?"
    )
    given = (fault["step"], fault["os"], fault["app_version"])
    passed, tried = evidence.one(query, *given, True)  # noqa: FBT003 - a bound value
    others, of = evidence.one(query, *given, False)  # noqa: FBT003 - a bound value
    low, high = share_interval(passed, tried)
    truth = f"step {fault['step']} passes less on {fault['os']} with app {fault['app_version']}x"
    if tried < FEWEST:
        yield Recovered(truth, f"{fault['passes']:.0%}", waits_for="more tries on such phones")
        return
    yield Recovered(
        truth,
        planted=f"{fault['passes']:.0%}",
        found=f"{share(passed, tried)} of {tried:,} tries, elsewhere {share(others, of)}",
        interval=f"{low:.0%} to {high:.0%}",
        is_found=low <= fault["passes"] <= high < others / max(1, of),
    )


def _channels(evidence: Evidence) -> Iterator[Recovered]:
    found = dict(
        evidence.served.execute(
            "select channel_id, [sum(opened_people_count), sum(people_count)] from marts.rpt_channel_quality"
            " where as_of_date = (select max(as_of_date) from marts.rpt_channel_quality)"
            " and channel_id in ('sem_brand', 'feed_x') group by all"
        ).fetchall()
    )
    brand, feed = found.get("sem_brand", [0, 0]), found.get("feed_x", [0, 0])
    low, high = share_interval(*brand)[0], share_interval(*feed)[1]
    truth, planted = (
        "people of sem_brand open accounts more often than those of feed_x",
        "sem_brand above feed_x",
    )
    if min(brand[1], feed[1]) < FEWEST:
        yield Recovered(truth, planted, waits_for="more people of both channels")
        return
    yield Recovered(
        truth,
        planted,
        found=f"{share(*brand)} of {brand[1]:,} against {share(*feed)} of {feed[1]:,}",
        interval=f"at least {low:.0%} against at most {high:.0%}",
        is_found=low > high,
    )


def _phones(evidence: Evidence) -> Iterator[Recovered]:
    (found,) = evidence.one(
        "select count(*) from (select device_id from intermediate.int_login_devices__observed"
        " group by device_id having count(distinct login_id) > 1)"
    )
    truth, planted = "phones that two people use", evidence.told["shared_phones"]
    if found < planted:
        yield Recovered(
            truth, f"{planted:,}", f"{found:,}", waits_for="both of their users to have logged in"
        )
    else:
        yield equal(truth, planted, found)


def _campaigns(evidence: Evidence) -> Iterator[Recovered]:
    for effect in json.loads((evidence.folder / "effects.json").read_bytes()):
        found = evidence.served.execute(
            "select difference, difference_low, difference_high, assigned_count"
            " from campaigns.rpt_campaign_results where campaign_code = ? order by as_of_date desc limit 1",
            [effect["name"]],
        ).fetchall()
        truth = f"what the messages of {effect['name']} cause ({effect['outcome']})"
        planted = f"{effect['difference']:+.1%} of {effect['people']:,}"
        if not found:
            yield Recovered(truth, planted, waits_for="results of the marketing department's own plans")
            continue
        ((difference, low, high, assigned),) = found
        if difference is None or low is None:
            yield Recovered(truth, planted, found=f"{assigned:,} assigned, none of them long enough ago")
            continue
        yield Recovered(
            truth,
            planted,
            found=f"{difference:+.1%} of {assigned:,} assigned",
            interval=f"{low:+.1%} to {high:+.1%}",
            is_found=low <= effect["difference"] <= high,
        )


def _churn(evidence: Evidence) -> Iterator[Recovered]:
    truth = "who is likely to be lost (falls silent or moves the money away)"
    pairs = evidence.built.execute(
        "select truths.is_lost, scores.churn_score"
        " from read_parquet(?) as truths"
        " inner join intermediate.int_identities__walked as identities"
        " on identities.node_id = 'customer:' || truths.customer_id and identities.as_of_date = truths.as_of_date"
        " inner join ml.churn_scores as scores"
        " on scores.person_id = identities.person_id and scores.as_of_date = truths.as_of_date",
        [str(evidence.folder / "churn.parquet")],
    ).fetchall()
    if len(pairs) < FEWEST:
        yield Recovered(truth, "chances by 200 futures each", waits_for="a model that serves on that day")
        return
    chances, scores = zip(*((float(chance), float(score)) for chance, score in pairs), strict=True)
    ranked = float(np.corrcoef(stats.rankdata(chances), stats.rankdata(scores))[0, 1])
    reach = stats.norm.ppf(0.5 + CONFIDENCE / 2) / math.sqrt(len(pairs) - 3)
    low, high = (math.tanh(math.atanh(min(0.999, ranked)) + way * reach) for way in (-1, 1))
    yield Recovered(
        truth,
        planted=f"mean chance {sum(chances) / len(chances):.0%} of {len(pairs)} people",
        found=f"mean score {sum(scores) / len(scores):.0%}, ranked alike {ranked:+.2f}",
        interval=f"{low:+.2f} to {high:+.2f}",
        is_found=low > _RANKED_LIKE_CHANCE,
    )


def _unbound(evidence: Evidence) -> Iterator[Recovered]:
    planted = evidence.told["unbound"]
    truth = f"login {planted['login_id']} is taken off its customer on {planted['on']}"
    (people, last) = evidence.one(
        "select count(distinct person_id), cast(max(as_of_date) as varchar) from intermediate.int_identities__walked"
        " where as_of_date = (select max(as_of_date) from intermediate.int_identities__walked)"
        " and node_id in ('login:' || ?, 'customer:' || ?)",
        planted["login_id"],
        planted["customer_id"],
    )
    if last is None or last < planted["on"]:
        yield Recovered(truth, "two people", waits_for="that day")
        return
    yield equal(truth + ", people then", 2, people)


def _holiday(evidence: Evidence) -> Iterator[Recovered]:
    """D10: nobody falls asleep because the exchange is closed."""
    if not (closed := evidence.told["longest_closure"]):
        return
    found = evidence.built.execute(
        "select as_of_date between ? and ?, count(*) filter (where list_contains(?, to_stage_type)),"
        " count(distinct as_of_date) from marts.fct_stage_transitions where as_of_date <> ? group by all order by 1",
        [closed["first"], closed["last"], list(_AT_RISK), evidence.told["first_day"]],
    ).fetchall()
    truth = f"nobody is at risk for {closed['first']} to {closed['last']}, when the exchange was closed"
    if len(found) < 2 or found[0][1] < FEWEST:
        yield Recovered(truth, "no more than on other days", waits_for="more people who fall silent")
        return
    (_, elsewhere, open_days), (_, then, closed_days) = found
    usual, low = elsewhere / open_days, poisson_interval(then)
    yield Recovered(
        truth,
        planted="no more than on other days",
        found=f"{then / closed_days:.1f} a day come to be at risk, elsewhere {usual:.1f}",
        interval=f"{low[0] / closed_days:.1f} to {low[1] / closed_days:.1f}",
        is_found=low[0] / closed_days <= usual,
    )


def _consents(evidence: Evidence) -> Iterator[Recovered]:
    """D13: whoever did not agree, or took it back, is not written to."""
    refused, wrongly, contacted = evidence.served.execute(
        "with told as (select * from read_parquet(?)),"
        " sent as (select deliveries.contact_on, told.* from campaigns.fct_deliveries as deliveries"
        " inner join told on told.login_id = deliveries.recipient_token"
        " and told.scope = 'marketing_' || deliveries.channel_type)"
        " select (select count(distinct login_id) from told where not agreed or withdrawn_on is not null),"
        " (select count(*) from sent where not agreed or withdrawn_on < contact_on), (select count(*) from sent)",
        [str(evidence.folder / "consents.parquet")],
    ).fetchall()[0]
    truth, planted = "nobody is contacted who did not agree or took it back", f"0, of {refused:,} such people"
    if not contacted:
        yield Recovered(truth, planted, waits_for="a delivery")
        return
    yield Recovered(truth, planted, f"{wrongly:,} of {contacted:,} contacts", "exact", is_found=wrongly == 0)


def _not_yet(evidence: Evidence) -> Iterator[Recovered]:
    truths = evidence.told["truths"]
    responds = {name: channel["responds"] for name, channel in truths["channels"].items()}
    least, most = min(responds, key=responds.__getitem__), max(responds, key=responds.__getitem__)
    yield Recovered(
        "messages cause more among the people of some channels",
        f"{responds[least]:g} times as much for {least}, {responds[most]:g} times for {most}",
        waits_for="results of campaigns by segment",
    )
    yield Recovered(
        "who loves funds", "a hidden number of each person", waits_for="a lookalike model with seeds enough"
    )
    yield Recovered(
        "the market's fall moves assets, nobody's money",
        f"{truths['market']['fall']['return']:+.0%}",
        waits_for="the bridge of assets",
    )
    first, second, *_ = truths["referrals"]["failures"].values()
    yield Recovered(
        "invitations fail for two reasons", f"{first + second:.0%}", waits_for="a contract of invitations"
    )
    yield Recovered(
        "who opens a message is keener than who does not",
        f"opens {truths['messages']['opened_more_when_keen']:+.1f} times more by keenness",
        waits_for="the comparison of those who read with those who were not written to",
    )
    yield Recovered(
        "clicks on slots go with the wish to act and cause nothing", "0", waits_for="attribution of slots"
    )
    yield Recovered(
        "the lottery of Fridays brings people to the app and opens no account",
        f"{truths['lottery']['launches']:+.0%} launches",
        waits_for="the comparison of differences",
    )


TRUTHS: tuple[Callable[[Evidence], Iterator[Recovered]], ...] = (
    _faulty_step, _channels, dirt, row_dirt, silent_feed, reissue, _phones, _unbound, _holiday, _consents,
    _campaigns, _churn, _not_yet,
)  # fmt: skip
"""The truths in the order of the report."""
