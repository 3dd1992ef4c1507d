"""Credit: a worked example for each model, sums to the fen, and which touches count."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.attribution import MODELS, NOT_ATTRIBUTED, attribute

CONVERTED_AT = pd.Timestamp("2026-03-31 12:00")
# Channels with their days before the conversion, and the value of the conversion in CNY; None where there was none.
JOURNEYS = (
    ([("push", 10), ("ad", 3), ("search", 1)], 100_000),
    ([("ad", 2)], 20_000),
    ([("search", 8), ("slot", 0)], 50_000),
    ([("push", 14), ("slot", 7), ("direct", 0)], 30_000),
    ([("ad", 5), ("push", 4)], None),
    ([("slot", 3)], None),
    ([("search", 21), ("ad", 14), ("slot", 7), ("push", 0)], 40_000),
    ([("direct", 0)], 10_000),
)
CREDITED = {
    "first": {"push": 130_000, "ad": 20_000, "search": 90_000, "direct": 10_000},
    "last": {"push": 40_000, "ad": 20_000, "search": 100_000, "slot": 50_000, "direct": 40_000},
    "linear": {"push": 53_333.33, "ad": 63_333.33, "search": 68_333.33, "slot": 45_000, "direct": 20_000},
}


def touch(
    number: int, person: str, channel: str, ago: timedelta, campaign: str | None = None
) -> dict[str, object]:
    return {
        "touch_id": f"t{number:04d}", "person_id": person, "touched_at": CONVERTED_AT - ago,
        "channel_type": channel, "campaign_id": campaign or channel,
    }  # fmt: skip


def conversion(number: int, person: str, value_fen: int) -> dict[str, object]:
    return {
        "conversion_id": f"c{number:04d}", "person_id": person, "converted_at": CONVERTED_AT, "value_fen": value_fen,
    }  # fmt: skip


@pytest.mark.parametrize("model", list(MODELS))
def test_the_worked_example(model: str) -> None:
    touches = [
        touch(100 * person + step, f"p{person}", channel, timedelta(days=days))
        for person, (path, _) in enumerate(JOURNEYS)
        for step, (channel, days) in enumerate(path)
    ]
    conversions = [
        conversion(person, f"p{person}", value * 100)
        for person, (_, value) in enumerate(JOURNEYS)
        if value is not None
    ]
    found = attribute(pd.DataFrame(conversions), pd.DataFrame(touches), model=model)
    credited = (found.groupby("channel_type")["credit_fen"].sum() / 100).to_dict()
    assert {name: value for name, value in credited.items() if value} == pytest.approx(
        CREDITED[model], abs=0.011
    )
    assert found["credit_fen"].sum() == 250_000 * 100


@given(
    values=st.lists(st.integers(-10_000_000, 10_000_000), min_size=1, max_size=6),
    hours=st.lists(st.tuples(st.integers(0, 5), st.integers(-48, 24 * 40)), max_size=12),
    model=st.sampled_from(list(MODELS)),
)
def test_the_credits_of_every_conversion_add_up_to_its_value(
    values: list[int], hours: list[tuple[int, int]], model: str
) -> None:
    touches = pd.DataFrame(
        [
            touch(n, f"p{person}", f"channel {n % 3}", timedelta(hours=ago))
            for n, (person, ago) in enumerate(hours)
        ],
        columns=["touch_id", "person_id", "touched_at", "channel_type", "campaign_id"],
    )
    conversions = pd.DataFrame([conversion(n, f"p{n}", value) for n, value in enumerate(values)])
    found = attribute(conversions, touches, model=model)
    assert found.groupby("conversion_id")["credit_fen"].sum().tolist() == values
    credited = found.merge(touches, on="touch_id").merge(conversions, on="conversion_id")
    assert (credited["touched_at"] <= credited["converted_at"]).all()
    assert (credited["person_id_x"] == credited["person_id_y"]).all()


def test_what_division_leaves_goes_to_the_earliest() -> None:
    touches = pd.DataFrame([touch(n, "p", f"channel {n}", timedelta(days=9 - n)) for n in range(3)])
    for value, expected in ((100, [34, 33, 33]), (101, [34, 34, 33]), (-100, [-34, -33, -33])):
        found = attribute(pd.DataFrame([conversion(1, "p", value)]), touches, model="linear")
        assert found["credit_fen"].tolist() == expected


def test_a_touch_counts_for_thirty_days_and_never_after() -> None:
    ago = {
        "inside": timedelta(days=30),
        "outside": timedelta(days=30, seconds=1),
        "after": timedelta(seconds=-1),
    }
    touches = pd.DataFrame([touch(n, "p", name, time) for n, (name, time) in enumerate(ago.items())])
    found = attribute(pd.DataFrame([conversion(1, "p", 500)]), touches, model="linear")
    assert found["channel_type"].tolist() == ["inside"]


def test_a_repeated_touch_of_one_campaign_counts_once_within_half_an_hour() -> None:
    touches = pd.DataFrame([
        touch(0, "p", "push", timedelta(minutes=100), "spring"),
        touch(1, "p", "push", timedelta(minutes=71), "spring"),
        touch(2, "p", "push", timedelta(minutes=71), "summer"),
        touch(3, "p", "push", timedelta(minutes=69), "spring"),
    ])  # fmt: skip
    found = attribute(pd.DataFrame([conversion(1, "p", 900)]), touches, model="linear")
    assert found["touch_id"].tolist() == ["t0000", "t0002", "t0003"]


def test_a_conversion_that_nothing_led_to_is_kept_as_not_attributed() -> None:
    others = pd.DataFrame([touch(0, "another", "push", timedelta(days=1))])
    found = attribute(pd.DataFrame([conversion(1, "p", 900)]), others, model="first")
    assert found["channel_type"].tolist() == [NOT_ATTRIBUTED]
    assert found["credit_fen"].tolist() == [900]
    assert found["touch_id"].isna().all()


def test_one_touch_may_lead_to_several_conversions() -> None:
    touches = pd.DataFrame([touch(0, "p", "push", timedelta(days=1))])
    conversions = pd.DataFrame([conversion(1, "p", 100), conversion(2, "p", 200)])
    assert attribute(conversions, touches, model="last")["credit_fen"].tolist() == [100, 200]


def test_the_order_of_rows_changes_nothing() -> None:
    touches = pd.DataFrame([touch(n, "p", f"channel {n % 4}", timedelta(hours=n // 2)) for n in range(12)])
    conversions = pd.DataFrame([conversion(n, "p", 100 + n) for n in range(5)])
    shuffled = [frame.sample(frac=1, random_state=3) for frame in (conversions, touches)]
    pd.testing.assert_frame_equal(
        attribute(shuffled[0], shuffled[1], model="linear"), attribute(conversions, touches, model="linear")
    )


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(KeyError, match="markov_two"):
        attribute(
            pd.DataFrame([conversion(1, "p", 1)]),
            pd.DataFrame([touch(0, "p", "push", timedelta(1))]),
            model="markov_two",
        )
