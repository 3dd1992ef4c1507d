"""The sensor starts a night when everything has arrived; the schedule when it is time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg
import pytest

from orchestration.automation import all_delivered, every_night
from orchestration.partitions import RANGE_END, RANGE_START
from orchestration.resources import House
from tests.unit.orchestration.conftest import Deliver

MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def look(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    with dg.build_sensor_context(instance=instance) as context:
        found = all_delivered(context)
    assert isinstance(found, dg.RunRequest | dg.SkipReason)
    return found


def tick(instance: dg.DagsterInstance, moment: datetime) -> dg.RunRequest | dg.SkipReason:
    with dg.build_schedule_context(instance=instance, scheduled_execution_time=moment) as context:
        found = every_night(context)
    assert isinstance(found, dg.RunRequest | dg.SkipReason)
    return found


def daily(house: House) -> list[str]:
    return [address for address, contract in house.contracts.items() if contract.delivered_every_days == 1]


def test_a_night_waits_for_the_last_table_that_delivers_daily(
    house: House, deliver: Deliver, instance: dg.DagsterInstance
) -> None:
    *early, last = daily(house)
    for address in early:
        deliver(address, MONDAY)
    assert isinstance(look(instance), dg.SkipReason)
    deliver(last, MONDAY)
    request = look(instance)
    assert isinstance(request, dg.RunRequest)
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == ("2026-01-05", "2026-01-05")


def test_a_delivery_without_its_control_file_is_not_complete(
    house: House, deliver: Deliver, instance: dg.DagsterInstance
) -> None:
    *early, last = daily(house)
    for address in early:
        deliver(address, MONDAY)
    deliver(last, MONDAY, has_control=False)
    assert isinstance(look(instance), dg.SkipReason)


def test_what_failed_is_not_started_again_until_something_new_arrives(
    house: House, deliver: Deliver, instance: dg.DagsterInstance
) -> None:
    for address in daily(house):
        deliver(address, MONDAY)
    first, second = look(instance), look(instance)
    deliver("broker.trades", TUESDAY)
    third = look(instance)
    assert isinstance(first, dg.RunRequest)
    assert isinstance(second, dg.RunRequest)
    assert isinstance(third, dg.RunRequest)
    assert first.run_key == second.run_key != third.run_key


def test_the_schedule_takes_what_has_landed_and_makes_up_for_missed_nights(
    house: House, deliver: Deliver, instance: dg.DagsterInstance
) -> None:
    deliver("broker.trades", MONDAY)
    deliver("broker.trades", TUESDAY)
    # 02:30 in Shanghai on the 7th: the ticks of the 6th were missed.
    request = tick(instance, datetime(2026, 1, 6, 18, 30, tzinfo=UTC))
    assert isinstance(request, dg.RunRequest)
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == ("2026-01-05", "2026-01-06")


def test_the_schedule_does_not_run_ahead_of_its_night(
    house: House, deliver: Deliver, instance: dg.DagsterInstance
) -> None:
    deliver("broker.trades", MONDAY)
    deliver("broker.trades", date(2026, 2, 1))
    request = tick(instance, datetime(2026, 1, 5, 18, 30, tzinfo=UTC))
    assert isinstance(request, dg.RunRequest)
    assert request.tags[RANGE_END] == "2026-01-06"


def test_the_schedule_says_why_it_does_nothing(house: House, instance: dg.DagsterInstance) -> None:
    found = tick(instance, datetime(2026, 1, 5, 18, 30, tzinfo=UTC))
    assert isinstance(found, dg.SkipReason)
    assert found.skip_message == "Nothing has landed yet."
