"""What is true of people is what their own days show when they are lived again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from demo.answers import Contact
from demo.brokerage import write_days
from demo.lives import begin, live, nobody
from demo.market import Market
from demo.names import login_id
from demo.outcomes import churn_truth, contact_effects, plan_effects
from demo.shanghai import trading_calendar
from demo.truth_files import CHURN_FILE, DIRT_FILE, EFFECTS_FILE, OUTCOMES_FILE, WORLD_FILE, write_truth
from demo.world import World

WORLD = World(seed=8, people=2_000, first_day=date(2026, 1, 5), days=30)


def test_the_chance_to_be_lost_is_how_often_it_happens_to_people_like_them() -> None:
    """Two halves of the futures agree as two samples of the same chances do."""
    first = churn_truth(WORLD, as_of=WORLD.dates[20], futures=40)
    other = churn_truth(replace(WORLD), as_of=WORLD.dates[20], futures=80)
    assert (first.who == other.who).all()
    # The first forty of eighty futures are the forty: what differs is the other half.
    rest = 2 * other.is_lost - first.is_lost
    spread = np.sqrt(2 * np.maximum(other.is_lost * (1 - other.is_lost), 0.01) / 40)
    assert np.abs((rest - first.is_lost) / spread).mean() == pytest.approx(np.sqrt(2 / np.pi), abs=0.15)
    assert 0.05 < other.is_lost.mean() < 0.6
    assert other.is_lost.std() > 0.1, "people differ"
    assert (other.is_lost <= other.falls_silent + other.loses_assets + 1e-9).all()


def test_who_tires_is_likelier_lost_than_who_does_not() -> None:
    truth = churn_truth(WORLD, as_of=WORLD.dates[-1], futures=40)
    tired = truth.crowd.is_tired(WORLD.days - 1)[truth.who]
    assert truth.is_lost[tired].mean() > 2 * truth.is_lost[~tired].mean()


def test_a_message_does_about_what_is_planted() -> None:
    effects = {
        effect.name: effect for effect in plan_effects(replace(WORLD, people=20_000), through=WORLD.dates[-1])
    }
    assert set(effects) == {"J1_not_opened", "J6_sector_news"}
    opening = effects["J1_not_opened"]
    planted = WORLD.truths.plans["J1_not_opened"].effect
    # Those who open anyway cannot be won: the effect is a little less than what was drawn.
    assert opening.difference == pytest.approx(planted, abs=4 * np.sqrt(planted / opening.people))
    assert 0 < effects["J6_sector_news"].difference < WORLD.truths.plans["J6_sector_news"].effect


def test_messages_do_more_to_the_people_of_some_channels() -> None:
    """The ratio of two segments' effects is the planted one, within three standard errors of it."""
    truths = WORLD.truths.model_dump(by_alias=True)
    truths["plans"]["J1_not_opened"]["effect"] = 0.4
    truths["channels"]["feed_x"]["responds"] = 0.5
    truths["channels"]["sem_generic"]["responds"] = 1.5
    apart = replace(WORLD, people=8_000, truths=type(WORLD.truths).model_validate(truths))
    (effect, _) = plan_effects(apart, through=apart.dates[-1])
    names = [*apart.truths.channels, "known_at_start"]
    segments = {names[segment]: of for segment, of in effect.by_segment()}
    assert sum(of.people for of in segments.values()) == effect.people
    few, many = segments["feed_x"], segments["sem_generic"]
    ratio = few.difference / many.difference
    error = ratio * np.sqrt(sum((1 - of.difference) / (of.difference * of.people) for of in (few, many)))
    assert abs(ratio - 0.5 / 1.5) < 3 * error
    assert error < 0.1


def test_without_an_effect_nothing_is_found() -> None:
    truths = WORLD.truths.model_dump(by_alias=True)
    for plan in truths["plans"].values():
        plan["effect"] *= 1e-12
    still = replace(WORLD, truths=type(WORLD.truths).model_validate(truths))
    effects = plan_effects(still, through=WORLD.dates[-1])
    assert len(effects) == 2
    assert all(effect.difference == 0 for effect in effects)


