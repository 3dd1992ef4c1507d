"""What is due follows from landing and ledger alone."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.nights import MODELS_PUBLISHED, latest_delivery, next_night
from orchestration.partitions import RANGE_END, RANGE_START, range_tags
from orchestration.resources import House
from tests.unit.orchestration.conftest import Deliver

MONDAY, TUESDAY, FRIDAY = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 9)


def publish(house: House, night: date) -> None:
    house.ledger.record_fact("oldest_as_of_date", MONDAY.isoformat())
    house.ledger.record_fact("newest_as_of_date", night.isoformat())
    house.ledger.record_fact(MODELS_PUBLISHED, "models")
    version = house.home.published / "1"
    version.mkdir()
    (house.home.published / "current").symlink_to("1")


def test_nothing_landed_means_no_date(house: House) -> None:
    assert latest_delivery(house) is None


def test_missed_nights_are_made_up_in_one_range(house: House, deliver: Deliver) -> None:
    publish(house, MONDAY)
    for day in (6, 7, 9):
        deliver("broker.trades", date(2026, 1, day))
    assert latest_delivery(house) == FRIDAY
    night = next_night(house, as_of_date=FRIDAY, models="models")
    assert night is not None
    assert (night.first_date, night.as_of_date) == (TUESDAY, FRIDAY)


def test_a_delivery_after_the_night_does_not_make_it_due(house: House, deliver: Deliver) -> None:
    publish(house, TUESDAY)
    deliver("broker.trades", FRIDAY)
    assert next_night(house, as_of_date=TUESDAY, models="models") is None


def test_a_touched_date_is_due_until_it_is_published(house: House) -> None:
    publish(house, FRIDAY)
    house.ledger.mark("broker", "trades", [TUESDAY])
    night = next_night(house, as_of_date=FRIDAY, models="models")
    assert night is not None
    assert (night.first_date, night.as_of_date) == (TUESDAY, FRIDAY)


def test_changed_models_are_due_without_any_delivery(house: House) -> None:
    publish(house, FRIDAY)
    assert next_night(house, as_of_date=FRIDAY, models="models") is None
    night = next_night(house, as_of_date=FRIDAY, models="other models")
    assert night is not None
    assert night.reasons == ("the models have changed",)


def test_a_lost_publication_is_due(house: House) -> None:
    publish(house, FRIDAY)
    (house.home.published / "current").unlink()
    night = next_night(house, as_of_date=FRIDAY, models="models")
    assert night is not None
    assert night.reasons == ("nothing is published yet",)


def test_a_range_starts_no_earlier_than_the_calendar_of_nights() -> None:
    assert range_tags(date(1999, 1, 1), FRIDAY) == {RANGE_START: "2000-01-01", RANGE_END: "2026-01-09"}


@pytest.mark.parametrize("night", [date(1999, 12, 31), date(2199, 1, 1)])
def test_a_night_outside_the_calendar_is_refused(night: date) -> None:
    with pytest.raises(ValueError, match="is not a night that can be run"):
        range_tags(night, night)
