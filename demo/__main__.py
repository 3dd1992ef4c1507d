"""The command: `python -m demo --landing DIR` writes a simulated brokerage as landing files.

Belongs here: options and what a person sees.
Does not belong here: the simulation.
"""

from datetime import date, datetime
from pathlib import Path

import click

from demo.answers import Contact, read_contacts
from demo.brokerage import reissue_day, write_days
from demo.truth_files import add_reissue, write_truth
from demo.world import World
from demo.writing import CONTROL_FILE, delivery_folder

FOLDER = click.Path(path_type=Path, file_okay=False)
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option("--landing", required=True, type=FOLDER, help="landing folder")
@click.option("--people", default=3000, show_default=True, help="known at the start or arriving in 60 days")
@click.option("--days", default=60, show_default=True, help="length of the simulated time")
@click.option("--first-day", default="2026-01-05", show_default=True, type=DAY, help="first simulated day")
@click.option("--seed", default=1, show_default=True, help="same seed, same world")
@click.option("--through", type=DAY, help="last day to write, instead of the last of --days")
@click.option("--only-day", type=DAY, help="write this one day")
@click.option(
    "--history-through", type=DAY, help="hand the days up to this one over as one delivery per table"
)
@click.option(
    "--answer", type=FOLDER, help="deliveries folder: people react to whom its files ask to contact"
)
@click.option(
    "--threads", default=2, show_default=True, help="shards of people that are simulated side by side"
)
@click.option(
    "--truth", type=FOLDER, help="also write there what is true of the people, for no pipeline to read"
)
@click.option(
    "--reissue",
    type=DAY,
    help="issue the trades of this day, delivered before, a second time; write nothing else",
)
@click.option("--missing-only", is_flag=True, help="leave days alone whose app events are delivered already")
def main(
    *,
    landing: Path,
    people: int,
    days: int,
    first_day: datetime,
    seed: int,
    through: datetime | None,
    only_day: datetime | None,
    history_through: datetime | None,
    answer: Path | None,
    truth: Path | None,
    threads: int,
    reissue: datetime | None,
    missing_only: bool,
) -> None:
    """Write the landing files of a simulated brokerage."""
    past = history_through.date() if history_through else None
    world = World(seed=seed, people=people, first_day=first_day.date(), days=days)
    contacts = tuple(read_contacts(answer)) if answer else ()
    if reissue is not None:
        _issue_again(landing, world, reissue.date(), contacts, truth)
        return
    wanted = _days(world, through=through, only_day=only_day)
    if missing_only:
        wanted = [
            day for day in wanted if not _is_delivered(landing, day if past is None else max(day, past))
        ]
    if not wanted:
        click.echo("demo: nothing to write, every day is delivered already")
        return
    summary = write_days(
        landing,
        world=world,
        days=wanted,
        history_through=past,
        contacts=contacts,
        threads=threads,
        progress=_report,
    )
    if truth is not None:
        write_truth(truth, world=world, written=summary, as_of=wanted[-1], contacts=contacts)
    planted, events = summary.planted, summary.rows["app.events"]
    others = sum(summary.rows.values()) - events
    click.echo(
        f"demo: {summary.days} days, {summary.files} files in {landing}: {events} event lines"
        f" ({planted.repeated} repeated, {planted.damaged} damaged, {planted.late} late,"
        f" {planted.too_late} too late), {others} rows of {len(summary.rows) - 1} other tables"
    )


def _issue_again(
    landing: Path, world: World, day: date, contacts: tuple[Contact, ...], truth: Path | None
) -> None:
    issued = reissue_day(landing, world=world, day=day, contacts=contacts)
    if truth is not None:
        add_reissue(truth, issued)
    click.echo(
        f"demo: trades of {day} issued again: {issued.withdrawn} withdrawn, {issued.corrected} corrected"
    )


def _days(world: World, *, through: datetime | None, only_day: datetime | None) -> list[date]:
    if only_day is not None:
        if only_day.date() < world.first_day:
            raise click.BadParameter(f"must not be before {world.first_day}", param_hint="--only-day")
        return [only_day.date()]
    if through is not None:
        if through.date() < world.first_day:
            raise click.BadParameter(f"must not be before {world.first_day}", param_hint="--through")
        return list(world.days_until(through.date()))
    return list(world.dates)


def _is_delivered(landing: Path, day: date) -> bool:
    return (delivery_folder(landing, source="app", table="events", day=day) / CONTROL_FILE).exists()


def _report(done: str) -> None:
    click.echo(f"demo: {done}", err=True)


if __name__ == "__main__":
    main()