@pytest.fixture(scope="module")
def contacts() -> list[Contact]:
    calendar = trading_calendar(WORLD.first_day)
    (people,) = WORLD.shards()
    crowd = begin(WORLD, Market.of(WORLD, calendar, days=1), people)
    live(crowd, calendar, nobody(), day=0)
    watching = np.flatnonzero(crowd.people.only_watches & crowd.has_account & (crowd.cash > 10_000_00))
    return [
        Contact(f"CMP-1-{login}", login, "guide", "push", "CMP-1", WORLD.dates[8])
        for login in login_id(watching).to_pylist()
    ]


def test_contacts_make_some_of_those_trade_who_only_watch(contacts: list[Contact]) -> None:
    (effect,) = contact_effects(WORLD, contacts, through=WORLD.dates[-1])
    assert effect.people == len(contacts)
    assert not effect.without.any()
    reached = WORLD.truths.messages.delivered["push"] * WORLD.truths.contacts.answers
    # A few have begun to tire, or are gone.
    assert 0.6 * reached < effect.difference < 1.2 * reached


def test_an_answer_on_the_day_of_the_contact_counts(contacts: list[Contact]) -> None:
    whole, same_day = (
        contact_effects(WORLD, contacts, through=WORLD.dates[last])[0].with_messages for last in (-1, 8)
    )
    days, answered = WORLD.truths.contacts.within_days, int(whole.sum())
    assert same_day.any()
    assert not (same_day & ~whole).any()
    assert int(same_day.sum()) == pytest.approx(answered / days, abs=3 * np.sqrt(answered / days))


def test_the_truth_of_a_world_is_written_apart_from_what_is_landed(
    tmp_path: Path, contacts: list[Contact]
) -> None:
    small = replace(WORLD, people=300)
    written = write_days(tmp_path / "landing", world=small, days=small.dates[:2])
    write_truth(tmp_path / "truth", world=small, written=written, as_of=small.dates[9], contacts=contacts[:5])
    told = json.loads((tmp_path / "truth" / WORLD_FILE).read_bytes())
    assert (told["seed"], told["people"], told["as_of"]) == (8, 300, "2026-01-14")
    dirt = json.loads((tmp_path / "truth" / DIRT_FILE).read_bytes())
    assert list(dirt) == [str(day) for day in small.dates[:2]]
    assert sum(day["repeated"] for day in dirt.values()) == written.planted.repeated
    assert told["truths"]["plans"]["J1_not_opened"]["effect"] == small.truths.plans["J1_not_opened"].effect
    effects = json.loads((tmp_path / "truth" / EFFECTS_FILE).read_bytes())
    assert [effect["name"] for effect in effects] == ["J1_not_opened", "J6_sector_news", "CMP-1"]
    outcomes = pq.read_table(tmp_path / "truth" / OUTCOMES_FILE).to_pylist()
    for effect in effects:
        own = [row for row in outcomes if row["name"] == effect["name"]]
        assert len(own) == effect["people"]
        assert sum(row["with_messages"] for row in own) == effect["with_messages"]
        for segment, figures in effect["segments"].items():
            assert sum(row["segment"] == segment for row in own) == figures["people"]
    churn = pq.read_table(tmp_path / "truth" / CHURN_FILE)
    assert churn.num_rows > 50
    assert churn.column_names[:3] == ["as_of_date", "login_id", "customer_id"]
    assert not list((tmp_path / "landing").rglob("*truth*"))


def test_a_horizon_beyond_the_calendar_is_refused() -> None:
    late = World(seed=1, people=50, first_day=date(2026, 11, 20), days=3)
    with pytest.raises(ValueError, match="before the horizon does"):
        churn_truth(late, as_of=late.dates[-1], futures=2)
